"""One model of the chain, and what it says where it has nothing to go by."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from hccer.evaluation.roc import roc_curve
from hccer.evaluation.threshold import best_threshold
from hccer.modelling.classifiers import fit_model
from hccer.modelling.model import Model
from hccer.validation.patients import Patients
from schemas.errors import HccerError
from schemas.modelling import Algorithm
from schemas.validation import ChainSettings

NONE = np.empty(0, dtype=int)


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A model fitted on some patients, ready for others.

    It reads `features` and `factors` by position. `model` is None where no column was kept or the
    fit failed; the share of events in training, `prevalence`, is then the score of everybody, and
    always that of a patient who lacks a factor of the model. `reason` says why there is no model,
    or none of the features in it. `kept` counts what each step of the selection left.
    """

    features: np.ndarray
    factors: np.ndarray
    model: Model | None
    prevalence: float
    algorithm: str
    kept: dict[str, int]
    reason: str | None = None
    threshold: float = np.inf

    def score(self, patients: Patients) -> np.ndarray:
        """Probability of the event (n,)."""
        known = self.known(patients)
        scores = np.full(len(known), self.prevalence)
        if self.model is not None:
            table = patients.table(self.features, self.factors)
            scores[known] = self.model.score(table[known])
        return scores

    def known(self, patients: Patients) -> np.ndarray:
        """Patients (n,) whom the model itself scores."""
        table = patients.table(self.features, self.factors)
        return np.isfinite(table).all(axis=1) & (self.model is not None)

    def with_threshold(self, train: Patients, settings: ChainSettings) -> Self:
        """With the best threshold on the training patients whom it scores; inf: nobody positive.

        Those who lack a factor are no part of what is evaluated, and so not of the choice.
        """
        whom = slice(None) if self.model is None else self.known(train)
        curve = roc_curve(train.y_true[whom], self.score(train)[whom], settings.threshold_cut)
        return replace(self, threshold=best_threshold(curve, settings.threshold_rule).value)


def fitted(
    algorithm: Algorithm,
    train: Patients,
    features: np.ndarray,
    factors: np.ndarray,
    foldid: np.ndarray,
    settings: ChainSettings,
) -> tuple[Model | None, str | None]:
    """A classifier on chosen columns of the patients who have them all, or why there is none."""
    table = train.table(features, factors)
    if not table.shape[1]:
        return None, "no column was kept"
    known = np.isfinite(table).all(axis=1)
    names = train.names(features, factors)
    try:
        model = fit_model(
            algorithm, table[known], names, train.y_true[known], foldid[known], settings.modelling
        )
    except HccerError as error:
        return None, str(error)
    return model, None
