"""Folds of patients that tests and benchmarks make up."""

import numpy as np

from hccer.validation.folds import dealt


def foldid_of(y_true: np.ndarray, n_splits: int, random_state: int) -> np.ndarray:
    """Stratified folds (n,) of patients whose content is their place in the table."""
    keys = [str(place) for place in range(len(y_true))]
    return dealt(keys, y_true, n_splits, str(random_state))
