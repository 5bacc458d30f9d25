"""Do predicted probabilities have the right level and spread, and how to correct them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from hccer.evaluation.checks import labelled_probabilities
from hccer.evaluation.estimate import Estimate, wald
from hccer.evaluation.logistic import LikelihoodMaximum, fit_logistic
from schemas.errors import HccerError


@dataclass(frozen=True)
class LogisticCalibration:
    """Logistic calibration; estimates are NaN where `reason` says why.

    `intercept` and `slope` are those of logit(P) = intercept + slope * logit(p), 0 and 1 when
    perfect. `in_the_large` is the intercept with the slope held at 1: above 0, risks are
    predicted too low.
    """

    intercept: Estimate
    slope: Estimate
    in_the_large: Estimate
    reason: str | None


@dataclass(frozen=True)
class Recalibration:
    """New probability = expit(intercept + slope * logit(old probability))."""

    intercept: float
    slope: float

    def apply(self, y_prob: ArrayLike) -> np.ndarray:
        """Recalibrated probabilities, of the shape given; 0 and 1 stay what they are."""
        with np.errstate(divide="ignore"):
            return expit(self.intercept + self.slope * logit(np.asarray(y_prob, dtype=float)))


def logistic_calibration(
    y_true: ArrayLike, y_prob: ArrayLike, level: float = 0.95, clip: float = 0.0
) -> LogisticCalibration:
    """Calibration slope, intercept and calibration-in-the-large with Wald intervals.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_prob: (patients,) predicted probabilities.
        level: coverage of the intervals.
        clip: probabilities are first brought into clip .. 1 - clip. With 0, a probability of
            exactly 0 or 1 has no logit and nothing is estimated.

    Returns:
        The estimates, or NaN with the reason.

    Raises:
        HccerError: where the input is not fit.

    Source:
        Cox, Biometrika 1958;45:562; Van Calster et al., BMC Med 2019;17:230.
    """
    outcome, p = labelled_probabilities(y_true, y_prob)
    p = np.clip(p, clip, 1 - clip)
    extreme = int(np.isin(p, (0, 1)).sum())
    if extreme:
        reason = f"{extreme} of {p.size} probabilities are exactly 0 or 1 and have no logit"
        nothing = wald(np.nan, np.nan, level)
        return LogisticCalibration(nothing, nothing, nothing, reason)
    ones = np.ones((p.size, 1))
    line = fit_logistic(np.column_stack([ones, logit(p)]), outcome)
    level_only = fit_logistic(ones, outcome, offset=logit(p))
    return LogisticCalibration(
        intercept=_estimate(line, 0, level),
        slope=_estimate(line, 1, level),
        in_the_large=_estimate(level_only, 0, level),
        reason=line.reason or level_only.reason,
    )


def _estimate(fit: LikelihoodMaximum, term: int, level: float) -> Estimate:
    return wald(fit.coefficients[term], fit.standard_errors[term], level)


def fit_recalibration(y_true: ArrayLike, y_prob: ArrayLike, clip: float = 0.0) -> Recalibration:
    """Logistic recalibration: intercept and slope re-estimated on these patients.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_prob: (patients,) probabilities of the model to be recalibrated.
        clip: as in `logistic_calibration`.

    Returns:
        What to apply; on the patients it was fitted on it gives slope 1 and intercept 0.

    Raises:
        HccerError: where it cannot be estimated, with the reason.
    """
    found = logistic_calibration(y_true, y_prob, clip=clip)
    if np.isnan(found.slope.value):
        raise HccerError(f"recalibration is not possible: {found.reason}")
    return Recalibration(found.intercept.value, found.slope.value)
