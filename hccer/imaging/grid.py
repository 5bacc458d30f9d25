"""Voxel grids in patient space (mm): the same grid in another storage order, or how two differ."""

import itertools

import numpy as np
import SimpleITK as sitk

AXES = "xyz"


def affine(image: sitk.Image) -> np.ndarray:
    """Matrix (4, 4) from voxel indices (x, y, z) to patient coordinates (mm)."""
    matrix = np.eye(4)
    matrix[:3, :3] = direction(image) * image.GetSpacing()
    matrix[:3, 3] = image.GetOrigin()
    return matrix


def direction(image: sitk.Image) -> np.ndarray:
    """Direction cosines (3, 3), one image axis per column."""
    return np.reshape(image.GetDirection(), (3, 3))


def continuous_index(points_mm: np.ndarray, image: sitk.Image) -> np.ndarray:
    """Voxel indices (n, 3) as x, y, z, with fractions, of points (n, 3) in mm."""
    inverse = np.linalg.inv(affine(image)[:3, :3])
    return (points_mm - np.array(image.GetOrigin())) @ inverse.T


def largest_corner_distance(first: sitk.Image, second: sitk.Image) -> float:
    """Largest distance (mm) between corresponding corner voxels of two grids of equal size."""
    return float(np.linalg.norm(_corners_apart(first, second), axis=1).max())


def _corners_apart(first: sitk.Image, second: sitk.Image) -> np.ndarray:
    corners = itertools.product(*[(0, size - 1) for size in first.GetSize()])
    apart = [
        np.subtract(
            first.TransformIndexToPhysicalPoint(corner),
            second.TransformIndexToPhysicalPoint(corner),
        )
        for corner in corners
    ]
    return np.array(apart)


def on_grid_of(mask: sitk.Image, image: sitk.Image, tolerance_mm: float) -> sitk.Image | None:
    """The mask stored in the axis order and directions of its image, without interpolation.

    Args:
        mask: volume on any grid.
        image: the volume whose grid is wanted.
        tolerance_mm: how far corresponding voxel centres may lie apart.

    Returns:
        The mask itself where it is on the grid already, reordered where it covers the same voxel
        centres in another order; None where the centres differ.
    """
    if _is_on_grid(mask, image, tolerance_mm):
        return mask
    cosines = direction(image).T @ direction(mask)  # row: image axis, column: mask axis
    order = np.abs(cosines).argmax(axis=1)
    if sorted(order) != [0, 1, 2]:
        return None
    backwards = cosines[range(3), order] < 0
    ordered = sitk.Flip(sitk.PermuteAxes(mask, order.tolist()), backwards.tolist())
    if not _is_on_grid(ordered, image, tolerance_mm):
        return None
    ordered.CopyInformation(image)
    return ordered


def _is_on_grid(mask: sitk.Image, image: sitk.Image, tolerance_mm: float) -> bool:
    if mask.GetSize() != image.GetSize():
        return False
    return largest_corner_distance(mask, image) <= tolerance_mm


def difference(mask: sitk.Image, image: sitk.Image, tolerance_mm: float) -> str:
    """What sets two grids of equal size apart, in words.

    Args:
        mask: volume whose grid is judged.
        image: volume of as many voxels on the right grid.
        tolerance_mm: what is taken for no difference.

    Returns:
        Clauses such as `shifted by (0, 0, 2.5) mm` or `flipped along x`, joined by commas.
    """
    apart = _corners_apart(mask, image)
    if np.ptp(apart, axis=0).max() <= tolerance_mm:
        return _shift(mask, image, tolerance_mm)
    clauses = [_spacing(mask, image, tolerance_mm), _turn(mask, image, tolerance_mm)]
    return ", ".join(clause for clause in clauses if clause)


def _shift(mask: sitk.Image, image: sitk.Image, tolerance_mm: float) -> str:
    origins = np.array([mask.GetOrigin(), image.GetOrigin()])
    mirrored = (np.abs(origins.sum(axis=0)) <= tolerance_mm) & (np.abs(origins[0]) > tolerance_mm)
    shift = ", ".join(f"{each:.3g}" for each in origins[0] - origins[1] + 0.0)
    sign = f": its origin has the opposite sign along {_axes(mirrored)}" if mirrored.any() else ""
    return f"shifted by ({shift}) mm{sign}"


def _spacing(mask: sitk.Image, image: sitk.Image, tolerance_mm: float) -> str | None:
    spacings = np.array([mask.GetSpacing(), image.GetSpacing()])
    if np.max(np.abs(spacings[0] - spacings[1]) * image.GetSize()) <= tolerance_mm:
        return None
    theirs, ours = (" x ".join(f"{each:.4g}" for each in spacing) for spacing in spacings)
    return f"its voxels measure {theirs} mm, those of the image {ours} mm"


def _turn(mask: sitk.Image, image: sitk.Image, tolerance_mm: float) -> str | None:
    cosines = direction(image).T @ direction(mask)
    nearest = np.rint(cosines)
    extent_mm = np.max(np.multiply(image.GetSize(), image.GetSpacing()))
    if np.abs(cosines - nearest).max() * extent_mm > tolerance_mm:
        angle = np.degrees(np.arccos(np.clip((np.trace(cosines) - 1) / 2, -1, 1)))
        return f"rotated by {angle:.3g} degrees"
    if not np.array_equal(np.abs(nearest), np.eye(3)):
        return "its axes are in another order"
    return f"flipped along {_axes(np.diag(nearest) < 0)}" if nearest.trace() < 3 else None


def _axes(chosen: np.ndarray) -> str:
    return " and ".join(itertools.compress(AXES, chosen))
