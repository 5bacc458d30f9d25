"""The predictions of a study in the parts that are evaluated: one fit, one cohort, one role."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from hccer.evaluation.delong import Auc, auc
from hccer.study.context import StudyContext

# sums and resamples take patients in the order of what they are, not of their names
BY_CONTENT = (
    "left join (from lake.split where repeat = 0) s using (study_id, cohort_id, patient_id)"
)
OF_FITS = (
    "select p.fit_id, p.cohort_id, p.role, p.cohort_id || '/' || p.patient_id as patient, "
    "p.y_true, p.y_score, p.y_prob, p.threshold, p.fold "
    f"from lake.prediction p {BY_CONTENT} where p.study_id = $study and p.permutation = 0 "
    "order by p.fit_id, p.role, s.content_sha256, patient"
)
PART = ["fit_id", "cohort_id", "role"]


@dataclass(frozen=True, eq=False)
class Part:
    """What one fit says of the patients of one cohort and role.

    patients: (n,) names, different from each other; y_true, y_score: (n,); y_prob: (n,), the risk
    that goes with the score; threshold: (n,), inf where it counts nobody as an event. Out of fold,
    patients of each fold are scored by another network with a threshold of its own, and the folds
    are pooled; else fold (n,) is 0.
    """

    fit_id: str
    cohort_id: str
    role: str
    threshold: np.ndarray
    fold: np.ndarray
    patients: np.ndarray
    y_true: np.ndarray
    y_score: np.ndarray
    y_prob: np.ndarray

    @property
    def named(self) -> dict[str, str]:
        """The columns that name it."""
        return {"fit_id": self.fit_id, "cohort_id": self.cohort_id, "role": self.role}

    @property
    def has_both(self) -> bool:
        """Whether there are patients with and without the event."""
        return 0 < self.y_true.sum() < len(self.y_true)

    def auc(self, level: float, chosen: np.ndarray | None = None) -> Auc | None:
        """AUC of all, or of chosen patients (n,); None without both outcomes."""
        chosen = np.ones(len(self.y_true), dtype=bool) if chosen is None else chosen
        y_true, y_score = self.y_true[chosen], self.y_score[chosen]
        return auc(y_true, y_score, level) if 0 < y_true.sum() < len(y_true) else None

    def auc_within(self, level: float) -> float:
        """Mean AUC of the folds with both outcomes; NaN without any.

        Scores of different networks are compared where folds are pooled, not here.
        """
        inside = [self.auc(level, self.fold == fold) for fold in np.unique(self.fold)]
        areas = [each.value for each in inside if each is not None]
        return float(np.mean(areas)) if areas else np.nan


def parts(context: StudyContext) -> list[Part]:
    """Every part; several development cohorts also together, named `a + b`."""
    return parts_of(context.rows(OF_FITS), context.file.development)


def parts_of(predictions: pl.DataFrame, development: list[str]) -> list[Part]:
    """The parts of rows as `OF_FITS` gives them.

    Args:
        predictions: one row per fit and patient.
        development: cohorts that develop the models.
    """
    if len(development) > 1:
        together = predictions.filter(pl.col("role") != "external")
        named = together.with_columns(cohort_id=pl.lit(" + ".join(development)))
        predictions = pl.concat([predictions, named])
    return [_part(key, rows) for key, rows in predictions.group_by(PART, maintain_order=True)]


def _part(key: tuple, rows: pl.DataFrame) -> Part:
    return Part(
        *key,
        threshold=rows["threshold"].fill_null(np.inf).to_numpy(),
        fold=rows["fold"].to_numpy(),
        patients=rows["patient"].to_numpy(),
        y_true=rows["y_true"].to_numpy(),
        y_score=rows["y_score"].to_numpy(),
        y_prob=rows["y_prob"].to_numpy(),
    )
