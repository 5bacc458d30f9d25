"""Delineations: a reader's surface around a tumour, and its diameter."""

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import label

from hccer.imaging.fields import Axes, smooth_field
from hccer.imaging.perturbation import moved
from hccer.synthetic.generator import ContourSettings, load_generator

DIRECTIONS = np.linspace(0, np.pi, 48, endpoint=False)
STEPS = 16
SMOOTHING_VOXELS = 0.8


def largest_diameter_mm(tumour: np.ndarray, spacing_mm: float) -> float:
    """Largest axial diameter: of all slices, the longest distance between outer voxel edges.

    Args:
        tumour: booleans (z, y, x), at least one true.
        spacing_mm: in plane.

    Returns:
        Diameter in mm.
    """
    rows, columns = tumour.any(axis=2), np.arange(tumour.shape[2])
    first = np.where(rows, tumour.argmax(axis=2), np.nan)
    last = np.where(rows, columns[-1] - tumour[:, :, ::-1].argmax(axis=2), np.nan)
    slices = rows.any(axis=1)
    y = np.arange(tumour.shape[1])[None, :, None]
    left, right = (each[slices][:, :, None] * np.cos(DIRECTIONS) for each in (first, last))
    across = y * np.sin(DIRECTIONS)
    high = np.nanmax(np.fmax(left, right) + across, axis=1)
    low = np.nanmin(np.fmin(left, right) + across, axis=1)
    return float((high - low).max() + 1) * spacing_mm


def fitted_level(distance_mm: np.ndarray, spacing_mm: float, diameter_mm: float) -> float:
    """The level at which a surface has the wanted largest axial diameter.

    Args:
        distance_mm: about the distance to a closed surface, negative inside, shape (z, y, x).
        spacing_mm: in plane.
        diameter_mm: wanted.

    Returns:
        Level in mm: the tumour is the `main_part` of `distance_mm < level`.
    """
    low, high = float(distance_mm.min()), diameter_mm / 2
    for _ in range(STEPS):
        level = (low + high) / 2
        found = largest_diameter_mm(main_part(distance_mm < level), spacing_mm)
        low, high = (level, high) if found < diameter_mm else (low, level)
    return level


def main_part(tumour: np.ndarray) -> np.ndarray:
    """The largest connected component of a boolean array that holds at least one true voxel."""
    parts, count = label(tumour)
    return tumour if count < 2 else parts == np.bincount(parts.ravel())[1:].argmax() + 1


def surface_error(
    rng: np.random.Generator,
    axes: Axes,
    radius_mm: float,
    reader: str,
    settings: ContourSettings,
) -> np.ndarray:
    """How far (mm, outwards) a reader's surface lies off, smooth in space; shape (z, y, x)."""
    strays = settings.readers[reader]
    length = max(settings.smallest_length_mm, settings.length * radius_mm)
    surface = max(strays.smallest_mm, strays.surface * radius_mm)
    size = np.float32(strays.size_sd * radius_mm * rng.standard_normal())
    return np.float32(surface) * smooth_field(rng, axes, length) + size


def redrawn(mask: sitk.Image, rng: np.random.Generator, reader: str) -> sitk.Image:
    """The same tumour drawn again: its surface moved by a smooth random deformation.

    Args:
        mask: 0/1 delineation.
        reader: `reader_1` for another session of the same reader, `reader_2` for another reader,
            who strays farther.

    Returns:
        A 0/1 mask of 8 bits on the same grid.
    """
    settings = load_generator().contours
    tumour = sitk.GetArrayViewFromImage(mask) > 0
    radius = equivalent_radius_mm(int(tumour.sum()) * float(np.prod(mask.GetSpacing())))

    def outwards_mm(axes: Axes) -> np.ndarray:
        return surface_error(rng, axes, radius, reader, settings)

    return moved(mask, outwards_mm, 0.5 * radius, SMOOTHING_VOXELS)


def equivalent_radius_mm(volume_mm3: float) -> float:
    """Radius of the sphere of a volume."""
    return float((3 * volume_mm3 / (4 * np.pi)) ** (1 / 3))
