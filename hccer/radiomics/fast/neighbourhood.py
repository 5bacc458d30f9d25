"""What surrounds each voxel: dependence (GLDM) and grey-tone difference (NGTDM) in one pass."""

import numpy as np

from hccer.radiomics.fast.jit import kernel
from hccer.radiomics.fast.region import Levels


@kernel
def _look_around(
    block: np.ndarray,
    start: int,
    stop: int,
    offsets: np.ndarray,
    lowest: np.ndarray,
    highest: np.ndarray,
    total: np.ndarray,
    count: np.ndarray,
    dependent: np.ndarray,
) -> None:
    for o in range(offsets.size):
        other = block[start + offsets[o] : stop + offsets[o]]
        for x in range(stop - start):
            level = other[x]
            total[x] += level
            count[x] += level > 0
            dependent[x] += (level >= lowest[x]) & (level <= highest[x])


@kernel
def _tally(
    centre: np.ndarray,
    total: np.ndarray,
    count: np.ndarray,
    dependent: np.ndarray,
    dependence: np.ndarray,
    difference: np.ndarray,
) -> None:
    for x in range(centre.size):
        level = centre[x]
        if level > 0:
            dependence[level, dependent[x]] += 1
            if count[x] > 0:
                difference[level] += abs(level - total[x] / count[x])


@kernel
def _walk_rows(
    block: np.ndarray,
    rows: np.ndarray,
    width: int,
    offsets: np.ndarray,
    alpha: int,
    dependence: np.ndarray,
    difference: np.ndarray,
) -> None:
    total = np.empty(width, dtype=np.int32)
    count = np.empty(width, dtype=np.int32)
    dependent = np.empty(width, dtype=np.int32)
    lowest = np.empty(width, dtype=block.dtype)
    highest = np.empty(width, dtype=block.dtype)
    for r in range(rows.size):
        start = rows[r]
        centre = block[start : start + width]
        for x in range(width):
            lowest[x] = max(centre[x] - alpha, 1)
            highest[x] = centre[x] + alpha
            total[x] = count[x] = dependent[x] = 0
        _look_around(block, start, start + width, offsets, lowest, highest, total, count, dependent)
        _tally(centre, total, count, dependent, dependence, difference)


def neighbourhood(
    levels: Levels, directions: np.ndarray, alpha: int
) -> tuple[np.ndarray, np.ndarray]:
    """Dependence counts (level, dependent neighbours) and summed grey-tone difference (level,).

    A neighbour depends on a voxel where their levels differ by at most `alpha`; `directions` are
    looked at both ways. Levels that occur only.
    """
    offsets = levels.offsets(np.concatenate([directions, -directions]))
    padding = int(np.abs(directions).max())
    width = levels.shape[2]
    row = levels.voxels // width
    rows = row[np.flatnonzero(np.diff(row, prepend=-1))] * width + padding
    dependence = np.zeros((levels.highest + 1, len(offsets) + 1), dtype=np.int64)
    difference = np.zeros(levels.highest + 1)
    alpha = min(int(alpha), levels.highest)
    _walk_rows(levels.block, rows, width - 2 * padding, offsets, alpha, dependence, difference)
    return dependence[levels.present], difference[levels.present]
