"""Texture matrices of a region: one pass of its voxels each, nothing outside is looked at.

All count what pyradiomics' `cmatrices.c` counts. The first row of a level axis (level 0)
collects what falls outside the region and is dropped. Indices are made unsigned (`uintp`)
because numba checks signed ones for counting from the end.
"""

import numpy as np
from numba import uintp

from hccer.radiomics.fast.angles import adjacency
from hccer.radiomics.fast.jit import kernel
from hccer.radiomics.fast.region import Levels, Region


@kernel
def _count_pairs(
    block: np.ndarray, voxels: np.ndarray, offsets: np.ndarray, size: int, pairs: np.ndarray
) -> None:
    n = offsets.size
    for v in range(voxels.size):
        at = voxels[v]
        row = block[uintp(at)] * size
        for a in range(n):
            pairs[uintp((row + block[uintp(at + offsets[a])]) * n + a)] += 1


def cooccurrence(levels: Levels, directions: np.ndarray) -> np.ndarray:
    """Pairs (level, neighbour's level, direction) as counts, levels that occur only."""
    size = levels.highest + 1
    pairs = np.zeros((size, size, len(directions)), dtype=np.int32)
    offsets = levels.offsets(directions)
    _count_pairs(levels.block, levels.voxels, offsets, size, pairs.ravel())
    return pairs[np.ix_(levels.present, levels.present)]


@kernel
def _extend(
    previous: np.ndarray, level: np.ndarray, carried: np.ndarray, place: np.ndarray
) -> None:
    """Place in its run of each voxel: one more than its predecessor's, or zero."""
    for x in range(level.size):
        place[x] = carried[x] + 1 if previous[x] == level[x] else 0


@kernel
def _extend_plane(
    block: np.ndarray,
    start: int,
    margin: int,
    step: int,
    carried: np.ndarray,
    into: int,
    place: np.ndarray,
) -> None:
    """Extend the runs of a plane that starts at `start`; `into` is where `carried` is read."""
    stop = place.size - margin
    chunk = step if 1 < step < margin + 1 else stop  # rows depend on the row before
    for low in range(margin, stop, chunk):
        high = min(low + chunk, stop)
        _extend(
            block[start + low - step : start + high - step],
            block[start + low : start + high],
            carried[low - into : high - into],
            place[low:high],
        )


@kernel
def _count_places(
    block: np.ndarray, voxels: np.ndarray, start: int, lengths: np.ndarray, places: np.ndarray
) -> None:
    directions, plane = lengths.shape
    levels = places.shape[1] // directions
    lengths, places = lengths.ravel(), places.ravel()
    for v in range(voxels.size):
        at = voxels[v]
        row = block[uintp(at)]
        here = at - start
        for a in range(directions):
            place = lengths[uintp(a * plane + here)]
            places[uintp((place * levels + row) * directions + a)] += 1


@kernel
def _walk_planes(
    block: np.ndarray,
    voxels: np.ndarray,
    bounds: np.ndarray,
    width: int,
    steps: np.ndarray,
    above: np.ndarray,
    places: np.ndarray,
) -> None:
    """Count run places plane by plane; only this plane's and those of the one above are kept."""
    plane = block.size // (bounds.size - 1)
    here = np.zeros((steps.size, plane), dtype=np.int16)
    before = np.zeros((steps.size, plane), dtype=np.int16)
    for z in range(1, bounds.size - 2):
        here, before = before, here
        for a in range(steps.size):
            carried = before if above[a] else here
            into = steps[a] - above[a] * plane
            _extend_plane(block, z * plane, width + 1, steps[a], carried[a], into, here[a])
        inside = voxels[bounds[z] : bounds[z + 1]]
        _count_places(block, inside, z * plane, here, places)


def run_lengths(levels: Levels, region: Region) -> np.ndarray:
    """Runs (level, length - 1, direction) as counts, levels that occur only.

    As in pyradiomics, a direction in which no line meets two voxels counts nothing. Runs of one
    length are the voxels at that place in their run, less those at the next place.
    """
    directions = region.directions()
    depth, height, width = levels.shape
    bounds = np.searchsorted(levels.voxels, np.arange(depth + 1) * height * width)
    places = np.zeros(
        (max(region.mask.shape) + 1, levels.highest + 1, len(directions)), dtype=np.int32
    )
    _walk_planes(
        levels.block, levels.voxels, bounds, width, levels.offsets(directions),
        directions[:, 0], places.reshape(len(places), -1),
    )  # fmt: skip
    places = places[:, levels.present].transpose(1, 0, 2)
    runs = places[:, :-1] - places[:, 1:]
    for a in np.flatnonzero(runs[:, 1:].sum(axis=(0, 1)) == 0):
        if not region.shares_lines(directions[a]):
            runs[:, :, a] = 0
    return runs


@kernel
def _root(parent: np.ndarray, at: int) -> int:
    while parent[uintp(at)] != at:
        parent[uintp(at)] = parent[uintp(parent[uintp(at)])]
        at = parent[uintp(at)]
    return at


@kernel
def _label_zones(
    block: np.ndarray,
    voxels: np.ndarray,
    offsets: np.ndarray,
    covered: np.ndarray,
    parent: np.ndarray,
) -> None:
    everything = (1 << offsets.size) - 1
    for v in range(voxels.size):
        at = voxels[v]
        level = block[uintp(at)]
        root = at
        parent[uintp(at)] = at
        todo = everything
        for a in range(offsets.size):
            if todo >> a & 1 and block[uintp(at - offsets[a])] == level:
                todo &= ~covered[a]
                other = _root(parent, at - offsets[a])
                parent[uintp(max(root, other))] = min(root, other)
                root = min(root, other)


@kernel
def _measure_zones(block: np.ndarray, voxels: np.ndarray, parent: np.ndarray, size: int) -> None:
    for v in range(voxels.size):
        at = voxels[v]
        root = parent[uintp(parent[uintp(at)])]  # roots come first in raster order
        parent[uintp(at)] = root
        size[uintp(root)] += 1


def zones(levels: Levels, region: Region) -> tuple[np.ndarray, np.ndarray]:
    """Level and size (voxels) of each connected zone of one level."""
    directions = region.directions()
    near = adjacency(directions)
    order = np.argsort(-near.sum(axis=1), kind="stable")
    covered = (near[np.ix_(order, order)] << np.arange(len(order))).sum(axis=1)
    parent = np.empty(levels.block.size, dtype=np.int32)
    offsets = levels.offsets(directions[order])
    _label_zones(levels.block, levels.voxels, offsets, covered, parent)
    size = np.zeros(levels.block.size, dtype=np.int32)
    _measure_zones(levels.block, levels.voxels, parent, size)
    found = levels.voxels[parent[levels.voxels] == levels.voxels]
    return levels.block[found].astype(np.int64), size[found].astype(np.int64)
