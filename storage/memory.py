"""Row-level memory: what is wanted, what is there, and so what is to do."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from schemas.table import Table
from schemas.tables import REJECTED
from storage.store import Change, Store


def derivation(inputs: Sequence[str], settings: str, code_version: str) -> str:
    """Identity of a unit of derived work.

    Args:
        inputs: content hashes of everything that is read, in a fixed order.
        settings: canonical text or hash of the settings that matter.
        code_version: version of the function that does it.

    Returns:
        Hex sha256; the same three give the same rows.
    """
    return hashlib.sha256("\n".join([*inputs, settings, code_version]).encode()).hexdigest()


@dataclass(frozen=True)
class Plan:
    """What a step has to do.

    Attributes:
        todo: rows of `wanted` that are neither stored nor known to be unusable.
        gone: units stored or rejected whose reason to exist is gone.
        reused: units that stand as they are.
        rejected: units known to be unusable.
    """

    todo: pl.DataFrame
    gone: pl.DataFrame
    reused: int
    rejected: int


def plan(
    store: Store, table: Table, wanted: pl.DataFrame, cohort_id: str, scope: str = "true"
) -> Plan:
    """Compare wanted with existing derivations, in SQL.

    Args:
        table: a table with a `derivation` column.
        wanted: the table's unit columns, `derivation`, and whatever the work needs.
        cohort_id: the partition.
        scope: SQL condition on the unit's columns: the rows that this plan is about.
    """
    con, unit = store.session, ", ".join(table.unit)
    con.register("_wanted", wanted.to_arrow())
    try:
        done = _done(table, scope)
        counts = con.execute(
            f"select count(*) filter (not refused), count(*) filter (refused) from ({done}) "
            f"semi join _wanted using ({unit}, derivation)",
            {"cohort": cohort_id},
        ).fetchone()
        todo = con.execute(
            f"select * from _wanted anti join ({done}) using ({unit}, derivation)",
            {"cohort": cohort_id},
        ).pl()
        gone = con.execute(
            f"select distinct {unit} from ({done}) d where not exists (select 1 from _wanted w "
            f"where {' and '.join(f'w.{name} = d.{name}' for name in table.unit)})",
            {"cohort": cohort_id},
        ).pl()
    finally:
        con.unregister("_wanted")
    return Plan(todo, gone, *counts)


def _done(table: Table, scope: str) -> str:
    unit = ", ".join(table.unit)
    return (
        f"select distinct {unit}, derivation, false as refused from lake.{table.name} "
        f"where cohort_id = $cohort and ({scope}) union all "
        f"select {unit}, derivation, true from lake.rejected "
        f"where cohort_id = $cohort and ({scope}) and asset = '{table.name}' "
        f"and derivation is not null"
    )


def replace_units(
    table: Table, units: pl.DataFrame, rows: pl.DataFrame | None, refused: pl.DataFrame | None
) -> list[Change]:
    """Changes that put new rows (or refusals) of some units in place of whatever stood there."""
    named = units.select(table.unit).with_columns(asset=pl.lit(table.name))
    return [
        Change(table, delete=units.select(table.unit), insert=rows),
        Change(REJECTED, delete=named, insert=refused),
    ]


def reconcile(store: Store, table: Table, rows: pl.DataFrame, where: str) -> tuple[Change, int]:
    """The change that makes the stored rows of a scope equal to `rows`, touching only what differs.

    Args:
        rows: all rows of the scope, with all columns of the table in its types.
        where: SQL condition on the table that names the scope.

    Returns:
        The change, and how many rows stand unchanged. The run that made a row is no difference.
    """
    stored = store.rows(f"from lake.{table.name} where {where}")
    columns = [name for name in table.column_names if name != "run_id"]
    gone = stored.join(rows, on=columns, how="anti", nulls_equal=True).select(table.key)
    new = rows.join(stored, on=columns, how="anti", nulls_equal=True)
    return Change(table, delete=gone, insert=new), len(rows) - len(new)
