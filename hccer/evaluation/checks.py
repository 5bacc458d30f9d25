"""What outcomes and predictions must look like before anything is computed from them."""

import numpy as np
from numpy.typing import ArrayLike

from schemas.errors import HccerError


def labelled_scores(
    y_true: ArrayLike, y_score: ArrayLike, many: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes and scores as arrays fit for computing.

    Args:
        y_true: (patients,) 1 = event, 0 = no event.
        y_score: (patients,); higher means an event is likelier.
        many: scores may also be (models, patients).

    Returns:
        Outcomes as booleans and scores as floats, of the same shapes.

    Raises:
        HccerError: naming what is wrong.
    """
    outcome, score = np.asarray(y_true), np.asarray(y_score, dtype=float)
    if outcome.ndim != 1 or not outcome.size:
        raise HccerError(f"outcomes must be one value per patient, not of shape {outcome.shape}")
    if score.shape[-1:] != outcome.shape or score.ndim > 1 + many:
        raise HccerError(f"{outcome.size} outcomes do not go with scores of shape {score.shape}")
    if not np.isin(outcome, (0, 1)).all():
        raise HccerError("outcomes must be 1 (event) or 0 (no event): leave patients without out")
    bad = int(score.size - np.isfinite(score).sum())
    if bad:
        raise HccerError(f"{bad} of {score.size} scores are NaN or infinite: leave them out")
    return outcome.astype(bool), score


def labelled_probabilities(y_true: ArrayLike, y_prob: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """`labelled_scores` for probabilities.

    Raises:
        HccerError: also where a value lies outside 0 to 1.
    """
    outcome, probability = labelled_scores(y_true, y_prob)
    low, high = probability.min(), probability.max()
    if low < 0 or high > 1:
        raise HccerError(f"not probabilities: values from {low:g} to {high:g} instead of 0 to 1")
    return outcome, probability


def require_both_classes(outcome: np.ndarray, what: str) -> None:
    """Raise HccerError where all patients have the same outcome; `what` needs two."""
    events = int(outcome.sum())
    if events in (0, outcome.size):
        raise HccerError(
            f"{what} needs patients with and without the event: {events} of {outcome.size} have it"
        )
