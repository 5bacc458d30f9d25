"""Parts of a tumour mask: how many, the largest, and how wide it is."""

import numpy as np
from scipy.ndimage import find_objects, label
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)  # 26: voxels that share a corner are one part
FACES = np.array([(-0.5, 0.0), (0.5, 0.0), (0.0, -0.5), (0.0, 0.5)])


def component_count(mask: np.ndarray) -> int:
    """Number of connected parts of a mask.

    Args:
        mask: boolean array (z, y, x); True is tumour.

    Returns:
        Parts by the 26-neighbourhood; 0 for an empty mask.
    """
    return label(_cropped(mask), NEIGHBOURS)[1]


def largest(mask: np.ndarray) -> np.ndarray:
    """The part of a mask with most voxels; of equals, the first in the array's order.

    Args:
        mask: boolean array (z, y, x).

    Returns:
        Boolean array of the same shape.

    Source: where a patient has several nodules, the paper delineates the largest.
    """
    parts, count = label(mask, NEIGHBOURS)
    if count < 2:
        return mask.astype(bool)
    sizes = np.bincount(parts.ravel())[1:]
    return parts == 1 + int(sizes.argmax())


def axial_diameter_mm(mask: np.ndarray, spacing_mm: tuple[float, float, float]) -> float:
    """Maximum axial diameter: the longest line within one slice, as a ruler would be laid.

    Measured between the outer faces of voxels, not their centres, so a single voxel is as wide
    as it is. A digital disc comes out right within one voxel.

    Args:
        mask: boolean array (z, y, x), slices axial.
        spacing_mm: voxel size along x, y, z.

    Returns:
        mm; 0 for an empty mask.

    Source: Maximum2DDiameterSlice of pyradiomics, whose mesh passes through the same points; it
    has points halfway between slices too, so it may be a little longer.
    """
    slices = [each for each in _cropped(mask) if each.any()]
    return max((_slice_diameter_mm(each, spacing_mm[:2]) for each in slices), default=0.0)


def _slice_diameter_mm(mask: np.ndarray, spacing_mm: tuple[float, float]) -> float:
    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    # only the ends of a row can be corners of the hull
    ends = np.column_stack([np.concatenate([first, last]), np.concatenate([rows, rows])])
    points = (ends[:, None, :] + FACES).reshape(-1, 2) * np.asarray(spacing_mm)
    return float(pdist(points[ConvexHull(points).vertices]).max())


def _cropped(mask: np.ndarray) -> np.ndarray:
    boxes = find_objects(mask.astype(np.uint8))
    return mask[boxes[0]].astype(bool) if boxes else np.zeros((0, 0, 0), dtype=bool)
