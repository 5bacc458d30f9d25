"""Maximal correlation coefficient of co-occurrence matrices (MCC)."""

import numpy as np
from scipy.linalg import eigh

from hccer.radiomics.fast.first_order import EPSILON
from hccer.radiomics.fast.jit import kernel
from hccer.radiomics.fast.weighting import mean_over_directions

SMALLEST_SYMMETRIC = 24  # levels: below this the general eigenvalues are as fast


@kernel
def _transition_rows(
    p: np.ndarray, transposed: np.ndarray, px: np.ndarray, py: np.ndarray, q: np.ndarray
) -> None:
    for i in range(p.shape[0]):
        for g in range(p.shape[1]):
            if p[i, g] != 0:
                divisor = px[i] * py[g] + EPSILON
                for j in range(p.shape[0]):
                    q[i, j] += p[i, g] * transposed[g, j] / divisor


def _transition(p: np.ndarray, px: np.ndarray, py: np.ndarray) -> np.ndarray:
    q = np.zeros(p.shape)
    _transition_rows(p, np.ascontiguousarray(p.T), px, py, q)
    return q


def _second_symmetric(q: np.ndarray, px: np.ndarray) -> float:
    """Second largest eigenvalue of Q of a symmetric matrix; NaN where it is not sure enough.

    Scaled by the square roots of `px`, Q is symmetric but for EPSILON. Its skew part changes an
    eigenvalue by the square of its effect on the eigenvector, over the distance to the next.
    """
    scale = np.sqrt(px)
    b = scale[:, None] * q / np.where(scale > 0, scale, 1)
    n = len(b)
    values, vectors = eigh(
        (b + b.T) / 2, subset_by_index=(n - 3, n - 1), driver="evr", check_finite=False
    )
    if len(values) < 3:  # LAPACK may stop short where eigenvalues coincide
        return np.nan
    skew = (b - b.T) @ vectors[:, 1] / 2
    distance = np.diff(values).min()
    sure = values[1] > 1e-3 and skew @ skew < 1e-12 * distance
    return float(values[1]) if sure else np.nan


def _second_eigenvalues(p: np.ndarray, q: np.ndarray, px: np.ndarray) -> np.ndarray:
    """Second largest eigenvalue of each Q (a, n, n).

    Without the symmetric short cut, the same LAPACK routine as in pyradiomics decides, because
    the sign of an eigenvalue that is numerically zero decides there whether a direction counts.
    """
    if p.shape[0] >= SMALLEST_SYMMETRIC and np.array_equal(p, p.transpose(1, 0, 2)):
        second = np.array([_second_symmetric(q[a], px[:, a]) for a in range(len(q))])
        if not np.isnan(second).any():
            return second
    eigenvalues = np.linalg.eigvals(q)
    eigenvalues.sort()
    return eigenvalues[:, -2]


def maximal_correlation(p: np.ndarray) -> float:
    """Square root of the second largest eigenvalue of Q, averaged over directions.

    p : joint probabilities (n, n, directions). Q is summed in pyradiomics' order. NaN where no
    direction has a pair, 1 for a single level.
    """
    if np.isnan(p).any():
        return np.nan
    if p.shape[0] < 2:
        return 1.0
    if p.shape[2] == 0:
        return np.nan
    px, py = p.sum(1), p.sum(0)
    q = np.stack(
        [
            _transition(np.ascontiguousarray(p[:, :, a]), px[:, a].copy(), py[:, a].copy())
            for a in range(p.shape[2])
        ]
    )
    return mean_over_directions(np.sqrt(_second_eigenvalues(p, q, px)))
