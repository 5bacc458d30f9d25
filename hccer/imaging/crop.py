"""The tumour as networks see it: consecutive slices, all phases on one grid, as one array."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from hccer.imaging.nodules import largest
from hccer.imaging.quality import image_fault
from schemas.deep import CropSettings
from schemas.errors import HccerError


@dataclass(frozen=True, eq=False)
class Crop:
    """Slices of a tumour, feet to head.

    Attributes:
        tensor: float32 (slices, channels, size, size) within -1 to 1; rows front to back, columns
            from the patient's right to left.
        mask: boolean (slices, size, size), tumour in the same pixels.
        slice_indices: slices of the first image, counted from 0 at the feet.
        spacing_mm: side of a pixel.
        area_mm2: tumour in each slice, in the voxels of the first image.
    """

    tensor: np.ndarray
    mask: np.ndarray
    slice_indices: tuple[int, ...]
    spacing_mm: float
    area_mm2: tuple[float, ...]


def crop(
    images: Sequence[sitk.Image],
    transforms: Sequence[sitk.Transform],
    tumour: sitk.Image,
    settings: CropSettings,
) -> Crop:
    """Cut a tumour out of all phases.

    Every voxel of the result is interpolated once, from the image as it was stored.

    Args:
        images: one per channel; the first one's grid is cut.
        transforms: from points of the first image to points of each (mm), the first is identity.
        tumour: mask on the grid of the first image, tumour above 0.

    Raises:
        HccerError: an image or the mask cannot be used, or there are fewer slices than wanted.
    """
    for image in images:
        if fault := image_fault(image):
            raise HccerError(f"the image cannot be cut: {fault}")
    mask = _chosen(sitk.DICOMOrient(tumour, "LPS"), settings)
    voxels = sitk.GetArrayViewFromImage(mask) > 0
    first = first_slice(voxels, settings.slices)
    chosen = slice(first, first + settings.slices)
    grid = _grid(mask, voxels[chosen], first, settings)
    channels = [_channel(image, transform, grid, settings.clip_sd)
                for image, transform in zip(images, transforms, strict=True)]  # fmt: skip
    inside = sitk.Resample(mask, grid, sitk.Transform(), sitk.sitkNearestNeighbor)
    pixel_mm2 = float(np.prod(mask.GetSpacing()[:2]))
    return Crop(
        tensor=np.stack(channels, axis=1),
        mask=sitk.GetArrayFromImage(inside) > 0,
        slice_indices=tuple(range(first, first + settings.slices)),
        spacing_mm=grid.GetSpacing()[0],
        area_mm2=tuple(float(each.sum()) * pixel_mm2 for each in voxels[chosen]),
    )


def _chosen(tumour: sitk.Image, settings: CropSettings) -> sitk.Image:
    """The part of a mask that is the tumour, 0 and 1."""
    voxels = sitk.GetArrayViewFromImage(tumour) > 0
    if settings.nodules == "largest":
        voxels = largest(voxels)
    chosen = sitk.GetImageFromArray(voxels.astype(np.uint8))
    chosen.CopyInformation(tumour)
    return chosen


def first_slice(tumour: np.ndarray, slices: int) -> int:
    """The first of consecutive slices about the largest tumour area, moved inwards at the ends.

    Args:
        tumour: boolean array (z, y, x).
        slices: how many; of an even number, one more lies below the largest.

    Raises:
        HccerError: an empty mask, or a volume of fewer slices.
    """
    areas = tumour.sum(axis=(1, 2))
    if not areas.any():
        raise HccerError("empty mask: every voxel is 0")
    if len(areas) < slices:
        raise HccerError(f"the image has {len(areas)} slices, a crop needs {slices}")
    return int(np.clip(areas.argmax() - slices // 2, 0, len(areas) - slices))


def _grid(mask: sitk.Image, tumour: np.ndarray, first: int, settings: CropSettings) -> sitk.Image:
    """An empty image on the square about the tumour of these slices, and its margin."""
    spacing = np.array(mask.GetSpacing()[:2])
    rows, columns = (np.flatnonzero(tumour.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    low, high = (np.array([columns[end], rows[end]]) for end in (0, -1))
    side_mm = ((high - low + 1) * spacing).max() + 2 * settings.margin_mm
    pixel_mm = side_mm / settings.size
    corner = (low + high) / 2 - (side_mm - pixel_mm) / 2 / spacing
    grid = sitk.Image([settings.size, settings.size, settings.slices], sitk.sitkUInt8)
    grid.SetDirection(mask.GetDirection())
    grid.SetSpacing([pixel_mm, pixel_mm, mask.GetSpacing()[2]])
    grid.SetOrigin(mask.TransformContinuousIndexToPhysicalPoint([*corner, float(first)]))
    return grid


def _channel(
    image: sitk.Image, transform: sitk.Transform, grid: sitk.Image, clip_sd: float
) -> np.ndarray:
    """z-scores of an image in the grid, clipped and divided by the limit; beyond it, its border."""
    voxels = sitk.GetArrayViewFromImage(image).astype(np.float64)
    moved = sitk.Resample(image, grid, transform, sitk.sitkLinear, 0.0, sitk.sitkFloat32, True)
    scores = (sitk.GetArrayViewFromImage(moved) - voxels.mean()) / voxels.std()
    return (np.clip(scores, -clip_sd, clip_sd) / clip_sd).astype(np.float32)
