"""Agreement of two delineations: overlap, volume, distance of their surfaces."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from schemas.errors import HccerError


def dice(first: ArrayLike, second: ArrayLike) -> float:
    """Dice similarity: twice the common voxels over the sum of both masks' voxels.

    Args:
        first: mask of any shape; non-zero is inside.
        second: mask on the same grid.

    Returns:
        0 to 1; NaN where both are empty.

    Raises:
        HccerError: where the shapes differ.

    Source:
        Dice, Ecology 1945;26:297.
    """
    first, second = _masks(first, second)
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else np.nan


def relative_volume_difference(mask: ArrayLike, reference: ArrayLike) -> float:
    """(volume of mask - volume of reference) / volume of reference.

    Args:
        mask: non-zero is inside.
        reference: mask on the same grid.

    Returns:
        0 for equal volumes, above 0 where the mask is larger; NaN for an empty reference.

    Raises:
        HccerError: where the shapes differ.
    """
    mask, reference = _masks(mask, reference)
    volume = int(reference.sum())
    return (int(mask.sum()) - volume) / volume if volume else np.nan


def hausdorff_mm(
    first: ArrayLike, second: ArrayLike, spacing_mm: ArrayLike, percentile: float = 95
) -> float:
    """Hausdorff distance of two surfaces, robust by a percentile.

    Args:
        first: mask; non-zero is inside.
        second: mask on the same grid.
        spacing_mm: distance of voxel centres along each axis of the arrays, in their order
            (z, y, x for arrays from SimpleITK).
        percentile: 100 is the plain Hausdorff distance.

    Returns:
        The larger of both directions' percentiles (mm); NaN where a mask is empty.

    Raises:
        HccerError: where shapes or spacing do not fit.

    Source:
        Huttenlocher et al., IEEE PAMI 1993;15:850; Taha and Hanbury, BMC Med Imaging 2015;15:29.
    """
    distances = surface_distances_mm(first, second, spacing_mm)
    if not all(each.size for each in distances):
        return np.nan
    return float(max(np.percentile(each, percentile) for each in distances))


def surface_distances_mm(
    first: ArrayLike, second: ArrayLike, spacing_mm: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Distance (mm) of every surface voxel of one mask to the nearest surface voxel of the other.

    Args:
        first: mask; non-zero is inside.
        second: mask on the same grid.
        spacing_mm: distance of voxel centres along each axis of the arrays.

    Returns:
        Distances first -> second and second -> first; both empty where a mask is. A voxel is on
        the surface when a face neighbour lies outside the mask or the grid.

    Raises:
        HccerError: where shapes or spacing do not fit.
    """
    first, second = _masks(first, second)
    spacing = np.asarray(spacing_mm, dtype=float)
    if spacing.shape != (first.ndim,) or not (np.isfinite(spacing) & (spacing > 0)).all():
        raise HccerError(f"{first.ndim} axes need as many spacings above 0 mm, not {spacing_mm}")
    if not first.any() or not second.any():
        return np.empty(0), np.empty(0)
    box = _bounding_box(first | second)
    surfaces = [each[box] & ~ndimage.binary_erosion(each[box]) for each in (first, second)]
    to_second, to_first = (
        ndimage.distance_transform_edt(~surface, sampling=spacing) for surface in surfaces[::-1]
    )
    return to_second[surfaces[0]], to_first[surfaces[1]]


def _bounding_box(mask: np.ndarray) -> tuple[slice, ...]:
    return ndimage.find_objects(mask.astype(np.uint8))[0]


def _masks(first: ArrayLike, second: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    first, second = (np.asarray(each).astype(bool) for each in (first, second))
    if first.shape != second.shape:
        raise HccerError(f"masks on different grids: {first.shape} and {second.shape} voxels")
    return first, second
