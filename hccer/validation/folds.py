"""Folds and permutations that depend on what patients are, not on names or the order of rows."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from hccer.selection.folds import check_enough


def _order(keys: Sequence[str], label: str) -> np.ndarray:
    """Rows in an order at random that the label and the patients' content decide."""
    drawn = [sha256(f"{label}/{key}".encode()).digest() for key in keys]
    return np.array(sorted(range(len(keys)), key=drawn.__getitem__), dtype=int)


def dealt(keys: Sequence[str], y_true: np.ndarray, n_splits: int, label: str) -> np.ndarray:
    """Fold (n,) of each patient: events in an order at random, then the others, dealt like cards.

    Args:
        keys: hash of each patient's content (n,).
        y_true: outcome (n,), 0 or 1.
        n_splits: folds.
        label: what is dealt, and its seed.

    Raises:
        HccerError: one class, or one with fewer patients than folds.
    """
    y = np.asarray(y_true, dtype=float)
    check_enough(y, n_splits)
    order = _order(keys, label)
    order = order[np.argsort(-y[order], kind="stable")]
    foldid = np.empty(len(y), dtype=np.int64)
    foldid[order] = np.arange(len(y)) % n_splits
    return foldid


def folds(
    keys: Sequence[str], y_true: np.ndarray, n_repeats: int, n_splits: int, random_state: int
) -> np.ndarray:
    """Stratified folds (n_repeats, n), 0 to n_splits - 1.

    Raises:
        HccerError: as `dealt`.
    """
    labels = [f"outer/{random_state}/{repeat}" for repeat in range(n_repeats)]
    return np.array([dealt(keys, y_true, n_splits, label) for label in labels])


def permuted(keys: Sequence[str], y_true: np.ndarray, permutation: int, seed: int) -> np.ndarray:
    """The outcome (n,) handed to other patients; permutation 0 leaves it as it is."""
    y = np.asarray(y_true)
    if permutation == 0:
        return y
    result = np.empty_like(y)
    result[_order(keys, f"permutation/{seed}/{permutation}")] = y[_order(keys, "as it is")]
    return result
