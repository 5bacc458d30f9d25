"""The check that no identity of a source stands anywhere in the store."""

import dagster as dg

from dagster_project.partitions import PARTITIONS
from schemas.table import Table
from schemas.tables import REJECTED, REPORT
from storage.leaks import search
from storage.store import Store

NAME = "no_identity"
# the last table of a cohort, and the pages of a study: after either nothing more is written
SEARCHED = (REJECTED, REPORT)
DESCRIPTION = (
    "No patient id, name or birth date of a source stands in tables, old snapshots, logs, reports "
    "or volumes."
)


def spec(table: Table) -> dg.AssetCheckSpec:
    """The specification; a leak blocks whatever is downstream."""
    return dg.AssetCheckSpec(
        NAME, asset=table.name, description=DESCRIPTION, blocking=True,
        partitions_def=PARTITIONS[table.partition],
    )  # fmt: skip


def result(store: Store, table: Table) -> dg.AssetCheckResult:
    """Search the whole store; what is found is named by its place, never by itself."""
    found = search(store)
    return dg.AssetCheckResult(
        passed=not found.leaks,
        asset_key=table.name,
        check_name=NAME,
        description=DESCRIPTION,
        metadata={
            "offending_rows": len(found.leaks),
            "places": ", ".join(sorted({leak.where for leak in found.leaks})) or "none",
            "not_searched_words_of_the_store": len(found.skipped),
            "short_values_searched_in_tables_only": found.short,
        },
    )
