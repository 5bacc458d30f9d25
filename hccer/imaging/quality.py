"""What makes an image or a mask unusable, in words; the same judgement before and after storing."""

import itertools

import numpy as np
import SimpleITK as sitk


def image_fault(image: sitk.Image) -> str | None:
    """Why an image cannot be used.

    Args:
        image: any SimpleITK image.

    Returns:
        One clause, or None for a scalar 3D volume with finite, varying voxels.
    """
    shape = " x ".join(map(str, image.GetSize()))
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        components = image.GetNumberOfComponentsPerPixel()
        return f"not a scalar 3D volume: {shape} voxels, {components} component(s) each"
    voxels = sitk.GetArrayViewFromImage(image)
    bad = int(voxels.size - np.isfinite(voxels).sum()) if voxels.dtype.kind == "f" else 0
    if bad:
        return f"{bad} of {voxels.size} voxels are NaN or infinite"
    if voxels.min() == voxels.max():
        return f"constant image: every voxel is {voxels.flat[0]:g}"
    return None


def mask_fault(mask: sitk.Image, image: sitk.Image, label: int, tolerance_mm: float) -> str | None:
    """Why a mask cannot be used with its image.

    Args:
        mask: label image; `label` marks the tumour (see `tumour`).
        image: the image it was drawn on.
        label: voxel value of the tumour.
        tolerance_mm: how far corresponding voxel centres may lie apart.

    Returns:
        One clause, or None.
    """
    if mask.GetDimension() != 3 or mask.GetNumberOfComponentsPerPixel() != 1:
        return f"not a scalar 3D mask: {mask.GetDimension()} dimensions"
    if mask.GetSize() != image.GetSize():
        sizes = [" x ".join(map(str, each.GetSize())) for each in (mask, image)]
        return f"mask has {sizes[0]} voxels, its image {sizes[1]}"
    distance = largest_corner_distance(mask, image)
    if distance > tolerance_mm:
        return f"mask lies up to {distance:.3g} mm off its image (tolerance {tolerance_mm:g} mm)"
    voxels = sitk.GetArrayViewFromImage(mask)
    if voxels.dtype.kind == "f" and not np.isfinite(voxels).all():
        return "mask has NaN or infinite voxels"
    return None if tumour(voxels, label).any() else _empty(voxels, label)


def _empty(voxels: np.ndarray, label: int) -> str:
    labels = np.unique(voxels[voxels != 0])
    if not labels.size:
        return "empty mask: every voxel is 0"
    there = ", ".join(f"{value:g}" for value in labels[:10])
    return f"no voxel has label {label}; labels in the mask: {there}"


def tumour(voxels: np.ndarray, label: int) -> np.ndarray:
    """Boolean array of the tumour: label 1 means any voxel above 0 where the mask is binary."""
    positive = voxels[voxels > 0]
    if label == 1 and positive.size and positive.min() == positive.max():
        return voxels > 0
    return voxels == label


def largest_corner_distance(first: sitk.Image, second: sitk.Image) -> float:
    """Largest distance (mm) between corresponding corner voxels of two grids of equal size."""
    corners = itertools.product(*[(0, size - 1) for size in first.GetSize()])
    apart = [
        np.subtract(
            first.TransformIndexToPhysicalPoint(corner),
            second.TransformIndexToPhysicalPoint(corner),
        )
        for corner in corners
    ]
    return float(np.linalg.norm(apart, axis=1).max())


def binary_mask(mask: sitk.Image, image: sitk.Image, label: int) -> sitk.Image:
    """The tumour as a 0/1 mask of 8 bits on exactly the grid of its image."""
    voxels = tumour(sitk.GetArrayViewFromImage(mask), label)
    binary = sitk.GetImageFromArray(voxels.astype(np.uint8))
    binary.CopyInformation(image)
    return binary
