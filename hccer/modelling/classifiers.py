"""The five classifiers of the paper, fitted by scikit-learn and XGBoost, kept as arrays."""

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from hccer.modelling.model import Model
from hccer.modelling.scorers import (
    Classifier,
    Logistic,
    Neighbours,
    Perceptron,
    SupportVectors,
    Trees,
)
from hccer.selection.folds import check_folds, check_matrix
from hccer.selection.transformers import ZScore
from schemas.errors import HccerError
from schemas.modelling import Algorithm, ModellingSettings

MOST_STEPS = 10_000  # of the logistic regression's optimiser
Fit = Callable[[np.ndarray, np.ndarray, np.ndarray, ModellingSettings], Classifier]


def _logistic(
    X: np.ndarray, y: np.ndarray, foldid: np.ndarray, settings: ModellingSettings
) -> Logistic:
    fit = LogisticRegression(C=settings.LR.C, max_iter=MOST_STEPS).fit(X, y)
    return Logistic(fit.coef_[0].copy(), float(fit.intercept_[0]))


def _support_vectors(
    X: np.ndarray, y: np.ndarray, foldid: np.ndarray, settings: ModellingSettings
) -> SupportVectors:
    """Platt's sigmoid is fitted to decision values of patients left out, fold by fold."""
    chosen = settings.SVM
    splits = [
        (np.flatnonzero(foldid != fold), np.flatnonzero(foldid == fold))
        for fold in np.unique(foldid)
    ]
    calibrated = CalibratedClassifierCV(SVC(**chosen.model_dump()), cv=splits, ensemble=False)
    pair = calibrated.fit(X, y).calibrated_classifiers_[0]
    fit, platt = pair.estimator, pair.calibrators[0]
    # folds that rank the wrong way round would turn the scores over: then no calibration
    turned = platt.a_ >= 0
    named = {"scale": 1 / (X.shape[1] * (X.var() or 1)), "auto": 1 / X.shape[1]}
    return SupportVectors(
        kernel=chosen.kernel,
        gamma=float(named.get(chosen.gamma, chosen.gamma)),
        support_vectors=fit.support_vectors_.copy(),
        dual_coefficients=fit.dual_coef_[0].copy(),
        intercept=float(fit.intercept_[0]),
        slope=1.0 if turned else -float(platt.a_),
        offset=0.0 if turned else -float(platt.b_),
    )


def _neighbours(
    X: np.ndarray, y: np.ndarray, foldid: np.ndarray, settings: ModellingSettings
) -> Neighbours:
    chosen = settings.KNN
    if chosen.n_neighbors > len(X):
        raise HccerError(f"{chosen.n_neighbors} neighbours need as many patients: {len(X)} there")
    return Neighbours(chosen.n_neighbors, chosen.weights, X.copy(), y.copy())


def _trees(X: np.ndarray, y: np.ndarray, foldid: np.ndarray, settings: ModellingSettings) -> Trees:
    import xgboost  # heavy, and only trees need it

    chosen = settings.XGBoost.model_dump()
    rounds = chosen.pop("n_estimators")
    chosen |= {"objective": "binary:logistic", "nthread": 1, "seed": settings.random_state}
    booster = xgboost.train(chosen, xgboost.DMatrix(X, y, nthread=1), rounds)
    return Trees(booster.save_raw("json").decode())


def _perceptron(
    X: np.ndarray, y: np.ndarray, foldid: np.ndarray, settings: ModellingSettings
) -> Perceptron:
    chosen = settings.MLP
    network = MLPClassifier(**chosen.model_dump(), random_state=settings.random_state)
    with warnings.catch_warnings():  # stopping at max_iter is a setting; `converged` tells
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(X, y)
    return Perceptron(
        chosen.activation,
        tuple(np.ascontiguousarray(each.T) for each in network.coefs_),
        tuple(each.copy() for each in network.intercepts_),
        network.n_iter_ < chosen.max_iter,
    )


_FITS: dict[Algorithm, Fit] = {
    "LR": _logistic,
    "SVM": _support_vectors,
    "KNN": _neighbours,
    "XGBoost": _trees,
    "MLP": _perceptron,
}


def fit_model(
    algorithm: Algorithm,
    X: np.ndarray,
    feature_names: list[str],
    y_true: np.ndarray,
    foldid: np.ndarray,
    settings: ModellingSettings,
) -> Model:
    """Scale the features and fit a classifier, on one thread.

    Args:
        algorithm: which classifier.
        X: selected features (n, p) of the training rows, any scale.
        feature_names: (p,), in the order of the columns.
        y_true: outcome (n,), 0 or 1.
        foldid: fold of each patient (n,); the SVM's probabilities need it.
        settings: hyperparameters.

    Raises:
        HccerError: missing values, one class, folds that cannot be, fewer patients than neighbours.
    """
    X, y = check_matrix(X, y_true)
    if len(feature_names) != X.shape[1]:
        raise HccerError(f"{X.shape[1]} features have {len(feature_names)} names")
    check_folds(y, foldid)
    scaler = ZScore(settings.ddof).fit(X)
    with threadpool_limits(1):  # sums in one order whatever the machine
        classifier = _FITS[algorithm](scaler.transform(X), y, np.asarray(foldid), settings)
    return Model(tuple(feature_names), scaler.mean_, scaler.scale_, classifier)
