"""What groups and folds must be like; folds are drawn once, outside of what uses them."""

import numpy as np

from schemas.errors import HccerError, some


def check_matrix(X: np.ndarray, y_true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, p) and outcome (n,) as arrays of doubles.

    Raises:
        HccerError: lengths differ, a value is not finite, or the outcome has one class.
    """
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y_true, dtype=np.float64)
    if X.ndim != 2 or len(X) != len(y):
        raise HccerError(f"features of shape {X.shape} do not belong to {len(y)} outcomes")
    if X.shape[1] == 0:
        raise HccerError(f"no feature is left for {len(y)} patients")
    bad = np.flatnonzero(~np.isfinite(X).all(axis=0))
    if bad.size:
        raise HccerError(
            f"{bad.size} of {X.shape[1]} features have missing or infinite values "
            f"(columns {some(bad + 1)}): leave them out or impute them"
        )
    check_outcome(y)
    return X, y


def check_outcome(y_true: np.ndarray) -> None:
    """Raise HccerError unless the outcome is 0 or 1 and has both."""
    y = np.asarray(y_true, dtype=np.float64)
    events, others = int((y == 1).sum()), int((y == 0).sum())
    if events + others < len(y):
        raise HccerError(f"{len(y) - events - others} of {len(y)} outcomes are neither 0 nor 1")
    if not (events and others):
        raise HccerError(
            f"{len(y)} patients with {events} events and {others} non-events: both are needed"
        )


def check_folds(y_true: np.ndarray, foldid: np.ndarray) -> np.ndarray:
    """The distinct folds.

    Args:
        y_true: outcome (n,), 0 or 1.
        foldid: fold of each patient (n,).

    Raises:
        HccerError: fewer than two folds, or a class is missing outside one of them.
    """
    y, foldid = np.asarray(y_true), np.asarray(foldid)
    folds = np.unique(foldid)
    if len(foldid) != len(y) or len(folds) < 2:
        raise HccerError(f"{len(foldid)} patients in {len(folds)} folds for {len(y)} outcomes")
    for fold in folds:
        rest = y[foldid != fold]
        if len(np.unique(rest)) < 2:
            raise HccerError(
                f"all {len(rest)} patients outside fold {fold} have the outcome {rest[0]:g}: "
                "use fewer folds"
            )
    return folds


def check_enough(y_true: np.ndarray, n_splits: int) -> None:
    """Raise HccerError where the outcome has one class, or one with fewer patients than folds."""
    check_outcome(y_true)
    events, n = int(np.sum(y_true)), len(y_true)
    if min(events, n - events) < n_splits:
        raise HccerError(
            f"{n_splits} folds need {n_splits} patients of each outcome: "
            f"there are {events} events and {n - events} non-events"
        )
