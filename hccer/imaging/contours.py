"""Closed planar contours in patient space to voxel masks."""

from collections.abc import Iterator, Sequence

import numpy as np
import SimpleITK as sitk

from hccer.imaging.grid import continuous_index

NEAREST_SLICE = 0.5  # of a slice: farther off, a contour is on no slice
PARALLEL = 0.1  # of a slice: what the points of a contour may differ in height
EDGE = 0.01  # of a voxel: what a contour may reach beyond the outer voxels
PORTION = 2**22  # crossings held in memory at a time
MAXIMUM_CROSSINGS = 2**28  # of contours with rows of voxels; a tumour has thousands


class ContourError(ValueError):
    """Contours do not fit their image; the message says why."""


def filled(contours: Sequence[np.ndarray], image: sitk.Image) -> sitk.Image:
    """The voxels whose centres lie inside closed contours.

    A centre is inside when a line from it to the border of the slice crosses the contours of that
    slice an odd number of times: holes may be contours of their own, or part of a keyhole contour.
    A centre that lies exactly on a contour belongs to one side only, the one of higher index, so
    regions that share a border share no voxel.

    Args:
        contours: points (n, 3) in mm of each contour; the last is joined to the first.
        image: the volume they were drawn on.

    Returns:
        A 0/1 mask of 8 bits on the grid of the image.

    Raises:
        ContourError: no contours, or a contour that does not lie on the slices of the image.

    Source: DICOM PS3.3 C.8.8.6 (ROI Contour); Foley et al., Computer Graphics, 1990, 3.6.
    """
    if not contours:
        raise ContourError("no closed contour is there")
    if fault := misfit(contours, image):
        raise ContourError(fault)
    index, heights, lengths = _placed(contours, image)
    slices = np.clip(np.rint(heights).astype(np.int64), 0, image.GetSize()[2] - 1)
    _require_slice_by_slice(heights, slices)
    edges = _edges(index[:, :2], lengths)
    inside = _parity(edges, np.repeat(slices, lengths), image.GetSize())
    mask = sitk.GetImageFromArray(inside)
    mask.CopyInformation(image)
    return mask


def misfit(
    contours: Sequence[np.ndarray], image: sitk.Image, off_slice: float = NEAREST_SLICE
) -> str | None:
    """Why contours cannot have been drawn on an image.

    Args:
        contours: points (n, 3) in mm of each contour.
        image: any volume.
        off_slice: how far from a slice they may lie, in slices.

    Returns:
        One clause with the largest distance, or None.
    """
    index, heights, lengths = _placed(contours, image)
    spread = _spread(index[:, 2], lengths)
    if spread.max() > PARALLEL:
        return f"a contour spans {spread.max():.2g} slices: it is not parallel to the slices"
    spacing_mm, size = np.array(image.GetSpacing()), np.array(image.GetSize())
    nearest = np.clip(np.rint(heights), 0, size[2] - 1)
    off = np.abs(heights - nearest).max()
    if off > off_slice:
        return f"a contour lies {off * spacing_mm[2]:.3g} mm from the nearest slice of the image"
    plane = index[:, :2]
    beyond = np.maximum(-0.5 - plane, plane - (size[:2] - 0.5))
    if beyond.max() > EDGE:
        return f"a contour reaches {(beyond * spacing_mm[:2]).max():.3g} mm out of the image"
    return None


def _placed(
    contours: Sequence[np.ndarray], image: sitk.Image
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices (points, 3), height of each contour in slices, number of points of each contour."""
    index = continuous_index(np.concatenate(contours), image)
    lengths = np.array([len(contour) for contour in contours])
    heights = np.add.reduceat(index[:, 2], _starts(lengths)) / lengths
    return index, heights, lengths


def _starts(lengths: np.ndarray) -> np.ndarray:
    return np.cumsum(lengths) - lengths


def _spread(height: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    starts = _starts(lengths)
    return np.maximum.reduceat(height, starts) - np.minimum.reduceat(height, starts)


def _require_slice_by_slice(heights: np.ndarray, slices: np.ndarray) -> None:
    """Two planes on one slice would cancel where they overlap; slices between would be empty."""
    order = np.argsort(heights)
    same = np.diff(slices[order]) == 0
    if same.any() and np.diff(heights[order])[same].max() > PARALLEL:
        raise ContourError(
            "contours of several planes fall on one slice: they were drawn on thinner slices"
        )
    steps = np.diff(np.unique(slices))
    if len(steps) > 1 and steps.min() > 1:
        raise ContourError(
            f"contours lie {steps.min()} or more slices apart: draw the slices between them too"
        )


def _edges(plane: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Edges (points, 4) as x, y of the lower and of the upper end; the same either way round."""
    following = np.arange(len(plane)) + 1
    following[np.cumsum(lengths) - 1] = _starts(lengths)
    ends = np.stack([plane, plane[following]], axis=1)
    downwards = ends[:, 0, 1] > ends[:, 1, 1]
    ends[downwards] = ends[downwards, ::-1]
    return ends.reshape(-1, 4)


def _parity(edges: np.ndarray, slices: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Voxels (z, y, x) with an odd number of crossings at or before their centre."""
    toggles = np.zeros((size[2], size[1], size[0] + 1), np.uint8)
    first_row = np.ceil(edges[:, 1]).astype(np.int64)
    rows = np.ceil(edges[:, 3]).astype(np.int64) - first_row
    if rows.sum() > MAXIMUM_CROSSINGS:
        raise ContourError(
            f"the contours cross {rows.sum()} rows of voxels: no outline of a region"
        )
    for part in _portions(rows):
        edge = np.repeat(part, rows[part])
        row = first_row[edge] + np.arange(len(edge)) - np.repeat(_starts(rows[part]), rows[part])
        x0, y0, x1, y1 = edges[edge].T
        crossing = x0 + (row - y0) * ((x1 - x0) / (y1 - y0))
        column = np.ceil(crossing).astype(np.int64)
        np.add.at(toggles, (slices[edge], row, column), np.uint8(1))  # wraps, and stays odd or even
    np.cumsum(toggles, axis=2, dtype=np.uint8, out=toggles)
    return toggles[..., :-1] & 1


def _portions(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Numbers of the edges that cross a row, in portions of bounded memory."""
    crossing = np.flatnonzero(rows)
    portion = np.cumsum(rows[crossing]) // PORTION
    yield from np.split(crossing, np.flatnonzero(np.diff(portion)) + 1)
