"""What each input adds to the log-odds that a logistic model gives a patient."""

from dataclasses import dataclass

import numpy as np

from hccer.modelling.model import Model
from hccer.modelling.scorers import Logistic


@dataclass(frozen=True)
class Contribution:
    """One input of one model for one patient.

    Attributes:
        z_score: value less the training mean, over the training deviation, as the model has them.
        contribution: coefficient x z_score; their sum and the intercept are the log-odds.
    """

    input: str
    value: float
    z_score: float
    coefficient: float
    contribution: float


def contributions(model: Model, values: np.ndarray) -> list[Contribution]:
    """The inputs of a logistic model, the largest contribution first.

    Args:
        model: of which the classifier is `Logistic`; other models have no such sum.
        values: (p,), in the order of the model's inputs.

    Returns:
        Nothing where the model is no logistic one, or a value is not finite.
    """
    if not isinstance(model.classifier, Logistic) or not np.isfinite(values).all():
        return []
    z_scores = (values - model.mean) / model.scale
    sizes = model.classifier.coefficients * z_scores
    order = sorted(range(len(values)), key=lambda at: -abs(sizes[at]))
    return [
        Contribution(model.feature_names[at], float(values[at]), float(z_scores[at]),
                     float(model.classifier.coefficients[at]), float(sizes[at]))
        for at in order
    ]  # fmt: skip
