"""Largest distances between mesh vertices, in planes and in space, from convex hulls.

A pair of vertices at the largest distance is on the hull of its plane for each of the three
orientations, so only vertices on all three hulls are compared pairwise. Vertices are edge
midpoints, hence integers in half voxels: hulls are exact.
"""

import numpy as np

from hccer.radiomics.fast.jit import kernel

FAR = 1 << 30
ORIENTATIONS = ((0, 1, 2), (1, 0, 2), (2, 0, 1))  # plane's axis and the two within it


@kernel
def _record(lowest: np.ndarray, highest: np.ndarray, plane: int, u: int, v: int) -> None:
    lowest[plane, u] = min(lowest[plane, u], v)
    highest[plane, u] = max(highest[plane, u], v)


@kernel
def _record_vertices(
    mask: np.ndarray,
    steps: np.ndarray,
    axes: tuple[int, int, int],
    lowest: np.ndarray,
    highest: np.ndarray,
) -> None:
    p, u, v = axes
    at = np.empty(3, dtype=np.int64)
    for z in range(1, mask.shape[0] - 1):
        for y in range(1, mask.shape[1] - 1):
            for x in range(1, mask.shape[2] - 1):
                if not mask[z, y, x]:
                    continue
                for s in range(6):
                    dz, dy, dx = steps[s]
                    if not mask[z + dz, y + dy, x + dx]:
                        at[0], at[1], at[2] = 2 * z + dz, 2 * y + dy, 2 * x + dx
                        _record(lowest, highest, at[p], at[u], at[v])


@kernel
def _chain(extreme: np.ndarray, sign: int, hull: np.ndarray) -> int:
    """Hull of the points (u, extreme[u]) on the side where sign * v is small; its length."""
    size = 0
    for u in range(extreme.size):
        v = sign * extreme[u]
        if v >= FAR:
            continue
        while size >= 2:
            u1, v1, u2, v2 = (
                hull[size - 2, 0],
                hull[size - 2, 1],
                hull[size - 1, 0],
                hull[size - 1, 1],
            )
            if (u2 - u1) * (v - v1) > (v2 - v1) * (u - u1):
                break
            size -= 1
        hull[size, 0], hull[size, 1] = u, v
        size += 1
    for k in range(size):
        hull[k, 1] *= sign
    return size


@kernel
def _largest(points: np.ndarray) -> float:
    """Largest squared distance between rows of `points` (n, 3)."""
    best = 0.0
    for i in range(points.shape[0]):
        for j in range(i):
            z = points[i, 0] - points[j, 0]
            y = points[i, 1] - points[j, 1]
            x = points[i, 2] - points[j, 2]
            best = max(best, z * z + y * y + x * x)
    return best


@kernel
def _append(
    chain: np.ndarray,
    count: int,
    plane: int,
    axes: tuple[int, int, int],
    found: np.ndarray,
    size: int,
) -> int:
    for k in range(count):
        found[size + k, axes[0]] = plane
        found[size + k, axes[1]], found[size + k, axes[2]] = chain[k]
    return size + count


@kernel
def _plane_hulls(
    lowest: np.ndarray,
    highest: np.ndarray,
    axes: tuple[int, int, int],
    scale: np.ndarray,
    found: np.ndarray,
) -> tuple[float, int]:
    chain = np.empty((lowest.shape[1], 2), dtype=np.int64)
    best, size = 0.0, 0
    for plane in range(lowest.shape[0]):
        first = size
        size = _append(chain, _chain(lowest[plane], 1, chain), plane, axes, found, size)
        size = _append(chain, _chain(highest[plane], -1, chain), plane, axes, found, size)
        best = max(best, _largest(found[first:size] * scale))
    return best, size


def _hull_vertices(
    mask: np.ndarray, scale: np.ndarray, axes: tuple[int, int, int]
) -> tuple[float, np.ndarray]:
    """Largest squared in-plane distance, and the vertices (n, 3) on the hull of their plane."""
    steps = np.array([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)])
    shape = (2 * mask.shape[axes[0]], 2 * mask.shape[axes[1]])
    lowest = np.full(shape, FAR, dtype=np.int64)
    highest = np.full(shape, -FAR, dtype=np.int64)
    _record_vertices(mask, steps, axes, lowest, highest)
    found = np.empty((2 * shape[0] * shape[1], 3), dtype=np.int64)
    best, size = _plane_hulls(lowest, highest, axes, scale, found)
    return best, found[:size]


def _keys(vertices: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.ravel_multi_index(tuple(vertices.T), tuple(2 * extent for extent in mask.shape))


def _candidates(hulls: list[np.ndarray], mask: np.ndarray) -> np.ndarray:
    common = _keys(hulls[0], mask)
    for hull in hulls[1:]:
        common = np.intersect1d(common, _keys(hull, mask))
    shape = tuple(2 * extent for extent in mask.shape)
    return np.array(np.unravel_index(common, shape)).T


def _near_the_limit(points: np.ndarray, best: float) -> np.ndarray:
    """Points whose farthest corner of the bounding box is at least as far as `best`."""
    low, high = points.min(axis=0), points.max(axis=0)
    reach = (np.maximum(points - low, high - points) ** 2).sum(axis=1)
    return points[reach >= best * (1 - 1e-9)]


def diameters(mask: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """Largest diameters (4,) in mm: within planes of one z, one y, one x, and in space.

    mask : bool (z, y, x); spacing : mm in z, y, x.
    """
    padded = np.pad(mask, 1)
    scale = np.array(spacing) / 2
    squared, hulls = zip(
        *(_hull_vertices(padded, scale, axes) for axes in ORIENTATIONS), strict=True
    )
    points = _candidates(list(hulls), padded) * scale
    start = points[[0]]
    for _ in range(2):  # a long diameter to start from: the farthest point of the farthest point
        distance = ((points - start) ** 2).sum(axis=1)
        start = points[[distance.argmax()]]
    points = _near_the_limit(points, max(*squared, float(distance.max())))
    return np.sqrt([*squared, _largest(points)])
