"""Hyperparameters chosen by cross-validation inside the training rows."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from sklearn.metrics import roc_auc_score

from hccer.modelling.classifiers import fit_model
from hccer.selection.folds import check_folds, check_matrix
from schemas.errors import HccerError
from schemas.modelling import Algorithm, ModellingSettings


@dataclass(frozen=True)
class Tuned:
    """settings: with the chosen hyperparameters; auc: mean over folds, per combination."""

    settings: ModellingSettings
    chosen: dict
    auc: tuple[tuple[dict, float], ...]


def combinations(algorithm: Algorithm, settings: ModellingSettings) -> list[dict]:
    """Every combination of the algorithm's grid, the last name varying fastest."""
    grid = getattr(settings.grids, algorithm)
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def with_hyperparameters(
    algorithm: Algorithm, settings: ModellingSettings, values: dict
) -> ModellingSettings:
    """The settings with some hyperparameters of one algorithm replaced, validated."""
    section = getattr(settings, algorithm)
    replaced = type(section).model_validate({**section.model_dump(), **values})
    return settings.model_copy(update={algorithm: replaced})


def _mean_auc(
    algorithm: Algorithm,
    X: np.ndarray,
    y: np.ndarray,
    foldid: np.ndarray,
    settings: ModellingSettings,
) -> float:
    names, areas = [str(column) for column in range(X.shape[1])], []
    for fold in np.unique(foldid):
        test = foldid == fold
        rest = foldid[~test]
        model = fit_model(algorithm, X[~test], names, y[~test], rest, settings)
        areas.append(roc_auc_score(y[test], model.score(X[test])))
    return float(np.mean(areas))


def tune(
    algorithm: Algorithm,
    X: np.ndarray,
    y_true: np.ndarray,
    foldid: np.ndarray,
    settings: ModellingSettings,
) -> Tuned:
    """The combination with the largest mean AUC over folds; of equals the first in the grid.

    Features that were selected with the outcome of these rows make the AUC optimistic; it serves
    the choice among combinations only.

    Args:
        X: features (n, p) of the training rows.
        y_true: outcome (n,), 0 or 1.
        foldid: fold of each patient (n,), three or more, both outcomes in each.

    Raises:
        HccerError: a fold without both outcomes, or as `fit_model`.
    """
    X, y = check_matrix(X, y_true)
    foldid = np.asarray(foldid)
    folds = check_folds(y, foldid)
    if len(folds) < 3:
        raise HccerError(f"tuning needs 3 folds or more, given: {len(folds)}")
    for fold in folds:
        if len(np.unique(y[foldid == fold])) < 2:
            raise HccerError(f"fold {fold} has one outcome in its {(foldid == fold).sum()} rows")
    scored = []
    for values in combinations(algorithm, settings):
        candidate = with_hyperparameters(algorithm, settings, values)
        scored.append((values, _mean_auc(algorithm, X, y, foldid, candidate)))
    chosen = max(scored, key=lambda each: each[1])[0]
    return Tuned(with_hyperparameters(algorithm, settings, chosen), chosen, tuple(scored))
