"""Which threshold to call a patient positive at."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hccer.evaluation.roc import RocCurve

Rule = Literal["youden", "closest_topleft"]


@dataclass(frozen=True)
class Threshold:
    """A threshold (positive: score >= value) and what it reaches where it was chosen.

    `ties` counts the points of the curve that are equally good.
    """

    value: float
    sensitivity: float
    specificity: float
    ties: int


def best_threshold(curve: RocCurve, rule: Rule = "youden") -> Threshold:
    """The threshold of the best point of a ROC curve.

    Args:
        curve: from `roc_curve`, whose `cut` says where between two scores the threshold lies.
        rule: "youden" maximises sensitivity + specificity; "closest_topleft" minimises
            (1 - sensitivity)^2 + (1 - specificity)^2.

    Returns:
        The best point; of equally good ones the first, with the highest threshold and
        specificity. It is inf (nobody positive) where no score does better than chance.

    Source:
        Youden, Cancer 1950;3:32; Perkins and Schisterman, Am J Epidemiol 2006;163:670.
    """
    # in whole numbers, so that ties are exact
    missed = (curve.positives - curve.tp).astype(object) * curve.negatives
    alarms = curve.fp.astype(object) * curve.positives
    loss = {"youden": missed + alarms, "closest_topleft": missed**2 + alarms**2}[rule]
    best = np.flatnonzero(loss == loss.min())
    return Threshold(
        value=float(curve.threshold[best[0]]),
        sensitivity=float(curve.sensitivity[best[0]]),
        specificity=float(curve.specificity[best[0]]),
        ties=best.size,
    )
