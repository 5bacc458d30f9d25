"""How steps write: whole small tables by difference, derived units in chunks as they are done."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hccer.ingest.discovery import Problem
from hccer.pipeline.context import Context
from schemas.table import Table
from schemas.tables import REJECTED
from storage.lineage import Outcome
from storage.memory import Plan, reconcile, replace_units
from storage.store import Change

UNITS_PER_COMMIT = 32
COMMITS_UNMERGED = 8
SECONDS_PER_COMMIT = 20.0
_POLARS = {
    "VARCHAR": pl.String,
    "INTEGER": pl.Int32,
    "BIGINT": pl.Int64,
    "DOUBLE": pl.Float64,
    "BOOLEAN": pl.Boolean,
    "BLOB": pl.Binary,
    "INTEGER[]": pl.List(pl.Int32),
    "FLOAT[]": pl.List(pl.Float32),
}


def frame(table: Table, rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a frame with the table's columns and types; what a row does not name is empty."""
    schema = {column.name: _POLARS[column.type] for column in table.columns}
    named = [{name: row.get(name) for name in schema} for row in rows]
    return pl.DataFrame(named, schema=schema)


def found_rejections(context: Context, asset: str, problems: Iterable[Problem]) -> Change:
    """The change that makes an asset's rejections found by looking (not by trying) these."""
    named = {"cohort_id": context.cohort_id, "run_id": context.run_id}
    rows = [{**each.__dict__, **named, "reason": context.naming.text(each.reason)}
            for each in dict.fromkeys(problems)]  # fmt: skip
    where = f"cohort_id = '{context.cohort_id}' and asset = '{asset}' and derivation is null"
    return reconcile(context.store, REJECTED, frame(REJECTED, rows), where)[0]


def rejected_count(context: Context, asset: str) -> int:
    """How many rejections of an asset stand."""
    return context.store.rows(
        "select count(*) as n from lake.rejected where cohort_id = ? and asset = ?",
        [context.cohort_id, asset],
    )["n"][0]


def write_small(
    context: Context, table: Table, rows: list[dict], problems: Iterable[Problem], version: str
) -> Outcome:
    """Make a table's rows of this cohort equal to `rows`, committing only what differs."""
    complete = [{**row, "cohort_id": context.cohort_id} for row in rows]
    where = f"cohort_id = '{context.cohort_id}'"
    change, reused = reconcile(context.store, table, frame(table, complete), where)
    computed = 0 if change.insert is None else len(change.insert)
    removed = 0 if change.delete is None else len(change.delete)
    snapshot = context.store.commit(
        [change, found_rejections(context, table.name, problems)],
        f"{table.name} of {context.cohort_id}: {computed} new, {reused} unchanged",
        context.run_id,
    )
    rejected = rejected_count(context, table.name)
    gone = max(0, removed - computed)
    return Outcome(table, computed, reused, rejected, gone, snapshot, version)


@dataclass(frozen=True)
class Result:
    """What became of one unit of derived work.

    Attributes:
        unit: its row of the work list.
        row: the table's row, or None.
        more: further rows, as far as they differ from the first.
        reason: why there is no row.
        transient: another try may succeed, so the failure is not remembered.
        children: rows that the row owns.
        beside: the row of the same unit in the table beside.
    """

    unit: dict[str, Any]
    row: dict[str, Any] | None = None
    more: tuple[dict[str, Any], ...] = ()
    reason: str | None = None
    transient: bool = False
    children: pl.DataFrame | None = None
    beside: dict[str, Any] | None = None


@dataclass
class Writer:
    """Commits results in chunks, so that a killed run resumes where it was.

    Attributes:
        child: whose rows the table's rows own.
        beside: another table that has a row for each unit, under the same key.
    """

    context: Context
    table: Table
    child: Table | None = None
    beside: Table | None = None
    computed: int = 0
    commits: int = 0
    pending: list[Result] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def begin(self, plan: Plan, problems: Iterable[Problem]) -> None:
        """Take out units whose source is gone, and failures that may be tried again."""
        changes = [*replace_units(self.table, plan.gone, None, None), *self._beside(plan.gone, [])]
        changes.append(found_rejections(self.context, self.table.name, problems))
        self._commit(changes, f"{len(plan.gone)} gone")

    def add(self, result: Result) -> None:
        """Take one result; commits when enough, or enough time, has come together."""
        self.pending.append(result)
        late = time.monotonic() - self.since > SECONDS_PER_COMMIT
        if late or len(self.pending) >= UNITS_PER_COMMIT:
            self.flush()

    def flush(self) -> None:
        """Commit what is pending, in place of what stood there."""
        if not self.pending:
            return
        done = [result for result in self.pending if result.row is not None]
        units = pl.DataFrame([result.unit for result in self.pending], infer_schema_length=None)
        rows = frame(self.table, [row for result in done for row in self._rows(result)])
        changes = replace_units(self.table, units, rows, frame(REJECTED, self._refused()))
        if self.child and done:
            values = pl.concat([result.children for result in done if result.children is not None])
            changes.append(Change(self.child, insert=values))
        changes += self._beside(units, done)
        self._commit(changes, f"{len(done)} computed, {len(self.pending) - len(done)} rejected")
        self.computed += len(done)
        self.commits += 1
        self.pending, self.since = [], time.monotonic()

    def _beside(self, units: pl.DataFrame, done: list[Result]) -> list[Change]:
        if self.beside is None:
            return []
        rows = [{**self._row(result), **(result.beside or {})} for result in done]
        return [Change(self.beside, delete=units.select(self.beside.key),
                       insert=frame(self.beside, rows))]  # fmt: skip

    def _row(self, result: Result) -> dict:
        return {**result.unit, **(result.row or {}), "run_id": self.context.run_id}

    def _rows(self, result: Result) -> list[dict]:
        return [self._row(result), *({**self._row(result), **each} for each in result.more)]

    def _refused(self) -> list[dict]:
        return [
            {
                **result.unit,
                "asset": self.table.name,
                "reason": self.context.naming.text(result.reason or ""),
                "source": result.unit.get("path"),
                "derivation": None if result.transient else result.unit["derivation"],
                "run_id": self.context.run_id,
            }
            for result in self.pending
            if result.row is None
        ]

    def _commit(self, changes: list[Change], text: str) -> None:
        message = f"{self.table.name} of {self.context.cohort_id}: {text}"
        self.context.store.commit(changes, message, self.context.run_id)

    def outcome(self, plan: Plan, version: str, settings_ids: tuple[str, ...] = ()) -> Outcome:
        """Commit the rest, merge the files of many small commits, and count."""
        self.flush()
        if self.commits > COMMITS_UNMERGED:
            self.context.store.merge_files()
        rejected = rejected_count(self.context, self.table.name)
        return Outcome(self.table, self.computed, plan.reused, rejected, len(plan.gone),
                       self.context.store.snapshot(), version, settings_ids)  # fmt: skip
