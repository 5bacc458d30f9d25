"""The smooth calibration curve and how far predictions lie from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hccer.evaluation.checks import labelled_probabilities


@dataclass(frozen=True)
class SmoothCalibration:
    """Lowess of the outcome on the predicted risk.

    `predicted` are the distinct predictions, rising, `observed` the smoothed risk at each (it
    may leave 0..1, as lowess does). `e_max`, `e_90` and `e_avg` are the largest, 90th
    percentile and mean of |predicted - observed| over patients.
    """

    predicted: np.ndarray
    observed: np.ndarray
    e_max: float
    e_90: float
    e_avg: float


def smooth_calibration(
    y_true: ArrayLike, y_prob: ArrayLike, frac: float, delta: float
) -> SmoothCalibration:
    """Calibration curve without bins.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_prob: (patients,) predicted probabilities.
        frac: share of the patients that each point is smoothed over.
        delta: points closer than this share of the range are interpolated.

    Returns:
        The curve and its distances. A prediction shared by so many that they fill the
        neighbourhood has no slope around it: the curve there is their observed risk.

    Raises:
        HccerError: where the input is not fit.

    Source:
        Harrell's val.prob (R rms), lowess(p, y, iter = 0); Austin and Steyerberg,
        Stat Med 2019;38:4051.
    """
    from statsmodels.nonparametric.smoothers_lowess import lowess  # slow to import

    outcome, p = labelled_probabilities(y_true, y_prob)
    order = np.argsort(p, kind="stable")
    x, y = p[order], outcome[order].astype(float)
    predicted, member, n = np.unique(x, return_inverse=True, return_counts=True)
    share, crowded = np.bincount(member, y) / n, n >= int(frac * x.size + 1e-10)
    smooth = share.copy()
    if crowded.any():
        smooth[~crowded] = lowess(y, x, frac=frac, it=0, xvals=predicted[~crowded])
    else:
        near = delta * float(np.ptp(x))
        fitted = lowess(y, x, frac=frac, it=0, delta=near, is_sorted=True, return_sorted=False)
        smooth = np.bincount(member, fitted) / n
    # NaN where no neighbour but itself has weight
    observed = np.where(np.isnan(smooth), share, smooth)
    apart = np.abs(predicted - observed)[member]
    return SmoothCalibration(
        predicted=predicted,
        observed=observed,
        e_max=float(apart.max()),
        e_90=float(np.quantile(apart, 0.9)),
        e_avg=float(apart.mean()),
    )
