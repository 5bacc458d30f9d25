"""Directions between voxels, in the order of pyradiomics' `build_angles`."""

from collections.abc import Sequence
from itertools import product

import numpy as np


def angles(
    size: Sequence[int], distances: Sequence[int], excluded_axis: int | None = None
) -> np.ndarray:
    """Offsets (n, 3) in z, y, x whose infinity norm is in `distances`, one of each +- pair.

    No offset exceeds the region's `size`, none moves along `excluded_axis` (2D extraction).
    Raises RuntimeError, as pyradiomics does, where no direction is left.
    """
    furthest = max(distances, default=0)
    reach = [
        0 if axis == excluded_axis else min(furthest, extent - 1)
        for axis, extent in enumerate(size)
    ]
    if min(distances, default=0) < 1 or not any(reach):
        raise RuntimeError("Error getting angle count.")
    ranges = [range(r, -r - 1, -1) for r in reach]
    found = [a for a in product(*ranges) if a > (0, 0, 0) and max(map(abs, a)) in set(distances)]
    if not found:
        raise RuntimeError("Error getting angle count.")
    return np.array(found, dtype=np.int64)


def adjacency(directions: np.ndarray) -> np.ndarray:
    """For each direction k, which directions lead to a neighbour of the voxel k leads to.

    Returns a bool array (n, n), true on the diagonal; `directions` are those of distance 1.
    """
    difference = directions[:, None, :] - directions[None, :, :]
    steps = {tuple(d) for d in directions} | {tuple(-d) for d in directions} | {(0, 0, 0)}
    flat = difference.reshape(-1, 3).tolist()
    return np.array([tuple(d) in steps for d in flat]).reshape(len(directions), -1)
