"""Units of a study's work that stand, are to be done, or are no longer asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from hccer.pipeline.rows import frame
from hccer.study.context import StudyContext
from schemas.table import Table
from storage.lineage import Outcome
from storage.store import Change


@dataclass(frozen=True)
class Units:
    """The units of some tables, named by columns that all of them have beside `study_id`.

    Attributes:
        tables: written together; the first one holds the derivations.
        columns: that name a unit within the study.
    """

    context: StudyContext
    tables: tuple[Table, ...]
    columns: tuple[str, ...]

    def plan(self, wanted: Sequence[dict]) -> tuple[list[dict], pl.DataFrame, int]:
        """Compare the wanted units, each with its `derivation`, with those that are stored.

        Returns:
            The wanted units that are to be done; stored units that nobody wants; how many stand.
        """
        named = ", ".join(self.columns)
        stored = self.context.rows(
            f"select distinct {named}, derivation from lake.{self.tables[0].name} "
            "where study_id = $study"
        )
        there = set(stored.rows())
        todo = [each for each in wanted if self._key(each) not in there]
        asked = {self._key(each)[:-1] for each in wanted}
        gone = stored.select(self.columns).unique(maintain_order=True)
        gone = gone.filter([key not in asked for key in gone.rows()])
        return todo, gone, len(wanted) - len(todo)

    def _key(self, unit: dict) -> tuple:
        return tuple(unit[name] for name in (*self.columns, "derivation"))

    def put(self, units: Sequence[dict], text: str, *rows: list[dict]) -> None:
        """Write the rows of units in place of whatever stood there, in one commit.

        Args:
            units: with the columns that name them.
            text: what was done.
            rows: of each table; none takes the units out.
        """
        if not len(units):
            return
        named = [{"study_id": self.context.study_id, **each} for each in units]
        schema = frame(self.tables[0], []).select("study_id", *self.columns).schema
        delete = pl.DataFrame([{name: each[name] for name in schema} for each in named], schema)
        given = rows or ([],) * len(self.tables)
        changes = [
            Change(table, delete, frame(table, self._complete(of_table)))
            for table, of_table in zip(self.tables, given, strict=True)
        ]
        message = f"{self.tables[0].name} of {self.context.study_id}: {text}"
        self.context.store.commit(changes, message, self.context.run_id)

    def _complete(self, rows: list[dict]) -> list[dict]:
        named = {"study_id": self.context.study_id, "run_id": self.context.run_id}
        return [{**row, **named} for row in rows]

    def outcome(self, computed: int, reused: int, removed: int, version: str) -> Outcome:
        """What was done, counted in units."""
        snapshot = self.context.store.snapshot()
        return Outcome(self.tables[0], computed, reused, 0, removed, snapshot, version)
