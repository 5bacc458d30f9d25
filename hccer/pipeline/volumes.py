"""What image and segmentation share: files are read once, and what was read is not read again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import polars as pl

from hccer.ingest.discovery import Problem, missing
from hccer.ingest.volumes import PassingError, UnusableError
from hccer.parallel import CRASHED, map_tasks
from hccer.pipeline.context import Context
from hccer.pipeline.rows import Result, Writer
from schemas.cohort_file import CohortFile
from schemas.preset import settings_text
from schemas.table import Table
from storage.blobs import Blobs
from storage.lineage import Outcome
from storage.memory import derivation, plan

VERSION = f"volume-2 simpleitk-{version('simpleitk')} pydicom-{version('pydicom')}"


@dataclass(frozen=True)
class Reading:
    """What a worker needs to read one image or delineation.

    Attributes:
        unit: its row of the work list, with `paths` and `file_sha256s`.
        files: where these paths are.
    """

    unit: dict
    files: tuple[Path, ...]
    blobs: Blobs
    cohort: CohortFile

    def refused(self, error: UnusableError) -> Result:
        """The result of a file that cannot be used."""
        return Result(self.unit, reason=str(error), transient=isinstance(error, PassingError))


def make_volumes(
    context: Context,
    table: Table,
    blob: str,
    files: pl.DataFrame,
    inputs: list[str],
    read: Callable[[Reading], Result],
    problems: Sequence[Problem] = (),
    scope: str = "true",
) -> Outcome:
    """Read what is wanted and not there.

    Args:
        table: image or segmentation.
        blob: its column that names the blob.
        files: the work list: the table's unit, `path`, `paths`, `file_sha256s`, and what `read`
            needs.
        inputs: columns of the work list that decide the result.
        read: reads one, in a worker.
        problems: what was refused before reading.
        scope: SQL condition on the unit's columns: the rows that are made from files.
    """
    limits = settings_text(context.cohort.limits)
    made = [derivation([str(value) for value in row], limits, VERSION)
            for row in files.select(inputs).iter_rows()]  # fmt: skip
    wanted = files.with_columns(derivation=pl.Series(made, dtype=pl.String))
    found = plan(context.store, table, wanted, context.cohort_id, scope)
    absent = missing(context.cohort, context.source_files())
    writer = Writer(context, table)
    writer.begin(found, [*(each for each in absent if each.asset == table.name), *problems])
    todo = pl.concat([found.todo, lost(context, table, blob, wanted)])
    tasks = [
        Reading(unit, tuple(map(context.file, unit["paths"])), context.store.blobs, context.cohort)
        for unit in todo.iter_rows(named=True)
    ]
    for reading, result in map_tasks(read, tasks, f"{table.name} of {context.cohort_id}"):
        writer.add(result or Result(reading.unit, reason=CRASHED, transient=True))
    return writer.outcome(found, VERSION)


def lost(context: Context, table: Table, blob: str, wanted: pl.DataFrame) -> pl.DataFrame:
    """Units whose row stands while its blob is gone: read again, that mends it."""
    there = set(context.store.blobs)
    rows = context.store.rows(f"from lake.{table.name} where cohort_id = ?", [context.cohort_id])
    gone = rows.filter(~rows[blob].is_in(there))
    return wanted.join(gone, on=[*table.unit, "derivation"], how="semi")
