"""Accuracy, sensitivity, specificity and predictive values at a threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from hccer.evaluation.checks import labelled_scores
from hccer.evaluation.roc import counts_at


@dataclass(frozen=True)
class Proportion:
    """`count` of `n` with its Wilson interval; NaN where `n` is 0."""

    count: int
    n: int
    value: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class Classification:
    """A confusion table and its proportions.

    A proportion of nobody is NaN: the sensitivity without an event, the PPV where nobody is
    called positive.
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    tn: int
    accuracy: Proportion
    sensitivity: Proportion
    specificity: Proportion
    ppv: Proportion
    npv: Proportion


def classification(
    y_true: ArrayLike, y_score: ArrayLike, threshold: float, level: float = 0.95
) -> Classification:
    """How the rule score >= threshold does.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_score: (patients,).
        threshold: chosen on training patients.
        level: coverage of the intervals.

    Returns:
        Counts and proportions.

    Raises:
        HccerError: where the input is not fit.
    """
    outcome, score = labelled_scores(y_true, y_score)
    tp, fp = (int(each[0]) for each in counts_at(outcome, score, np.array([threshold])))
    positives, n = int(outcome.sum()), outcome.size
    fn, tn = positives - tp, n - positives - fp
    return Classification(
        threshold=threshold,
        tp=tp,
        fp=fp,
        fn=fn,
        tn=tn,
        accuracy=proportion(tp + tn, n, level),
        sensitivity=proportion(tp, positives, level),
        specificity=proportion(tn, n - positives, level),
        ppv=proportion(tp, tp + fp, level),
        npv=proportion(tn, tn + fn, level),
    )


def proportion(count: int, n: int, level: float = 0.95) -> Proportion:
    """A proportion with its Wilson interval.

    Source:
        Wilson, J Am Stat Assoc 1927;22:209.
    """
    if n == 0:
        return Proportion(count, n, np.nan, np.nan, np.nan)
    interval = binomtest(count, n).proportion_ci(level, method="wilson")
    return Proportion(count, n, count / n, float(interval.low), float(interval.high))
