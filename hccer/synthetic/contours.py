"""Delineations: a reader's surface around a tumour, its diameter, and who is drawn again."""

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import distance_transform_edt, gaussian_filter, label

from hccer.synthetic.fields import smooth_field
from hccer.synthetic.generator import ContourSettings, load_generator

DIRECTIONS = np.linspace(0, np.pi, 48, endpoint=False)
STEPS = 16


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
    axes: tuple[np.ndarray, np.ndarray, np.ndarray],
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
    spacing = np.array(mask.GetSpacing())
    radius = equivalent_radius_mm(int(tumour.sum()) * float(spacing.prod()))
    box = _around(tumour, np.ceil(0.5 * radius / spacing[::-1]).astype(int) + 2)
    distance = _signed_distance(tumour[box], spacing[::-1])
    axes = tuple(
        (np.arange(n) * s).astype(np.float32)
        for n, s in zip(distance.shape[::-1], spacing, strict=True)
    )
    distance -= surface_error(rng, axes, radius, reader, settings)
    drawn = np.zeros(tumour.shape, dtype=np.uint8)
    drawn[box] = distance < 0
    image = sitk.GetImageFromArray(drawn)
    image.CopyInformation(mask)
    return image


def equivalent_radius_mm(volume_mm3: float) -> float:
    """Radius of the sphere of a volume."""
    return float((3 * volume_mm3 / (4 * np.pi)) ** (1 / 3))


def _around(tumour: np.ndarray, margin: np.ndarray) -> tuple[slice, ...]:
    found = np.nonzero(tumour)
    return tuple(
        slice(max(int(i.min()) - m, 0), int(i.max()) + m + 1)
        for i, m in zip(found, margin, strict=True)
    )


def _signed_distance(tumour: np.ndarray, sampling_mm: np.ndarray) -> np.ndarray:
    outside = distance_transform_edt(~tumour, sampling=sampling_mm)
    within = distance_transform_edt(tumour, sampling=sampling_mm)
    # smoothed, or whole layers of voxels would come and go; the volume stays
    distance = gaussian_filter(outside - within, 0.8)
    return distance - np.quantile(distance, tumour.mean())


def repeated(diameters_cm: Sequence[float], count: int) -> list[int]:
    """Which patients are drawn again: spread evenly over the sizes.

    Args:
        diameters_cm: one per patient.
        count: how many, at most all.

    Returns:
        Ascending positions in `diameters_cm`.
    """
    order = np.argsort(diameters_cm, kind="stable")
    count = min(count, len(order))
    places = (np.arange(count) + 0.5) * len(order) / max(count, 1)
    return sorted(int(order[int(place)]) for place in places)
