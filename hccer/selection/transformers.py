"""Steps that learn from the training rows only, so that cross-validation can refit them."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_selection import SelectorMixin

from hccer.selection.folds import check_matrix
from hccer.selection.group_tests import group_tests
from schemas.errors import HccerError


class ZScore(TransformerMixin, BaseEstimator):
    """Subtracts the training mean and divides by the training SD; a constant feature becomes 0.

    Args:
        ddof: the SD divides by n - ddof (0: scikit-learn's, 1: R's `scale`).

    Attributes after `fit`: `mean_` (p,), `scale_` (p,) with 1 for a constant feature.
    """

    def __init__(self, ddof: int = 0) -> None:
        self.ddof = ddof

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> Self:
        """Learn mean and SD of features (n, p).

        Raises:
            HccerError: no more rows than `ddof`.
        """
        X = np.asarray(X, dtype=np.float64)
        if len(X) <= self.ddof:
            raise HccerError(f"an SD over {len(X)} - {self.ddof} patients does not exist")
        self.mean_, varies = X.mean(axis=0), np.ptp(X, axis=0) > 0
        self.scale_ = np.where(varies, X.std(axis=0, ddof=self.ddof), 1.0)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Features (n, p) in SDs from the training mean."""
        return (np.asarray(X, dtype=np.float64) - self.mean_) / self.scale_


class UnivariateScreen(SelectorMixin, BaseEstimator):
    """Keeps the features with P < alpha between the groups, uncorrected as in the paper.

    Args:
        alpha: level of the test.
        normality_alpha: see `group_tests`.

    Attributes after `fit`: `tests_` (GroupTests), `n_features_in_`.
    """

    def __init__(self, alpha: float = 0.05, normality_alpha: float = 0.05) -> None:
        self.alpha, self.normality_alpha = alpha, normality_alpha

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Test features (n, p) against the outcome (n,).

        Raises:
            HccerError: as `group_tests`; or no feature is kept.
        """
        X, y = check_matrix(X, y)
        self.tests_ = group_tests(X, y, self.normality_alpha)
        self.n_features_in_ = X.shape[1]
        if not self._get_support_mask().any():
            raise HccerError(self._nothing_left(int(y.sum()), len(y)))
        return self

    def _nothing_left(self, events: int, patients: int) -> str:
        p = self.tests_.p_value[np.isfinite(self.tests_.p_value)]
        if not p.size:
            return f"all {self.n_features_in_} features are constant in {patients} patients"
        return (
            f"none of {self.n_features_in_} features differs at P < {self.alpha:g} between "
            f"{events} events and {patients - events} non-events (smallest P {p.min():.3g})"
        )

    def _get_support_mask(self) -> np.ndarray:
        return self.tests_.significant(self.alpha)
