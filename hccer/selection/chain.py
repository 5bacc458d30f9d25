"""The published selection as one step: z-score, group tests, LASSO; and how stable it is."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin

from hccer.selection.folds import check_matrix
from hccer.selection.lasso import LassoSelector
from hccer.selection.transformers import UnivariateScreen, ZScore
from schemas.errors import HccerError
from schemas.modelling import SelectionSettings


class FeatureSelector(SelectorMixin, BaseEstimator):
    """z-score, group tests, LASSO, each fitted on the rows it is given.

    `transform` returns the kept columns as they came: a model scales its own features.

    Attributes after `fit`: `zscore_`, `screen_`, `lasso_`, `support_` and `coef_` (p,), the
    LASSO's coefficients per SD with 0 for what was screened out, `n_features_in_`.
    """

    def __init__(self, settings: SelectionSettings) -> None:
        self.settings = settings

    def fit(self, X: np.ndarray, y: np.ndarray, foldid: np.ndarray) -> Self:
        """Select among features (n, p) for the outcome (n,), the penalty over `foldid` (n,).

        Raises:
            HccerError: from the step that keeps nothing or cannot be fitted.
        """
        X, y = check_matrix(X, y)
        chosen = self.settings
        self.zscore_ = ZScore(chosen.ddof)
        standard = self.zscore_.fit_transform(X)
        self.screen_ = UnivariateScreen(chosen.alpha, chosen.normality_alpha).fit(standard, y)
        self.lasso_ = LassoSelector(chosen.family, chosen.rule)
        self.lasso_.fit(self.screen_.transform(standard), y, foldid)
        self.coef_ = np.zeros(X.shape[1])
        self.coef_[self.screen_.get_support()] = self.lasso_.coef_
        self.support_, self.n_features_in_ = self.coef_ != 0, X.shape[1]
        return self

    def _get_support_mask(self) -> np.ndarray:
        return self.support_


def selected(
    X: np.ndarray, y_true: np.ndarray, foldid: np.ndarray, settings: SelectionSettings
) -> np.ndarray:
    """Which features (p,) the selection keeps; none where it cannot keep any.

    Args:
        X: features (n, p).
        y_true: outcome (n,).
        foldid: folds (n,); a patient drawn twice belongs in one fold.
        settings: of the selection.
    """
    try:
        return FeatureSelector(settings).fit(X, y_true, foldid).get_support()
    except HccerError:
        return np.zeros(X.shape[1], dtype=bool)


def stability_index(chosen: np.ndarray) -> float | None:
    """Nogueira's agreement of selections (m, p), corrected for chance.

    1 for always the same features, about 0 for features at random; None with fewer than two
    selections, or where all keep everything or nothing.

    Source: Nogueira S, J Mach Learn Res 2018;18(174):1, definition 4.
    """
    share = chosen.sum(axis=1).mean() / chosen.shape[1]
    if len(chosen) < 2 or share in (0, 1):
        return None
    return float(1 - chosen.var(axis=0, ddof=1).mean() / (share * (1 - share)))
