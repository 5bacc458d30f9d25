"""Questions to a store of 31 million values, each beside the same from CSV files with pandas."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hccer.pipeline.rows import UNITS_PER_COMMIT as REPLACED
from schemas.tables import EXTRACTION
from storage.home import Home
from storage.matrix import feature_matrix
from storage.memory import plan
from storage.reading import Reader
from storage.store import Store
from tests.benchmark.filling import (
    COHORT,
    PHASES,
    Large,
    csv_of,
    extraction_changes,
    fill,
    size_mb,
    write_csvs,
)
from tests.benchmark.measure import Row, interleaved, seconds

FEATURE = "wavelet-LLH_glcm_Contrast"


@dataclass(frozen=True)
class Questions:
    """The same four questions to the store, in sessions just opened, and to the files."""

    csvs: Path
    large: Large
    reader: Reader
    store: Store

    @classmethod
    def opened(cls, home: Home, csvs: Path, large: Large) -> "Questions":
        """New sessions, so that nothing of an earlier repeat is cached in them."""
        store = Store(home)
        store.snapshot()
        return cls(csvs, large, Reader(home), store)

    def one_feature(self) -> int:
        """From the store: one feature of everyone, in all phases."""
        sql = (
            "select patient_id, phase, value from feature_value where cohort_id = $cohort "
            "and feature_name = $feature and is_reference"
        )
        return len(self.reader.query(sql, {"cohort": COHORT, "feature": FEATURE}))

    def one_feature_csv(self) -> int:
        """From the files: the same."""
        columns = ["patient_id", FEATURE]
        parts = {phase: pd.read_csv(csv_of(self.csvs, phase), usecols=columns) for phase in PHASES}
        return len(pd.concat(parts, names=["phase"]))

    def matrix(self) -> int:
        """From the store: the wide matrix of one phase."""
        return feature_matrix(self.reader, COHORT, PHASES[0]).width

    def matrix_csv(self) -> int:
        """From the files: the same, which is how they lie there."""
        return pd.read_csv(csv_of(self.csvs, PHASES[0])).shape[1]

    def counts(self) -> int:
        """From the store: patients, delineations, extractions of each cohort."""
        return self.reader.query("from cohort_overview")["extractions"].sum()

    def counts_csv(self) -> int:
        """From the files: how many rows they hold."""
        files = (csv_of(self.csvs, phase) for phase in PHASES)
        return sum(pd.read_csv(file, usecols=["patient_id"]).size for file in files)

    def work_list(self) -> int:
        """From the store: how many of the wanted extractions are missing."""
        return len(plan(self.store, EXTRACTION, self.large.units, COHORT).todo)

    def work_list_csv(self) -> int:
        """From the file of what was done: the same."""
        done = pd.read_csv(self.csvs / "done.csv")
        columns = [*EXTRACTION.unit, "derivation"]
        both = self.large.wanted.merge(done[columns], how="left", on=columns, indicator=True)
        return int((both["_merge"] == "left_only").sum())


ASKED = {
    "one feature, 3 phases": (Questions.one_feature, Questions.one_feature_csv),
    "matrix of one phase": (Questions.matrix, Questions.matrix_csv),
    "counts by cohort": (Questions.counts, Questions.counts_csv),
    "no-op work list": (Questions.work_list, Questions.work_list_csv),
}


def measure(folder: Path, options: Namespace) -> list[Row]:
    """Fill, ask, and replace what a few changed masks would."""
    large, home, csvs = Large(options.patients), Home(folder / "home"), folder / "csv"
    store = Store.open(home)
    rows = _filled(store, large, csvs)
    _check_equal(Questions.opened(home, csvs, large))
    for what in ASKED:
        rows.append(_asked(lambda: Questions.opened(home, csvs, large), what, options.repeats))
    (opened,) = interleaved(options.repeats, lambda: Reader(home))
    (replaced,) = interleaved(options.repeats, lambda: _replace(store, large))
    return [
        *rows,
        Row("store", "open a reader", opened, note="once, before the questions above"),
        Row("store", f"replace {REPLACED} extractions", replaced, note="one chunk of a run"),
    ]


def _filled(store: Store, large: Large, csvs: Path) -> list[Row]:
    """Fill both; what is wanted is made before, in the time of neither."""
    values = len(large.wanted) * len(large.names) / 1e6
    commits: list[int] = []
    ours = seconds(lambda: commits.append(fill(store, large)))
    theirs = seconds(lambda: write_csvs(csvs, large))
    note = f"{commits[0]} checked commits"
    sizes = [[size_mb(store.home.lake)], [size_mb(csvs)]]
    return [
        Row("store", f"fill, {values:.1f} M values", [ours], "CSV, by polars", [theirs], note),
        Row("store", "size on disk", sizes[0], "CSV", sizes[1], unit="MB"),
    ]


def _asked(opened: Callable[[], Questions], what: str, repeats: int) -> Row:
    ours, theirs = ASKED[what]
    rounds = []
    for _ in range(repeats):
        asked = opened()
        rounds.append([seconds(lambda ask=ask, asked=asked: ask(asked)) for ask in (ours, theirs)])
    return Row("store", what, *_columns(rounds, "CSV, pandas"))


def _columns(rounds: list[list[float]], other: str) -> tuple[list[float], str, list[float]]:
    ours, theirs = zip(*rounds, strict=True)
    return list(ours), other, list(theirs)


def _check_equal(questions: Questions) -> None:
    """Equal answers, or the comparison means nothing; also warms the file cache for both."""
    for ours, theirs in (ASKED[what] for what in ASKED if "matrix" not in what):
        assert ours(questions) == theirs(questions)
    ours = feature_matrix(questions.reader, COHORT, PHASES[0]).to_pandas()
    theirs = pd.read_csv(csv_of(questions.csvs, PHASES[0]), float_precision="round_trip")
    pd.testing.assert_frame_equal(ours[theirs.columns], theirs)


def _replace(store: Store, large: Large) -> None:
    units = large.units.head(REPLACED)
    values = np.zeros((len(units), len(large.names)))
    store.commit(extraction_changes(large, units, values), "large: changed masks")
