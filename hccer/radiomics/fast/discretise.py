"""Grey levels as pyradiomics bins them: fixed width aligned to zero, or fixed count.

The edges come from the same numpy calls on the same types as in pyradiomics, so that values on
an edge fall on the same side.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hccer.radiomics.fast.jit import kernel
from hccer.radiomics.fast.region import Levels, Region


def bin_edges(minimum: np.generic, maximum: np.generic, settings: Mapping[str, Any]) -> np.ndarray:
    """Edges of the bins for values from `minimum` to `maximum` (scalars of the image's type)."""
    if settings.get("binCount") is not None:
        edges = np.histogram_bin_edges(np.array([minimum, maximum]), settings["binCount"])
        edges[-1] += 1  # the maximum belongs to the last bin
        return edges
    width = settings.get("binWidth", 25)
    edges = np.arange(minimum - (minimum % width), maximum + 2 * width, width)
    if len(edges) == 1:
        return np.array([edges[0] - 0.5, edges[0] + 0.5])
    return edges


@kernel
def _digitise(
    values: np.ndarray, edges: np.ndarray, voxels: np.ndarray, block: np.ndarray, counts: np.ndarray
) -> None:
    low, bins = edges[0], edges.size
    scale = (bins - 1) / (edges[bins - 1] - low)
    for i in range(values.size):
        value = values[i]
        level = min(max(int((value - low) * scale) + 1, 0), bins)
        while level < bins and value >= edges[level]:
            level += 1
        while level > 0 and value < edges[level - 1]:
            level -= 1
        block[voxels[i]] = level
        counts[level] += 1


def discretise(
    values: np.ndarray, region: Region, settings: Mapping[str, Any], padding: int
) -> Levels:
    """Grey levels of the region's `values` (n,), in a block padded by `padding` voxels."""
    edges = bin_edges(values.min(), values.max(), settings)
    shape, voxels = region.embedded(padding)
    dtype = np.int16 if len(edges) < np.iinfo(np.int16).max else np.int32
    block = np.zeros(np.prod(shape), dtype=dtype)
    counts = np.zeros(len(edges) + 1, dtype=np.int64)
    _digitise(values.astype(np.float64), edges.astype(np.float64), voxels, block, counts)
    present = np.flatnonzero(counts)
    return Levels(block, voxels, shape, present, counts[present])
