"""The honest choice of an algorithm: by cross-validation inside the training patients."""

import numpy as np
from sklearn.metrics import roc_auc_score

from hccer.validation.fitted import NONE, fitted
from hccer.validation.steps import Steps
from schemas.modelling import Algorithm
from schemas.validation import ALGORITHMS

CHANCE = 0.5


def best_algorithm(steps: Steps) -> Algorithm:
    """The algorithm with the largest mean AUC over the inner folds; of equals the first."""
    return ALGORITHMS[int(np.argmax(inner_aucs(steps).mean(axis=0)))]


def inner_aucs(steps: Steps) -> np.ndarray:
    """AUC on each inner fold of each algorithm of `ALGORITHMS`: (folds, algorithms).

    Screen and LASSO are redone in every inner fold; the reliability filter, blind to the outcome,
    is that of all training patients. An inner fold that keeps nothing counts 0.5 for each.
    """
    return np.array([_aucs(steps, fold) for fold in np.unique(steps.foldid)])


def _aucs(steps: Steps, fold: int) -> list[float]:
    """Of every algorithm on one inner fold, learned from the others."""
    train = steps.train.take(np.flatnonzero(steps.foldid != fold))
    test = np.flatnonzero(steps.foldid == fold)
    foldid, features = steps.folds_of(train), steps.selection_on(train).features
    table, areas = steps.train.X[np.ix_(test, features)], []
    for algorithm in ALGORITHMS:
        model, _ = fitted(algorithm, train, features, NONE, foldid, steps.settings)
        area = roc_auc_score(steps.train.y_true[test], model.score(table)) if model else CHANCE
        areas.append(float(area))
    return areas
