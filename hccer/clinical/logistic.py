"""Unpenalised logistic regression with Wald's intervals; separation is a reason, not a crash."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.special import expit
from scipy.stats import norm

from hccer.evaluation.logistic import fit_logistic
from schemas.errors import HccerError

COLLINEAR = 1e-9  # singular values, relative


@dataclass(frozen=True)
class LogisticFit:
    """Maximum likelihood estimates, the intercept first (1 + k,).

    p_value: two-sided Wald; n: patients.
    """

    coefficients: np.ndarray
    standard_errors: np.ndarray
    p_value: np.ndarray
    log_likelihood: float
    n: int

    def odds_ratios(self, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Odds ratios of the columns (k,), with the limits of Wald's interval."""
        half = norm.isf((1 - confidence) / 2) * self.standard_errors[1:]
        beta = self.coefficients[1:]
        return np.exp(beta), np.exp(beta - half), np.exp(beta + half)


def separated(X: np.ndarray, y_true: np.ndarray) -> bool:
    """Whether some combination of columns (n, k) parts the outcomes, ties allowed.

    Then the maximum of the likelihood lies at infinity.
    Source: Konis K, Linear programming algorithms for detecting separated data, Oxford 2007.
    """
    if X.shape[1] == 1:
        events, others = X[y_true == 1, 0], X[y_true == 0, 0]
        return bool(events.min() >= others.max() or others.min() >= events.max())
    signed = (2 * y_true - 1)[:, None] * np.column_stack([np.ones(len(X)), X])
    best = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(X)), bounds=(-1, 1))
    return bool(-best.fun > 1e-8)


def _check(X: np.ndarray, y: np.ndarray, names: list[str]) -> None:
    events, n = int(y.sum()), len(y)
    what = ", ".join(names)
    if events in (0, n):
        raise HccerError(f"{what}: all {n} patients have the outcome {events // max(n, 1)}")
    constant = [name for name, column in zip(names, X.T, strict=True) if np.ptp(column) == 0]
    if constant:
        raise HccerError(f"{', '.join(constant)} has one value in all {n} patients")
    design = np.column_stack([np.ones(n), (X - X.mean(axis=0)) / X.std(axis=0)])
    if np.linalg.matrix_rank(design, tol=COLLINEAR * np.sqrt(design.size)) < design.shape[1]:
        raise HccerError(f"{what}: in {n} patients one of them follows from the others")
    if separated(X, y):
        raise HccerError(f"{what}: it separates {events} events from {n - events} non-events")


def logistic_fit(X: np.ndarray, y_true: np.ndarray, names: list[str]) -> LogisticFit:
    """Logistic regression by Newton's method.

    Args:
        X: columns (n, k), no missing value.
        y_true: outcome (n,), 0 or 1.
        names: of the columns, for the sentences.

    Raises:
        HccerError: one class, a constant or dependent column, separation, no convergence.
    """
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y_true, dtype=np.float64)
    _check(X, y, names)
    mean, sd = X.mean(axis=0), X.std(axis=0)
    design = np.column_stack([np.ones(len(y)), (X - mean) / sd])
    found = fit_logistic(design, y == 1)
    if found.reason is not None:
        raise HccerError(f"{', '.join(names)}: no estimate on {len(y)} rows: {found.reason}")
    return _in_units(found.coefficients, design, y, mean, sd)


def _in_units(
    beta: np.ndarray, design: np.ndarray, y: np.ndarray, mean: np.ndarray, sd: np.ndarray
) -> LogisticFit:
    """From standardised columns back to their units."""
    back = np.diag(np.concatenate([[1.0], 1 / sd]))
    back[0, 1:] = -mean / sd
    eta = design @ beta
    information = (design.T * (expit(eta) * expit(-eta))) @ design
    coefficients = back @ beta
    errors = np.sqrt(np.diag(back @ np.linalg.inv(information) @ back.T))
    p = 2 * norm.sf(np.abs(coefficients / errors))
    likelihood = float(y @ eta - np.logaddexp(0, eta).sum())
    return LogisticFit(coefficients, errors, p, likelihood, len(y))
