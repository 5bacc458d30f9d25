"""Fitted classifiers as arrays, and how they score: numpy alone, one patient like a thousand.

A score is a probability of the event. Sums run over the last axis of each patient's own values, so
that a patient's score does not depend on who else is scored.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal, Protocol

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) without overflow."""
    tail = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, tail) / (1 + tail)


def _products(X: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Features (n, p) times weights (k, p): (n, k)."""
    return np.stack([(X * row).sum(axis=1) for row in weights], axis=1)


def _squared_distances(X: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Between features (n, p) and points (k, p): (n, k)."""
    return np.stack([((X - row) ** 2).sum(axis=1) for row in points], axis=1)


class Classifier(Protocol):
    """What a fitted classifier can do."""

    algorithm: ClassVar[str]

    def probability(self, X: np.ndarray) -> np.ndarray:
        """Score (n,) of standardised features (n, p)."""


@dataclass(frozen=True, eq=False)
class Logistic:
    """coefficients: (p,)."""

    algorithm: ClassVar[str] = "LR"
    coefficients: np.ndarray
    intercept: float

    def probability(self, X: np.ndarray) -> np.ndarray:
        """Score (n,) of standardised features (n, p)."""
        return sigmoid((X * self.coefficients).sum(axis=1) + self.intercept)


@dataclass(frozen=True, eq=False)
class SupportVectors:
    """support_vectors: (k, p); dual_coefficients: (k,).

    The probability is sigmoid(slope * decision + offset), the slope above 0 so that it ranks as
    the decision function does.
    """

    algorithm: ClassVar[str] = "SVM"
    kernel: Literal["linear", "rbf"]
    gamma: float
    support_vectors: np.ndarray
    dual_coefficients: np.ndarray
    intercept: float
    slope: float
    offset: float

    def decision(self, X: np.ndarray) -> np.ndarray:
        """Signed distance from the margin (n,)."""
        if self.kernel == "linear":
            similarity = _products(X, self.support_vectors)
        else:
            similarity = np.exp(-self.gamma * _squared_distances(X, self.support_vectors))
        return (similarity * self.dual_coefficients).sum(axis=1) + self.intercept

    def probability(self, X: np.ndarray) -> np.ndarray:
        """Score (n,) of standardised features (n, p)."""
        return sigmoid(self.slope * self.decision(X) + self.offset)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """points: (k, p); outcomes: (k,). Of equally distant points the earlier one counts."""

    algorithm: ClassVar[str] = "KNN"
    n_neighbors: int
    weights: Literal["uniform", "distance"]
    points: np.ndarray
    outcomes: np.ndarray

    def probability(self, X: np.ndarray) -> np.ndarray:
        """Score (n,) of standardised features (n, p): share of events among the nearest."""
        squares = _squared_distances(X, self.points)
        nearest = np.argsort(squares, axis=1, kind="stable")[:, : self.n_neighbors]
        votes = self.outcomes[nearest]
        if self.weights == "uniform":
            return votes.mean(axis=1)
        distances = np.sqrt(np.take_along_axis(squares, nearest, axis=1))
        same = (distances == 0).any(axis=1, keepdims=True)  # then only identical points count
        weight = np.where(same, distances == 0, 1 / np.where(distances == 0, 1, distances))
        return (votes * weight).sum(axis=1) / weight.sum(axis=1)


@dataclass(frozen=True, eq=False)
class Trees:
    """model: XGBoost's own JSON."""

    algorithm: ClassVar[str] = "XGBoost"
    model: str

    @cached_property
    def _booster(self) -> object:
        import xgboost  # heavy, and only trees need it

        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(bytearray(self.model.encode()))
        return booster

    def probability(self, X: np.ndarray) -> np.ndarray:
        """Score (n,) of standardised features (n, p), single precision inside."""
        return np.asarray(self._booster.inplace_predict(X), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Perceptron:
    """weights: one (outputs, inputs) per layer; biases: one (outputs,) per layer.

    converged: whether training ended before `max_iter`.
    """

    algorithm: ClassVar[str] = "MLP"
    activation: Literal["relu", "tanh"]
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    converged: bool

    def probability(self, X: np.ndarray) -> np.ndarray:
        """Score (n,) of standardised features (n, p)."""
        for weights, biases in zip(self.weights[:-1], self.biases[:-1], strict=True):
            X = _products(X, weights) + biases
            X = np.maximum(X, 0) if self.activation == "relu" else np.tanh(X)
        return sigmoid(_products(X, self.weights[-1])[:, 0] + self.biases[-1][0])


CLASSIFIERS: dict[str, type[Classifier]] = {
    each.algorithm: each for each in (Logistic, SupportVectors, Neighbours, Trees, Perceptron)
}
