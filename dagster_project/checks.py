"""Checks on a table: those its declaration implies, and those of `sql/checks`."""

import warnings
from collections.abc import Iterator

import dagster as dg

import sql
from dagster_project import identity_check
from dagster_project.metadata import relation
from dagster_project.partitions import PARTITIONS
from schemas.table import Table
from storage.store import Store

SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}


def declared_checks(table: Table) -> dict[str, sql.SqlFile]:
    """Every check of a table by name; its statement returns the offending rows."""
    required = [column.name for column in table.columns if not column.nullable]
    checks = {}
    if not table.is_view:
        key = ", ".join(table.key)
        column = table.partition_column
        partition = "" if column in table.key else f"any_value({column}) as {column}, "
        checks["primary_key"] = sql.SqlFile(
            "primary_key", f"No two rows have the same {key}.", {"severity": "error"},
            f"select {partition}{key} from {relation(table)} group by {key} having count(*) > 1",
        )  # fmt: skip
        checks["not_null"] = sql.SqlFile(
            "not_null", f"Every row has {', '.join(required)}.", {"severity": "error"},
            f"from {relation(table)} where {' or '.join(f'{name} is null' for name in required)}",
        )  # fmt: skip
    of_table = {n: f for n, f in sql.load("checks").items() if f.fields["table"] == table.name}
    return checks | of_table


def check_specs(table: Table) -> list[dg.AssetCheckSpec]:
    """Specifications of a table's checks; errors block what is downstream."""
    with warnings.catch_warnings():
        # a preview of Dagster: without it one cohort's pass would hide another's failure
        warnings.simplefilter("ignore", dg.PreviewWarning)
        specs = [_spec(table, name, check) for name, check in declared_checks(table).items()]
        searched = table in identity_check.SEARCHED
        return [*specs, identity_check.spec(table)] if searched else specs


def _spec(table: Table, name: str, check: sql.SqlFile) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name,
        asset=table.name,
        description=check.description,
        blocking=check.fields["severity"] == "error",
        partitions_def=PARTITIONS[table.partition],
    )


def check_results(store: Store, table: Table, partition: str) -> Iterator[dg.AssetCheckResult]:
    """Run a table's checks over one partition, all in one query."""
    checks, column = declared_checks(table), table.partition_column
    parts = [
        f"select '{name}' as name, count(*) as n from ({check.text}) as t "
        f"where {column} = $partition or {column} is null"
        for name, check in checks.items()
    ]
    found = store.rows(" union all ".join(parts), {"partition": partition})
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
    if table in identity_check.SEARCHED:
        yield identity_check.result(store, table)
