"""What makes an image or a mask unusable, in words; the same judgement before and after storing."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from hccer.imaging.grid import (
    AXES,
    affine,
    continuous_index,
    difference,
    largest_corner_distance,
    on_grid_of,
)

NO_PLACE = "its position, spacing or direction is not finite: no place in the patient"


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
    if not np.isfinite(affine(image)).all():
        return NO_PLACE
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
    if not np.isfinite(affine(mask)).all():
        return NO_PLACE
    ordered = on_grid_of(mask, image, tolerance_mm)
    if ordered is None:
        return _grid_fault(mask, image, tolerance_mm) + _outside(mask, image, label)
    voxels = sitk.GetArrayViewFromImage(mask)
    if voxels.dtype.kind == "f" and not np.isfinite(voxels).all():
        return "mask has NaN or infinite voxels"
    return None if tumour(voxels, label).any() else _empty(voxels, label)


def _grid_fault(mask: sitk.Image, image: sitk.Image, tolerance_mm: float) -> str:
    if mask.GetSize() != image.GetSize():
        sizes = [" x ".join(map(str, each.GetSize())) for each in (mask, image)]
        return f"mask has {sizes[0]} voxels, its image {sizes[1]}"
    distance = largest_corner_distance(mask, image)
    how = difference(mask, image, tolerance_mm)
    return f"mask lies up to {distance:.3g} mm off its image (tolerance {tolerance_mm:g} mm): {how}"


def _outside(mask: sitk.Image, image: sitk.Image, label: int) -> str:
    drawn = tumour(sitk.GetArrayViewFromImage(mask), label)
    if not drawn.any() or _nearest(_centres_mm(drawn, mask), image)[1].any():
        return ""
    return "; mask lies outside its image: 0 % of its tumour voxels are in it"


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


def binary_mask(mask: sitk.Image, image: sitk.Image, label: int) -> sitk.Image:
    """The tumour as a 0/1 mask of 8 bits on exactly the grid of its image."""
    voxels = tumour(sitk.GetArrayViewFromImage(mask), label)
    binary = sitk.GetImageFromArray(voxels.astype(np.uint8))
    binary.CopyInformation(image)
    return binary


@dataclass(frozen=True)
class Overlap:
    """Dice of two masks in patient space, and the best with the first mirrored along `axis`."""

    dice: float
    dice_flipped: float
    axis: str


def flips(voxels: np.ndarray) -> dict[str, np.ndarray]:
    """A volume (z, y, x) mirrored along each of its axes, by the name of the axis."""
    return {axis: np.flip(voxels, 2 - number) for number, axis in enumerate(AXES)}


def best_overlap(first: sitk.Image, second: sitk.Image) -> Overlap:
    """How well two masks agree, and whether they would agree better were the first mirrored.

    A mask whose voxels were flipped while its header was kept passes every test of geometry; only
    another delineation of the same tumour can tell.

    Args:
        first: mask of at least one voxel above 0; its voxels are looked up at the voxel centres
            of the second (nearest neighbour), so the grids may differ.
        second: mask of the same tumour, in the same patient space.

    Source: Dice, Ecology 26, 297-302, 1945.
    """
    voxels, other = (sitk.GetArrayViewFromImage(each) > 0 for each in (first, second))
    index, inside = _nearest(_centres_mm(other, second), first)
    at = tuple(index[inside].T[::-1])
    volumes = [each.sum() * _voxel_volume(of) for each, of in ((voxels, first), (other, second))]
    shared = {axis: mirrored[at].sum() for axis, mirrored in flips(voxels).items()}
    axis = max(shared, key=shared.get)
    dice = [
        min(1.0, float(2 * count * _voxel_volume(second) / sum(volumes)))
        for count in (voxels[at].sum(), shared[axis])
    ]
    return Overlap(*dice, axis)


def _centres_mm(voxels: np.ndarray, image: sitk.Image) -> np.ndarray:
    """Centres (n, 3) of the voxels that are true."""
    matrix = affine(image)
    return np.argwhere(voxels)[:, ::-1] @ matrix[:3, :3].T + matrix[:3, 3]


def _nearest(points_mm: np.ndarray, image: sitk.Image) -> tuple[np.ndarray, np.ndarray]:
    """Index (n, 3) as x, y, z of the voxel nearest each point, and whether the image has it."""
    index = np.clip(np.rint(continuous_index(points_mm, image)), -1, image.GetSize())
    return index.astype(np.int64), ((index >= 0) & (index < image.GetSize())).all(axis=1)


def _voxel_volume(image: sitk.Image) -> float:
    return float(np.prod(image.GetSpacing()))
