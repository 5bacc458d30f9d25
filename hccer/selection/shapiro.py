"""Shapiro-Wilk's test of normality for thousands of features at once."""

import numpy as np
from scipy.stats import norm, shapiro

SMALLEST = 12  # patients: below it the P value has another approximation

# Royston's polynomials in 1 / sqrt(n) for the two outermost weights, and in log(n) for P
_LAST = (0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056)
_LAST_BUT_ONE = (0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633)
_MEAN = (-1.5861, -0.31082, -0.083751, 0.0038915)
_LOG_SD = (-0.4803, -0.082676, 0.0030302)


def _weights(n: int) -> np.ndarray:
    """Weights (n,) of the ordered values: antisymmetric, of length 1."""
    scores = norm.ppf((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    squares, root = scores @ scores, 1 / np.sqrt(n)
    last = scores[-1] / np.sqrt(squares) + np.polynomial.polynomial.polyval(root, _LAST)
    before = scores[-2] / np.sqrt(squares) + np.polynomial.polynomial.polyval(root, _LAST_BUT_ONE)
    rest = squares - 2 * scores[-1] ** 2 - 2 * scores[-2] ** 2
    weights = scores / np.sqrt(rest / (1 - 2 * last**2 - 2 * before**2))
    weights[[0, 1, -2, -1]] = -last, -before, before, last
    return weights


def shapiro_wilk(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Statistic W and P value of each feature.

    Args:
        values: features (n, p), finite, n from 3 to 5000, none of them constant.

    Returns:
        W (p,) and P (p,). Below 12 patients scipy computes them.

    Source: Royston P, Appl Stat 1995;44:547 (algorithm AS R94).
    """
    n = len(values)
    if n < SMALLEST:
        found = shapiro(values, axis=0)
        return found.statistic, found.pvalue
    centred = values - values.mean(axis=0)
    numerator = (_weights(n) @ np.sort(centred, axis=0)) ** 2
    w = np.minimum(numerator / (centred**2).sum(axis=0), 1)
    size = np.log(n)
    mean = np.polynomial.polynomial.polyval(size, _MEAN)
    sd = np.exp(np.polynomial.polynomial.polyval(size, _LOG_SD))
    with np.errstate(divide="ignore"):
        return w, norm.sf((np.log(1 - w) - mean) / sd)
