"""LASSO with the penalty chosen by cross-validation over folds that are given."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin

from hccer.selection.folds import check_folds, check_matrix
from hccer.selection.lasso_path import Family, LassoPath, lasso_path
from schemas.errors import HccerError

Rule = Literal["min", "1se"]
CERTAIN = 1e-5  # glmnet: predicted probabilities count as at least this


@dataclass(frozen=True)
class LassoCurve:
    """Error over the penalties (k,): mean and standard error over folds, and the two choices.

    The error is the squared one (gaussian) or the deviance (binomial).
    """

    path: LassoPath
    error: np.ndarray
    standard_error: np.ndarray
    minimum: int
    one_standard_error: int

    def position(self, rule: Rule) -> int:
        """Where on the path the rule stops."""
        return self.minimum if rule == "min" else self.one_standard_error


def _errors(family: Family, y_true: np.ndarray, eta: np.ndarray) -> np.ndarray:
    """Mean error per penalty (k,) of linear predictors (n, k)."""
    y = y_true[:, None]
    if family == "gaussian":
        return ((y - eta) ** 2).mean(axis=0)
    probability = np.clip(1 / (1 + np.exp(-np.clip(eta, -500, 500))), CERTAIN, 1 - CERTAIN)
    return -2 * (y * np.log(probability) + (1 - y) * np.log(1 - probability)).mean(axis=0)


def _on_grid(path: LassoPath, penalties: np.ndarray) -> LassoPath:
    """Coefficients between the penalties of a path, linearly; beyond its ends, the ends'."""
    at = np.interp(-penalties, -path.penalties, np.arange(len(path.penalties)))
    low = np.floor(at).astype(int)
    high, share = np.minimum(low + 1, len(path.penalties) - 1), at - low
    between = (1 - share)[:, None] * path.coefficients[low]
    between += share[:, None] * path.coefficients[high]
    intercepts = (1 - share) * path.intercepts[low] + share * path.intercepts[high]
    return LassoPath(penalties, between, intercepts, path.explained[low])


def lasso_curve(
    X: np.ndarray, y_true: np.ndarray, foldid: np.ndarray, family: Family
) -> LassoCurve:
    """Cross-validated LASSO as `cv.glmnet(foldid = ...)` does it.

    Each fold is standardised and traced on its own penalties, then read at those of all patients.

    Args:
        X: features (n, p), any scale.
        y_true: outcome (n,), 0 or 1.
        foldid: fold of each patient (n,).
        family: gaussian or binomial.

    Raises:
        HccerError: one class, folds that cannot be, no feature that varies, no convergence.
    """
    X, y = check_matrix(X, y_true)
    folds = check_folds(y, foldid)
    if not np.ptp(X, axis=0).any():
        raise HccerError(f"all {X.shape[1]} features are constant in {len(y)} patients")
    path = lasso_path(X, y, family)
    errors, sizes = [], []
    for fold in folds:
        test = np.asarray(foldid) == fold
        inner = _on_grid(lasso_path(X[~test], y[~test], family), path.penalties)
        errors.append(_errors(family, y[test], inner.predict(X[test])))
        sizes.append(test.sum())
    mean = np.average(errors, axis=0, weights=sizes)
    variance = np.average((np.array(errors) - mean) ** 2, axis=0, weights=sizes)
    standard_error = np.sqrt(variance / (len(folds) - 1))
    best = int(np.argmin(mean))
    within = int(np.argmax(mean <= mean[best] + standard_error[best]))
    return LassoCurve(path, mean, standard_error, best, within)


class LassoSelector(SelectorMixin, BaseEstimator):
    """Keeps the features whose LASSO coefficient is not 0.

    Args:
        family: gaussian (least squares on 0/1) or binomial (logistic).
        rule: penalty of the smallest error, or the largest within one standard error of it.

    Attributes after `fit`: `coef_` (p,) in the units of the features, `intercept_`, `penalty_`,
    `curve_` (LassoCurve), `n_features_in_`.
    """

    def __init__(self, family: Family = "gaussian", rule: Rule = "min") -> None:
        self.family, self.rule = family, rule

    def fit(self, X: np.ndarray, y: np.ndarray, foldid: np.ndarray) -> Self:
        """Choose the penalty over the folds `foldid` (n,) and select on all rows.

        Raises:
            HccerError: as `lasso_curve`; or no feature is kept.
        """
        self.curve_ = lasso_curve(X, y, foldid, self.family)
        position = self.curve_.position(self.rule)
        path = self.curve_.path
        self.coef_, self.intercept_ = path.coefficients[position], path.intercepts[position]
        self.penalty_, self.n_features_in_ = path.penalties[position], len(self.coef_)
        if not self.coef_.any():
            raise HccerError(
                f"the LASSO keeps none of {len(self.coef_)} features of {len(y)} patients: "
                f"the error is least (rule {self.rule}) at penalty {self.penalty_:.3g}, "
                "that of the empty model"
            )
        return self

    def _get_support_mask(self) -> np.ndarray:
        return self.coef_ != 0
