"""Decision curves: what acting on a prediction is worth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hccer.evaluation.checks import labelled_probabilities, require_both_classes
from hccer.evaluation.roc import counts_at
from schemas.errors import HccerError


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit per patient at each threshold probability, arrays (thresholds,).

    Treating none has net benefit 0.
    """

    threshold: np.ndarray
    net_benefit: np.ndarray
    treat_all: np.ndarray


def decision_curve(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    threshold: ArrayLike,
    prevalence: float | None = None,
) -> DecisionCurve:
    """Net benefit of treating patients with probability >= threshold and above 0, as R dcurves.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_prob: (patients,) predicted probabilities.
        threshold: (thresholds,) probabilities, 0 <= t < 1.
        prevalence: share of events in the population, for case-control sampling; without it
            that of these patients.

    Returns:
        The curve: TP rate * prevalence - FP rate * (1 - prevalence) * t / (1 - t).

    Raises:
        HccerError: where the input is not fit; with a prevalence also where a class is missing.

    Source:
        Vickers and Elkin, Med Decis Making 2006;26:565.
    """
    outcome, p = labelled_probabilities(y_true, y_prob)
    threshold = np.asarray(threshold, dtype=float)
    if threshold.ndim != 1 or not ((threshold >= 0) & (threshold < 1)).all():
        raise HccerError("threshold probabilities of a decision curve must be at least 0, below 1")
    events, others = _weights(outcome, prevalence)
    # at threshold 0 an event held to be impossible is not treated either
    tp, fp = counts_at(outcome, p, np.maximum(threshold, np.finfo(float).smallest_subnormal))
    odds = threshold / (1 - threshold)
    net_benefit = tp * events - fp * others * odds
    treat_all = outcome.sum() * events - (~outcome).sum() * others * odds
    return DecisionCurve(threshold, net_benefit, treat_all)


def _weights(outcome: np.ndarray, prevalence: float | None) -> tuple[float, float]:
    # what one patient with and one without the event stand for in the population
    if prevalence is None:
        return 1 / outcome.size, 1 / outcome.size
    if not 0 < prevalence < 1:
        raise HccerError(f"prevalence must lie between 0 and 1, not {prevalence:g}")
    require_both_classes(outcome, "a decision curve with a given prevalence")
    return prevalence / outcome.sum(), (1 - prevalence) / (~outcome).sum()
