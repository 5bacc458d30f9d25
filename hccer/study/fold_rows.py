"""How nested_prediction is written: fold by fold, and a fold that stands is not done again."""

import json
import math
import time
from dataclasses import dataclass, field

import polars as pl

from hccer.pipeline.rows import COMMITS_UNMERGED, SECONDS_PER_COMMIT, frame
from hccer.study.context import StudyContext
from hccer.validation.nested import FoldScores, FoldTask
from schemas.tables import NESTED_PREDICTION
from storage.lineage import Outcome
from storage.store import Change

FOLDS_PER_COMMIT = 64


@dataclass(frozen=True)
class Plan:
    """Folds to do, units to take `out`, how many folds stand, how many are no longer asked for."""

    todo: list[FoldTask]
    out: pl.DataFrame
    reused: int
    gone: int


@dataclass
class Writer:
    """Commits folds in chunks, so that a killed run resumes where it was."""

    context: StudyContext
    patients: pl.DataFrame
    key: str
    computed: int = 0
    commits: int = 0
    pending: int = 0
    rows: list[dict] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def plan(self, wanted: tuple[FoldTask, ...]) -> Plan:
        """Compare the wanted folds with those there are."""
        unit = list(NESTED_PREDICTION.unit)
        stored = self.context.rows(
            f"select distinct {', '.join(unit)}, derivation from lake.nested_prediction "
            "where study_id = $study"
        )
        asked = pl.DataFrame([self._unit(task) for task in wanted], schema=stored.schema)
        stands = stored.join(asked, on=asked.columns, how="semi")
        out = stored.join(asked, on=asked.columns, how="anti").select(unit)
        done = set(stands.select("permutation", "repeat", "fold").rows())
        todo = [task for task in wanted if _place(task) not in done]
        return Plan(todo, out, len(stands), len(out.join(asked, on=unit, how="anti")))

    def begin(self, plan: Plan) -> None:
        """Take out the folds that do not stand."""
        text = f"{len(plan.out)} folds taken out"
        self._commit([Change(NESTED_PREDICTION, delete=plan.out)], text)

    def add(self, tasks: tuple[FoldTask, ...], found: list[tuple[FoldScores, ...]]) -> None:
        """Take the folds of one run; commits when enough, or enough time, has come together."""
        for task, scores in zip(tasks, found, strict=True):
            unit = self._unit(task)
            self.rows += [row for each in scores for row in _rows(self.patients, unit, each)]
        self.pending += len(tasks)
        late = time.monotonic() - self.since > SECONDS_PER_COMMIT
        if late or self.pending >= FOLDS_PER_COMMIT:
            self.flush()

    def flush(self) -> None:
        """Commit what is pending."""
        if self.pending:
            change = Change(NESTED_PREDICTION, insert=frame(NESTED_PREDICTION, self.rows))
            self._commit([change], f"{self.pending} folds")
            self.computed += self.pending
            self.commits += 1
            self.pending, self.rows, self.since = 0, [], time.monotonic()

    def outcome(self, plan: Plan, version: str) -> Outcome:
        """Merge the files of many small commits, and count folds."""
        store = self.context.store
        if self.commits > COMMITS_UNMERGED:
            store.merge_files()
        return Outcome(NESTED_PREDICTION, self.computed, plan.reused, 0, plan.gone,
                       store.snapshot(), version)  # fmt: skip

    def _unit(self, task: FoldTask) -> dict:
        place = dict(zip(("permutation", "repeat", "fold"), _place(task), strict=True))
        return {"study_id": self.context.study_id, **place, "derivation": self.key}

    def _commit(self, changes: list[Change], text: str) -> None:
        message = f"nested_prediction of {self.context.study_id}: {text}"
        self.context.store.commit(changes, message, self.context.run_id)


def _place(task: FoldTask) -> tuple[int, int, int]:
    """Permutation, and repeat and fold as the table `split` counts them."""
    return task.permutation, task.repeat + 1, task.fold + 1


def _rows(patients: pl.DataFrame, unit: dict, scores: FoldScores) -> list[dict]:
    """Rows of one model and fold."""
    same = {
        **unit,
        "model": scores.model,
        "algorithm": scores.algorithm,
        "threshold": scores.threshold if math.isfinite(scores.threshold) else None,
        "by_prevalence": scores.by_prevalence,
        "kept": json.dumps(scores.kept),
        "notes": json.dumps(scores.notes),
    }
    tested = patients.select("cohort_id", "patient_id")[scores.rows].with_columns(
        y_true=scores.y_true, y_score=scores.y_score
    )
    return [{**same, **row} for row in tested.iter_rows(named=True)]
