"""Which training patients are watched for early stopping, and what is seen of them."""

import hashlib

import numpy as np

from schemas.errors import HccerError


def draw_stopping(
    y_true: np.ndarray, keys: np.ndarray, share: float, random_state: int
) -> np.ndarray:
    """Patients (n,) bool that are watched: the same share of each class, drawn by hash of key.

    At least one of each class where `share` is above 0, never all of one.

    Raises:
        HccerError: fewer than two patients in a class, or one class only.
    """
    chosen = np.zeros(len(y_true), dtype=bool)
    for label in (0, 1):
        members = np.flatnonzero(y_true == label)
        needed = 2 if share else 1
        if len(members) < needed:
            raise HccerError(
                f"training needs at least {needed} patients with outcome {label}, there are "
                f"{len(members)}: add patients, or choose fewer folds"
            )
        count = min(max(1, round(share * len(members))), len(members) - 1) if share else 0
        order = sorted(members, key=lambda each: _drawn(keys[each], random_state))
        chosen[order[:count]] = True
    return chosen


def _drawn(key: str, random_state: int) -> str:
    return hashlib.sha256(f"{random_state}:{key}".encode()).hexdigest()


def class_weights(y_true: np.ndarray, weighted: bool) -> np.ndarray:
    """Weight (2,) of each class: n / (2 n of the class), or 1."""
    counts = np.bincount(y_true, minlength=2)
    return len(y_true) / (2 * counts) if weighted else np.ones(2)
