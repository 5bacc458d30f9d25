"""A tumour drawn again: its surface moved by a smooth random displacement."""

from collections.abc import Callable, Sequence

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import distance_transform_edt, gaussian_filter

from hccer.imaging.fields import Axes, smooth_field
from schemas.perturbation import PerturbationSettings

BEYOND = 2  # voxels around what the surface can reach
FARTHEST_SD = 4.0  # a displacement of more is as good as none


def perturbed(
    mask: sitk.Image, rng: np.random.Generator, settings: PerturbationSettings
) -> sitk.Image:
    """The tumour with its surface moved at random.

    Args:
        mask: 0/1 delineation with at least one voxel.
        rng: decides the displacement; the same state gives the same voxels.
        settings: how far and how smoothly the surface moves.

    Returns:
        A 0/1 mask of 8 bits on the same grid; empty where a small tumour shrank to nothing.

    Source: after Zwanenburg et al., Sci Rep 2019;9:614 (contour randomisation, volume adaptation);
        here a Gaussian random field displaces the surface.
    """
    size_mm = np.float32(settings.size_sd_mm * rng.standard_normal())

    def outwards_mm(axes: Axes) -> np.ndarray:
        return np.float32(settings.sd_mm) * smooth_field(rng, axes, settings.length_mm) + size_mm

    reach_mm = FARTHEST_SD * (settings.sd_mm + settings.size_sd_mm)
    return moved(mask, outwards_mm, reach_mm, settings.smoothing_voxels)


def moved(
    mask: sitk.Image,
    outwards_mm: Callable[[Axes], np.ndarray],
    reach_mm: float,
    smoothing_voxels: float,
) -> sitk.Image:
    """The tumour with its surface moved by a displacement.

    Args:
        mask: 0/1 delineation with at least one voxel.
        outwards_mm: displacement (z, y, x) at coordinates (mm) along x, y and z.
        reach_mm: farther out nothing is drawn.
        smoothing_voxels: Gaussian of the distance to the surface; the volume stays.

    Returns:
        A 0/1 mask of 8 bits on the same grid.
    """
    tumour = sitk.GetArrayViewFromImage(mask) > 0
    spacing_mm = np.array(mask.GetSpacing())
    box = _around(tumour, np.ceil(reach_mm / spacing_mm[::-1]).astype(int) + BEYOND)
    distance_mm = _signed_distance(tumour[box], spacing_mm[::-1], smoothing_voxels)
    axes = tuple(
        (np.arange(n) * s).astype(np.float32)
        for n, s in zip(distance_mm.shape[::-1], spacing_mm, strict=True)
    )
    distance_mm -= outwards_mm(axes)
    drawn = np.zeros(tumour.shape, dtype=np.uint8)
    drawn[box] = distance_mm < 0
    image = sitk.GetImageFromArray(drawn)
    image.CopyInformation(mask)
    return image


def _around(tumour: np.ndarray, margin: np.ndarray) -> tuple[slice, ...]:
    found = np.nonzero(tumour)
    return tuple(
        slice(max(int(i.min()) - m, 0), int(i.max()) + m + 1)
        for i, m in zip(found, margin, strict=True)
    )


def _signed_distance(
    tumour: np.ndarray, sampling_mm: np.ndarray, smoothing_voxels: float
) -> np.ndarray:
    outside = distance_transform_edt(~tumour, sampling=sampling_mm)
    within = distance_transform_edt(tumour, sampling=sampling_mm)
    # smoothed, or whole layers of voxels would come and go; the volume stays
    distance = gaussian_filter(outside - within, smoothing_voxels)
    return distance - np.quantile(distance, tumour.mean())


def evenly_chosen(sizes: Sequence[float], count: int) -> list[int]:
    """Whose tumour is drawn again: spread evenly over the sizes.

    Args:
        sizes: one per patient.
        count: how many, at most all.

    Returns:
        Ascending positions in `sizes`.
    """
    order = np.argsort(sizes, kind="stable")
    count = min(count, len(order))
    places = (np.arange(count) + 0.5) * len(order) / max(count, 1)
    return sorted(int(order[int(place)]) for place in places)
