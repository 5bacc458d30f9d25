"""Logistic regression of few terms, without penalty, that says why where it has no solution."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

ITERATIONS = 100
# a step that moves every logit by less than this share of its standard error is the last
TOLERANCE = 1e-8
# no step moves a logit further: far out the likelihood is flat and tells no direction
LONGEST_STEP = 5.0
# a logit less certain than this has no finite estimate
LARGEST_ERROR = 1e6


@dataclass(frozen=True)
class LikelihoodMaximum:
    """Coefficients and standard errors (terms,); NaN, with the `reason`, without a maximum."""

    coefficients: np.ndarray
    standard_errors: np.ndarray
    reason: str | None


def fit_logistic(
    design: np.ndarray, outcome: np.ndarray, offset: np.ndarray | float = 0.0
) -> LikelihoodMaximum:
    """Maximum likelihood by Newton's method with halved steps.

    Args:
        design: (patients, terms), with a column of ones for an intercept.
        outcome: (patients,) booleans.
        offset: (patients,) added to the logit as it is.

    Returns:
        The fit, or NaN with a reason: one class, collinear terms, separated classes.
    """
    if outcome.all() or not outcome.any():
        return _without(design, "all patients have the same outcome")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return _without(design, "the predictions do not vary")
    coefficients = np.zeros(design.shape[1])
    for _ in range(ITERATIONS):
        information, gradient = _derivatives(design, outcome, offset, coefficients)
        try:
            root = np.linalg.inv(np.linalg.cholesky(information))
        except np.linalg.LinAlgError:
            break
        covariance = root.T @ root
        error = np.linalg.norm(design @ root.T, axis=1).max()
        step = _damped(design, outcome, offset, coefficients, covariance @ gradient)
        coefficients = coefficients + step
        if np.abs(design @ step).max() <= TOLERANCE * min(1 + error, LARGEST_ERROR):
            if error < LARGEST_ERROR:
                return LikelihoodMaximum(coefficients, np.sqrt(np.diag(covariance)), None)
            break
    # under separation steps go on until rounding ends them: no maximum is ever reached
    return _without(design, "no finite maximum: the predictions separate the classes")


def _without(design: np.ndarray, reason: str) -> LikelihoodMaximum:
    nothing = np.full(design.shape[1], np.nan)
    return LikelihoodMaximum(nothing, nothing, reason)


def _derivatives(
    design: np.ndarray, outcome: np.ndarray, offset: np.ndarray | float, coefficients: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    p = expit(design @ coefficients + offset)
    return (design.T * (p * (1 - p))) @ design, design.T @ (outcome - p)


def _damped(
    design: np.ndarray,
    outcome: np.ndarray,
    offset: np.ndarray | float,
    coefficients: np.ndarray,
    step: np.ndarray,
) -> np.ndarray:
    def likelihood(at: np.ndarray) -> float:
        logit = design @ at + offset
        return float(logit[outcome].sum() - np.logaddexp(0, logit).sum())

    before = likelihood(coefficients)
    step = step * (LONGEST_STEP / max(np.abs(design @ step).max(), LONGEST_STEP))
    # rounding of the sum must not look like a loss
    least = before - 1e-10 * (1 + abs(before))
    for _ in range(ITERATIONS):
        if likelihood(coefficients + step) >= least:
            break
        step = step / 2
    return step
