"""The ROC curve."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from hccer.evaluation.checks import labelled_scores, require_both_classes

Cut = Literal["observed", "midpoint"]


@dataclass(frozen=True)
class RocCurve:
    """Points of a ROC curve from nobody positive (threshold inf) to everybody positive.

    `tp` and `fp` count patients with score >= threshold among `positives` and `negatives`.
    """

    threshold: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    positives: int
    negatives: int

    @property
    def sensitivity(self) -> np.ndarray:
        """Share of the patients with the event that are called positive."""
        return self.tp / self.positives

    @property
    def specificity(self) -> np.ndarray:
        """Share of the patients without the event that are called negative."""
        return 1 - self.fp / self.negatives


def roc_curve(y_true: ArrayLike, y_score: ArrayLike, cut: Cut = "observed") -> RocCurve:
    """Every distinct point of the ROC curve.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_score: (patients,) higher means an event is likelier.
        cut: "observed" puts thresholds on observed scores, as scikit-learn does; "midpoint"
            halfway to the next lower score, as pROC does (the last one at -inf). Both give the
            same points; they part patients of another cohort whose scores fall in the gap.

    Returns:
        The curve, thresholds falling.

    Raises:
        HccerError: where the input is not fit or only one class is there.
    """
    outcome, score = labelled_scores(y_true, y_score)
    require_both_classes(outcome, "a ROC curve")
    observed = np.unique(score)[::-1]
    tp, fp = counts_at(outcome, score, observed)
    below = np.append(observed[1:], -np.inf)
    cuts = observed if cut == "observed" else (observed + below) / 2
    positives = int(outcome.sum())
    return RocCurve(
        threshold=np.append(np.inf, cuts),
        tp=np.append(0, tp),
        fp=np.append(0, fp),
        positives=positives,
        negatives=outcome.size - positives,
    )


def counts_at(
    outcome: np.ndarray, score: np.ndarray, threshold: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """True and false positives of the rule score >= threshold.

    Args:
        outcome: (patients,) booleans.
        score: (patients,).
        threshold: (thresholds,) in any order.

    Returns:
        Counts of true and of false positives, each (thresholds,).
    """
    groups = (np.sort(score[outcome]), np.sort(score[~outcome]))
    tp, fp = (each.size - np.searchsorted(each, threshold, side="left") for each in groups)
    return tp, fp
