"""Checks on a table: those its declaration implies, and those of `sql/checks`."""

import warnings
from collections.abc import Iterator

import dagster as dg

import sql
from dagster_project.metadata import relation
from dagster_project.partitions import COHORT
from schemas.table import Table
from storage.store import Store

SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}


def declared_checks(table: Table) -> dict[str, sql.SqlFile]:
    """Every check of a table by name; its statement returns the offending rows."""
    required = [column.name for column in table.columns if not column.nullable]
    checks = {}
    if not table.is_view:
        key = ", ".join(table.key)
        cohort = "" if "cohort_id" in table.key else "any_value(cohort_id) as cohort_id, "
        checks["primary_key"] = sql.SqlFile(
            "primary_key", f"No two rows have the same {key}.", {"severity": "error"},
            f"select {cohort}{key} from {relation(table)} group by {key} having count(*) > 1",
        )  # fmt: skip
        checks["not_null"] = sql.SqlFile(
            "not_null", f"Every row has {', '.join(required)}.", {"severity": "error"},
            f"from {relation(table)} where {' or '.join(f'{name} is null' for name in required)}",
        )  # fmt: skip
    of_table = {n: f for n, f in sql.load("checks").items() if f.fields["table"] == table.name}
    return checks | of_table


def check_specs(table: Table) -> Iterator[dg.AssetCheckSpec]:
    """Specifications of a table's checks; errors block what is downstream."""
    for name, check in declared_checks(table).items():
        with warnings.catch_warnings():
            # a preview of Dagster: without it one cohort's pass would hide another's failure
            warnings.simplefilter("ignore", dg.PreviewWarning)
            yield dg.AssetCheckSpec(
                name,
                asset=table.name,
                description=check.description,
                blocking=check.fields["severity"] == "error",
                partitions_def=COHORT,
            )


def check_results(store: Store, table: Table, cohort_id: str) -> Iterator[dg.AssetCheckResult]:
    """Run a table's checks over one cohort, all in one query."""
    checks = declared_checks(table)
    parts = [
        f"select '{name}' as name, count(*) as n from ({check.text}) as t "
        f"where cohort_id = $cohort or cohort_id is null"
        for name, check in checks.items()
    ]
    found = store.rows(" union all ".join(parts), {"cohort": cohort_id})
    for name, count in found.iter_rows():
        check = checks[name]
        yield dg.AssetCheckResult(
            passed=count == 0,
            asset_key=table.name,
            check_name=name,
            severity=SEVERITY[check.fields["severity"]],
            description=check.description,
            # no row: Dagster keeps results, and rows name patients; the statement shows them
            metadata={"offending_rows": count, "sql": check.text},
        )
