"""The area under the ROC curve with its variance, for one model or many."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from hccer.evaluation.checks import labelled_scores, require_both_classes
from hccer.evaluation.estimate import wald


@dataclass(frozen=True)
class DeLong:
    """AUCs (models,) and their covariance (models, models), from the same patients."""

    auc: np.ndarray
    covariance: np.ndarray
    positives: int
    negatives: int


@dataclass(frozen=True)
class Auc:
    """An AUC with its confidence interval; `truncated` where the interval was cut to 0..1."""

    value: float
    variance: float
    ci_low: float
    ci_high: float
    truncated: bool
    positives: int
    negatives: int


def delong(y_true: ArrayLike, y_score: ArrayLike) -> DeLong:
    """AUCs of models on the same patients, with their covariance.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_score: (patients,) or (models, patients); higher means an event is likelier.

    Returns:
        AUCs and covariance; the covariance is NaN where a class has a single patient.

    Raises:
        HccerError: where the input is not fit or only one class is there.

    Source:
        DeLong et al., Biometrics 1988;44:837, computed from mid-ranks as in
        Sun and Xu, IEEE Signal Process Lett 2014;21:1389.
    """
    outcome, score = labelled_scores(y_true, y_score, many=True)
    require_both_classes(outcome, "an AUC")
    score = np.atleast_2d(score)
    positives, negatives = int(outcome.sum()), int((~outcome).sum())
    ranks = rankdata(score, axis=1)
    # share of the other class that each patient outranks, ties by half
    above = (ranks[:, outcome] - rankdata(score[:, outcome], axis=1)) / negatives
    below = 1 - (ranks[:, ~outcome] - rankdata(score[:, ~outcome], axis=1)) / positives
    covariance = _covariance(above) / positives + _covariance(below) / negatives
    return DeLong(above.mean(axis=1), covariance, positives, negatives)


def _covariance(placements: np.ndarray) -> np.ndarray:
    models, patients = placements.shape
    if patients < 2:
        return np.full((models, models), np.nan)
    # a constant row has no variance: its mean must not leave a rounding error behind
    centred = placements - placements.mean(axis=1, keepdims=True)
    centred[np.ptp(placements, axis=1) == 0] = 0
    return centred @ centred.T / (patients - 1)


def auc(y_true: ArrayLike, y_score: ArrayLike, level: float = 0.95) -> Auc:
    """AUC of one model with its DeLong interval.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_score: (patients,) higher means an event is likelier; an AUC below 0.5 is not turned.
        level: coverage of the interval.

    Returns:
        The AUC +- z * standard error, cut to 0..1, as pROC does. The interval is NaN where the
        variance is 0 (perfect separation, constant scores) or a class has one patient.

    Raises:
        HccerError: where the input is not fit or only one class is there.
    """
    fit = delong(y_true, y_score)
    value, variance = fit.auc.item(), fit.covariance.item()
    interval = wald(value, variance**0.5, level)
    low, high = interval.ci_low, interval.ci_high
    return Auc(
        value=value,
        variance=variance,
        ci_low=float(np.maximum(low, 0)),
        ci_high=float(np.minimum(high, 1)),
        truncated=bool(low < 0 or high > 1),
        positives=fit.positives,
        negatives=fit.negatives,
    )
