"""A model: which features in which order, how they are scaled, the classifier, the threshold."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import polars as pl

from hccer.modelling.scorers import Classifier, Logistic
from schemas.errors import HccerError, some


@dataclass(frozen=True, eq=False)
class Model:
    """Everything that turns a row of features into a score.

    feature_names: (p,), in order; mean, scale: (p,), of the training rows; threshold: score from
    which a patient counts as an event, None until it is chosen.
    """

    feature_names: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    classifier: Classifier
    threshold: float | None = None

    def score(self, X: np.ndarray) -> np.ndarray:
        """Probability of the event (n,).

        Args:
            X: features (n, p), columns in the order of `feature_names`.

        Raises:
            HccerError: another number of columns, or a value is not finite.
        """
        X = np.ascontiguousarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != len(self.feature_names):
            raise HccerError(
                f"the model reads {len(self.feature_names)} features, the table is {X.shape}"
            )
        bad = ~np.isfinite(X).all(axis=0)
        if bad.any():
            names = [name for name, wrong in zip(self.feature_names, bad, strict=True) if wrong]
            raise HccerError(
                f"{int((~np.isfinite(X).all(axis=1)).sum())} of {len(X)} patients have no finite "
                f"value of {some(names)}: leave them out or impute them"
            )
        if not len(X):
            return np.empty(0)
        return self.classifier.probability((X - self.mean) / self.scale)

    def score_frame(self, frame: pl.DataFrame) -> np.ndarray:
        """Probability of the event (n,) from a frame that holds the features among its columns.

        Raises:
            HccerError: features are missing, named; or as `score`.
        """
        absent = [name for name in self.feature_names if name not in frame.columns]
        if absent:
            raise HccerError(
                f"{len(absent)} of {len(self.feature_names)} features of the model are not in the "
                f"table: {some(absent)}"
            )
        return self.score(self.inputs(frame))

    def inputs(self, frame: pl.DataFrame) -> np.ndarray:
        """Features (n, p) of a frame that holds them; (n, 0) of a model that reads none."""
        chosen = frame.select(pl.col(self.feature_names).cast(pl.Float64)).to_numpy()
        return chosen.reshape(len(frame), len(self.feature_names))

    def with_threshold(self, threshold: float) -> Self:
        """The same model with its threshold."""
        return replace(self, threshold=float(threshold))


def logistic_model(
    feature_names: list[str], coefficients: np.ndarray, threshold: float | None = None
) -> Model:
    """A logistic regression fitted elsewhere: coefficients (1 + p,), the intercept first."""
    beta = np.asarray(coefficients, dtype=np.float64)
    count = len(feature_names)
    if beta.shape != (count + 1,):
        raise HccerError(f"{count} features need {count + 1} coefficients, given: {beta.size}")
    classifier = Logistic(beta[1:], float(beta[0]))
    return Model(tuple(feature_names), np.zeros(count), np.ones(count), classifier, threshold)


def prevalence_model(prevalence: float) -> Model:
    """A model without inputs: everybody has the share of events in training, not 0 or 1."""
    return logistic_model([], np.array([np.log(prevalence / (1 - prevalence))]))
