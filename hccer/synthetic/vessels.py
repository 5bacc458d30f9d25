"""Trees of vessels inside the liver."""

from collections.abc import Iterator

import numpy as np

from hccer.synthetic.fields import Grid
from hccer.synthetic.generator import VesselSettings

Segment = tuple[np.ndarray, np.ndarray, float]


def tree(
    rng: np.random.Generator,
    roots: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...],
    settings: VesselSettings,
) -> list[Segment]:
    """Segments (start, end, radius) of the given roots and their random branches, mm."""
    segments = []
    for start, end in roots:
        first, last = np.array(start), np.array(end)
        segments.append((first, last, settings.root_radius_mm))
        segments += _branches(rng, first, last, settings, settings.branching, 1)
    return segments


def _branches(
    rng: np.random.Generator,
    start: np.ndarray,
    end: np.ndarray,
    settings: VesselSettings,
    generations: int,
    depth: int,
) -> Iterator[Segment]:
    if generations == 0:
        return
    ahead = (end - start) / np.linalg.norm(end - start)
    for _ in range(2):
        course = ahead + settings.bend * rng.standard_normal(3)
        course *= settings.length_mm * settings.length_ratio**depth / np.linalg.norm(course)
        yield end, end + course, settings.root_radius_mm * settings.radius_ratio**depth
        yield from _branches(rng, end, end + course, settings, generations - 1, depth + 1)


def tubes(grid: Grid, segments: list[Segment], reach_mm: float) -> np.ndarray:
    """Distance (mm) to the wall of the nearest segment, negative inside.

    Args:
        grid: voxels; coordinates about its centre.
        segments: start, end and radius of each.
        reach_mm: farther away the value is `reach_mm`.

    Returns:
        Array (z, y, x), float32.
    """
    distance = np.full(grid.size[::-1], reach_mm, dtype=np.float32)
    for start, end, radius in segments:
        margin = radius + reach_mm
        box = grid.box(np.minimum(start, end) - margin, np.maximum(start, end) + margin)
        wall = _to_segment(grid.axes_in(box), start, end) - np.float32(radius)
        np.minimum(distance[box], wall, out=distance[box])
    return distance


def _to_segment(
    axes: tuple[np.ndarray, np.ndarray, np.ndarray], start: np.ndarray, end: np.ndarray
) -> np.ndarray:
    course = (end - start).astype(np.float32)
    offsets = [axis - np.float32(s) for axis, s in zip(axes, start, strict=True)]
    along = sum(o * c for o, c in zip(offsets, course, strict=True)) / (course**2).sum()
    along = np.clip(along, 0, 1)
    return np.sqrt(sum((o - along * c) ** 2 for o, c in zip(offsets, course, strict=True)))
