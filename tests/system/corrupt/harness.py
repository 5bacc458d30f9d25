"""Store healthy cohorts once; damage a copy of their files, run again, and compare."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from hccer.ingest.check import check_cohort
from hccer.ingest.discovery import Problem
from hccer.ingest.files import read_cohort_file
from hccer.pipeline import Context, materialise
from storage.home import Home
from storage.store import Store
from tests.support import register

STEPS = ("source_file", "exclusion", "reading", "patient", "outcome", "image", "acquisition",
         "segmentation", "rejected")  # fmt: skip
TABLES = STEPS[:-1]
VOLATILE = ("run_id", "changed_ns")
SAID = ["patient_id", "source", "reason"]
# nobody damages these
NEIGHBOURS = ("A", "B", "C")


@dataclass(frozen=True)
class Damage:
    """One kind of damage to the files of one patient, who is called like it.

    Attributes:
        kind: what is damaged how; the id of its test, and of its patient.
        apply: damages the files in a patient's folder.
        says: regular expression that one of the reasons must fit.
        names: whether that reason names the patient, or only a file of theirs.
    """

    kind: str
    apply: Callable[[Path], None]
    says: str
    names: Literal["patient", "file", "nobody"] = "patient"

    def is_told(self, rows: pl.DataFrame) -> bool:
        """Whether a row says what is wrong, and of whom."""
        named = {
            "patient": pl.col("patient_id") == self.kind,
            "file": pl.col("source").str.starts_with(f"{self.kind}/"),
            "nobody": pl.lit(True),
        }
        told = rows.filter(named[self.names] & pl.col("reason").str.contains(self.says))
        return not told.is_empty()


@dataclass(frozen=True)
class Stored:
    """What a store holds of a cohort."""

    tables: dict[str, pl.DataFrame]
    rejected: pl.DataFrame
    snapshots: pl.DataFrame

    def of(self, table: str, patients: Sequence[str]) -> pl.DataFrame:
        """Rows of some patients."""
        return self.tables[table].filter(pl.col("patient_id").is_in(patients))


@dataclass(frozen=True)
class Finished:
    """A healthy cohort, stored; its folder holds `data` and `home`."""

    cohort: str
    folder: Path
    healthy: Stored

    def copy(self, target: Path) -> tuple[Path, Store]:
        """Its files and its store, both to be changed."""
        shutil.copytree(self.folder / "data", target / "data")
        shutil.copytree(self.folder / "home", target / "home")
        return target / "data", Store.open(Home(target / "home"))


@dataclass(frozen=True)
class Aftermath:
    """What became of a damaged cohort: checked, run, and run again without another change."""

    healthy: Stored
    now: Stored
    again: Stored
    before: Stored
    found: pl.DataFrame
    seconds: float


def finish(cohort: str, folder: Path, write: Callable[[Path], None]) -> Finished:
    """Write a healthy cohort and store it."""
    write(folder / "data")
    store = Store.open(Home(folder / "home"))
    _run(store, cohort, folder / "data", STEPS)
    finished = Finished(cohort, folder, _stored(store, cohort))
    _close(store)
    return finished


def damaged(
    finished: Finished, target: Path, apply: Callable[[Path], None], steps: Sequence[str] = STEPS
) -> Aftermath:
    """Copy a finished cohort, damage its files, check them and run the steps twice."""
    root, store = finished.copy(target)
    apply(root)
    started = time.monotonic()
    report = check_cohort(*read_cohort_file(root / "cohort.toml"))
    _run(store, finished.cohort, root, steps)
    seconds = time.monotonic() - started
    now = _stored(store, finished.cohort)
    _run(store, finished.cohort, root, steps)
    again = _stored(store, finished.cohort)
    last = finished.healthy.snapshots["snapshot_id"].max()
    before = _stored(store, finished.cohort, f" at (version => {last})")
    _close(store)
    found = _rows_of(report.problems)
    return Aftermath(finished.healthy, now, again, before, found, seconds)


def _run(store: Store, cohort: str, root: Path, steps: Sequence[str]) -> None:
    register(store, root / "cohort.toml", root)
    for step in steps:
        materialise(Context(store, cohort, "run"), step)


def _stored(store: Store, cohort: str, at: str = "") -> Stored:
    tables = {
        name: store.rows(
            f"select columns(c -> c not in {VOLATILE}) from lake.{name}{at} "
            "where cohort_id = ? order by all", [cohort])
        for name in (*TABLES, "rejected")
    }  # fmt: skip
    snapshots = store.rows("select snapshot_id, changes from ducklake_snapshots('lake') order by 1")
    return Stored(tables, tables.pop("rejected"), snapshots)


def _rows_of(problems: list[Problem]) -> pl.DataFrame:
    rows = [{name: getattr(each, name) for name in SAID} for each in problems]
    return pl.DataFrame(rows, schema=dict.fromkeys(SAID, pl.String))


def _close(store: Store) -> None:
    store.close()
    store.registry.engine.dispose()
