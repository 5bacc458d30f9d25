"""Observed against predicted risk in groups: bins, Brier score, ECE, Hosmer-Lemeshow."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from hccer.evaluation.checks import labelled_probabilities

Edges = Literal["width", "quantile"]
Norm = Literal["l1", "l2", "max"]


@dataclass(frozen=True)
class CalibrationBins:
    """Groups of patients by predicted risk; arrays (bins,), empty bins left out."""

    low: np.ndarray
    high: np.ndarray
    n: np.ndarray
    events: np.ndarray
    predicted: np.ndarray

    @property
    def observed(self) -> np.ndarray:
        """Share of patients with the event."""
        return self.events / self.n


@dataclass(frozen=True)
class HosmerLemeshow:
    """Chi-square of observed against expected events; NaN with fewer than 3 groups."""

    chi2: float
    df: int
    p_value: float
    groups: int


def brier_score(y_true: ArrayLike, y_prob: ArrayLike) -> float:
    """Mean squared difference of probability and outcome (Brier, Mon Weather Rev 1950;78:1)."""
    outcome, p = labelled_probabilities(y_true, y_prob)
    return float(np.mean((p - outcome) ** 2))


def calibration_bins(
    y_true: ArrayLike, y_prob: ArrayLike, bins: int = 10, edges: Edges = "width"
) -> CalibrationBins:
    """Mean predicted and observed risk in bins.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_prob: (patients,) predicted probabilities.
        bins: number of bins.
        edges: "width" cuts 0..1 into equal widths, [low, high) with 1 in the last;
            "quantile" cuts at quantiles (type 7), (low, high] with the lowest in the first;
            equal quantiles are merged.

    Returns:
        The bins that hold patients.

    Raises:
        HccerError: where the input is not fit.
    """
    outcome, p = labelled_probabilities(y_true, y_prob)
    if edges == "width":
        cuts = np.linspace(0, 1, bins + 1)
        member = np.minimum((p * bins).astype(int), bins - 1)
    else:
        cuts = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)))
        # constant predictions leave a single cut, and one bin from it to itself
        cuts = np.repeat(cuts, 2) if cuts.size == 1 else cuts
        member = np.maximum(np.searchsorted(cuts, p, side="left") - 1, 0)
    n, events, total = (
        np.bincount(member, weights, minlength=cuts.size - 1) for weights in (None, outcome, p)
    )
    held = n > 0
    return CalibrationBins(
        low=cuts[:-1][held],
        high=cuts[1:][held],
        n=n[held],
        events=events[held].astype(int),
        predicted=total[held] / n[held],
    )


def calibration_error(
    y_true: ArrayLike, y_prob: ArrayLike, bins: int = 10, norm: Norm = "l1"
) -> float:
    """Difference of mean predicted and observed risk over bins of equal width.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_prob: (patients,) predicted probabilities of the event.
        bins: number of bins.
        norm: "l1" is the expected calibration error (mean weighted by patients), "l2" its
            root mean square, "max" the largest difference of any bin.

    Source:
        Naeini et al., AAAI 2015; binned as torchmetrics does.
    """
    groups = calibration_bins(y_true, y_prob, bins)
    apart, weight = np.abs(groups.observed - groups.predicted), groups.n / groups.n.sum()
    if norm == "max":
        return float(apart.max())
    power = 1 if norm == "l1" else 2
    return float((weight @ apart**power) ** (1 / power))


def hosmer_lemeshow(
    y_true: ArrayLike, y_prob: ArrayLike, groups: int = 10, fitted: bool = True
) -> HosmerLemeshow:
    """Hosmer-Lemeshow goodness of fit.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_prob: (patients,) predicted probabilities.
        groups: groups by quantiles of risk.
        fitted: the model was fitted on these patients: groups - 2 degrees of freedom;
            otherwise as many as groups.

    Returns:
        The test on the groups that ties leave; R's hoslem.test keeps groups - 2 then.

    Source:
        Hosmer and Lemeshow, Commun Stat 1980;9:1043; ResourceSelection::hoslem.test.
    """
    found = calibration_bins(y_true, y_prob, groups, "quantile")
    df = found.n.size - 2 if fitted else found.n.size
    if found.n.size < 3:
        return HosmerLemeshow(np.nan, df, np.nan, found.n.size)
    expected = np.array([found.predicted * found.n, (1 - found.predicted) * found.n])
    observed = np.array([found.events, found.n - found.events])
    squares = (observed - expected) ** 2
    # nobody expected: 0 if nobody came, else no finite statistic
    terms = np.where(squares > 0, np.inf, 0.0)
    with np.errstate(over="ignore"):
        np.divide(squares, expected, out=terms, where=expected > 0)
    statistic = float(terms.sum())
    return HosmerLemeshow(statistic, df, float(chi2.sf(statistic, df)), found.n.size)
