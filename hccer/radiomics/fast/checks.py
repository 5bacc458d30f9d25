"""The checks pyradiomics makes of a mask, with its messages."""

import numpy as np
import SimpleITK as sitk

from hccer.radiomics.fast.settings import Settings

Box = tuple[slice, slice, slice]  # z, y, x


def bounding_box(mask: np.ndarray) -> Box:
    """Smallest box (z, y, x) around the true voxels of `mask`, which has some."""
    box: list[slice] = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        occupied = np.flatnonzero(mask[tuple(box)].any(axis=others))
        box.append(slice(int(occupied[0]), int(occupied[-1]) + 1))
    return box[0], box[1], box[2]


def read_mask(mask: sitk.Image, settings: Settings) -> sitk.Image:
    """The channel of `mask` to use, with integer labels; ValueError where the label is absent."""
    label = settings["label"]
    if "vector" in mask.GetPixelIDTypeAsString().lower():
        mask = sitk.VectorIndexSelectionCast(mask, settings.get("label_channel", 0))
    if "integer" not in mask.GetPixelIDTypeAsString():
        mask = sitk.Cast(mask, sitk.sitkUInt32)
    array = sitk.GetArrayViewFromImage(mask)
    if array.min() == array.max():
        raise ValueError("No labels found in this mask (i.e. nothing is segmented)!")
    if not (array == label).any():
        labels = np.unique(array)
        raise ValueError(
            f"Label ({label:g}) not present in mask. Choose from {labels[labels != 0]}"
        )
    return mask


def within_image(image: sitk.Image, mask: sitk.Image, box: Box) -> None:
    """Raise ValueError where the region's `box` in `mask` reaches beyond `image`."""
    low = np.array([side.start - 0.5 for side in box[::-1]])
    high = np.array([side.stop - 0.5 for side in box[::-1]])
    corners = [mask.TransformContinuousIndexToPhysicalPoint(c.tolist()) for c in (low, high)]
    bounds = np.array([image.TransformPhysicalPointToContinuousIndex(c) for c in corners])
    size = np.array(image.GetSize())
    if (bounds.min(axis=0) < -0.5 - 1e-3).any() or (bounds.max(axis=0) > size - 0.5 + 1e-3).any():
        raise ValueError(
            "Bounding box of ROI is larger than image space:\n\tROI bounds (x, y, z image "
            f"coordinate space) {bounds.tolist()}\n\tImage Size {image.GetSize()}"
        )


def _same_grid(image: sitk.Image, mask: sitk.Image) -> bool:
    return all(
        getattr(image, get)() == getattr(mask, get)()
        for get in ("GetSize", "GetOrigin", "GetSpacing", "GetDirection")
    )


def _mismatch(error: RuntimeError) -> Exception:
    potential_fix = {
        "Both images for LabelStatisticsImageFilter don't match type or dimension!": (
            "Image/Mask datatype or size mismatch. Potential fix: enable correctMask"
        ),
        "Inputs do not occupy the same physical space!": (
            "Image/Mask geometry mismatch. Potential fix: increase tolerance using "
            "geometryTolerance"
        ),
    }
    for cause, message in potential_fix.items():
        if cause in str(error):
            return ValueError(message)
    return error


def on_image_grid(image: sitk.Image, mask: sitk.Image, settings: Settings) -> sitk.Image:
    """`mask`, resampled to `image` where their grids differ and `correctMask` allows it."""
    if _same_grid(image, mask):
        return mask
    try:
        sitk.LabelStatisticsImageFilter().Execute(image, mask)
    except RuntimeError as error:
        if not settings.get("correctMask", False):
            raise _mismatch(error) from error
        box = bounding_box(sitk.GetArrayViewFromImage(mask) == settings["label"])
        within_image(image, mask, box)
        return sitk.Resample(mask, image, sitk.Transform(), sitk.sitkNearestNeighbor)
    return mask


def check_region(mask: np.ndarray, settings: Settings) -> Box:
    """Bounding box of the bool `mask`; ValueError where it is smaller than the settings ask."""
    if not mask.any():
        raise ValueError(f"Label ({settings['label']:g}) not present in mask")
    box = bounding_box(mask)
    dimensions = sum(side.stop - side.start > 1 for side in box)
    required = settings.get("minimumROIDimensions", 2)
    if dimensions == 0:
        raise ValueError(
            "mask only contains 1 segmented voxel! Cannot extract features for a single voxel."
        )
    if dimensions < required:
        raise ValueError(
            "mask has too few dimensions "
            f"(number of dimensions {dimensions}, minimum required {required})"
        )
    minimum = settings.get("minimumROISize")
    if minimum is not None and (size := np.count_nonzero(mask)) <= minimum:
        raise ValueError(
            f"Size of the ROI is too small (minimum size: {minimum:g}, ROI size: {size:g}"
        )
    return box
