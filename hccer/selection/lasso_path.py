"""Exact LASSO solutions along a path of penalties, gaussian and binomial, as glmnet defines them.

gaussian: 1/(2N) sum (y - b0 - xb)^2 + penalty |b|; binomial: -loglik / N + penalty |b|, with
features standardised by their population SD (ddof 0) and the intercept free.
Source: Friedman J, J Stat Softw 2010;33(1):1.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from schemas.errors import HccerError

Family = Literal["gaussian", "binomial"]
N_PENALTIES = 100


@dataclass(frozen=True)
class LassoPath:
    """Solutions in the units of the features.

    penalties: (k,), falling; coefficients: (k, p); intercepts: (k,); explained: share of the null
    deviance (k,).
    """

    penalties: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray
    explained: np.ndarray

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Linear predictors (n, k)."""
        return X @ self.coefficients.T + self.intercepts


def _standardised(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean, sd = X.mean(axis=0), X.std(axis=0)
    sd = np.where(np.ptp(X, axis=0) > 0, sd, np.inf)
    return np.ascontiguousarray((X - mean) / sd), mean, sd


def penalty_grid(X: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    """glmnet's 100 penalties, from the smallest that keeps no feature; features (n, p)."""
    z, _, _ = _standardised(X)
    highest = np.abs(z.T @ (y_true - y_true.mean())).max() / len(y_true)
    ratio = 1e-4 if X.shape[0] >= X.shape[1] else 1e-2
    return highest * ratio ** (np.arange(N_PENALTIES) / (N_PENALTIES - 1))


def lasso_path(
    X: np.ndarray, y_true: np.ndarray, family: Family, penalties: np.ndarray | None = None
) -> LassoPath:
    """LASSO solutions for falling penalties.

    Args:
        X: features (n, p), finite, any scale; a constant one keeps the coefficient 0.
        y_true: outcome (n,), 0 or 1, both there.
        family: gaussian (least squares) or binomial.
        penalties: falling; glmnet's own grid where None.

    Returns:
        The path, ended early by glmnet's rules on the explained deviance.

    Raises:
        HccerError: a solution did not converge.
    """
    from hccer.selection.lasso_kernels import trace  # numba takes a while: only where used

    y = np.ascontiguousarray(y_true, dtype=np.float64)
    z, mean, sd = _standardised(X)
    grid = penalty_grid(X, y) if penalties is None else np.asarray(penalties, dtype=np.float64)
    beta, intercept = np.zeros((len(grid), X.shape[1])), np.zeros(len(grid))
    explained = np.zeros(len(grid))
    count = trace(z, y, grid, family == "binomial", beta, intercept, explained)
    if count <= 0:
        raise HccerError(
            f"the {family} LASSO on {X.shape[0]} patients and {X.shape[1]} features did not "
            f"converge at penalty {grid[-count]:.3g}"
        )
    beta = beta[:count] / sd
    return LassoPath(grid[:count], beta, intercept[:count] - beta @ mean, explained[:count])
