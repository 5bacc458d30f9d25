"""Order statistics without a full sort: a histogram tells which few values must be sorted."""

from collections.abc import Sequence

import numpy as np

from hccer.radiomics.fast.jit import kernel

BINS = 2048
SORTED_ANYWAY = 4096  # values: below this a sort is as fast


@kernel
def _bin(
    values: np.ndarray, low: float, scale: float, bins: np.ndarray, counts: np.ndarray
) -> None:
    for i in range(values.size):
        b = min(int((values[i] - low) * scale), counts.size - 1)
        bins[i] = b
        counts[b] += 1


@kernel
def _gather(values: np.ndarray, bins: np.ndarray, wanted: np.ndarray, gathered: np.ndarray) -> None:
    size = 0
    for i in range(values.size):
        gathered[size] = values[i]
        size += wanted[bins[i]]


def _value_of_rank(values: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    if values.size < SORTED_ANYWAY or not 0 < high - low < np.inf:
        return np.sort(values)[ranks]
    bins = np.empty(values.size, dtype=np.int16)
    counts = np.zeros(BINS, dtype=np.int64)
    _bin(values, low, BINS / (high - low), bins, counts)
    before = np.concatenate([[0], counts.cumsum()])
    wanted = np.zeros(BINS, dtype=np.int64)
    holding = np.searchsorted(before, ranks, side="right") - 1
    wanted[holding] = 1
    gathered = np.empty(int(counts[wanted > 0].sum()) + 1)
    _gather(values, bins, wanted, gathered)
    skipped = np.concatenate([[0], (counts * (1 - wanted)).cumsum()])
    return np.sort(gathered[:-1])[ranks - skipped[holding]]


def percentiles(values: np.ndarray, q: Sequence[float]) -> list[float]:
    """Linear percentiles of `values` (n,), rounded as `numpy.percentile` rounds them."""
    position = (values.size - 1) * (np.array(q) / 100)
    below = position.astype(np.int64)
    above = np.minimum(below + 1, values.size - 1)
    low, high = _value_of_rank(values, np.array([below, above]))
    fraction, step = position - below, high - low
    upper = fraction >= 0.5
    return np.where(upper, high - step * (1 - fraction), low + step * fraction).tolist()
