"""From an image and a mask to the grid on which features are computed.

Normalisation, resampling and cropping follow `radiomics.imageoperations` call by call on
SimpleITK, so that every voxel has the same bits.
"""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from hccer.radiomics.fast.checks import (
    Box,
    bounding_box,
    check_region,
    on_image_grid,
    read_mask,
    within_image,
)
from hccer.radiomics.fast.settings import Settings


@dataclass(frozen=True)
class Volume:
    """A preprocessed image with the region on its grid.

    image : what the filters see; mask, shape_mask : bool (z, y, x), the region for the grey
    values and the one for the shape (they differ after resegmentation); box : where it lies.
    """

    image: sitk.Image
    mask: np.ndarray
    shape_mask: np.ndarray
    box: Box

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size in mm in z, y, x."""
        x, y, z = self.image.GetSpacing()
        return z, y, x

    @property
    def grid(self) -> tuple[float, ...]:
        """What identifies the image among those made from one source: origin, spacing, size."""
        return (*self.image.GetOrigin(), *self.image.GetSpacing(), *self.image.GetSize())


def normalise(image: sitk.Image, settings: Settings) -> sitk.Image:
    """The image as z-scores times `normalizeScale`, outliers clipped, where `normalize` is set."""
    if not settings.get("normalize", False):
        return image
    image = sitk.Normalize(image)
    outliers = settings.get("removeOutliers")
    if outliers is not None:
        clipped = sitk.GetImageFromArray(
            np.clip(sitk.GetArrayViewFromImage(image), -outliers, outliers)
        )
        clipped.CopyInformation(image)
        image = clipped
    image *= settings.get("normalizeScale", 1)
    return image


def _crop(image: sitk.Image, mask: sitk.Image, box: Box, pad: int) -> tuple[sitk.Image, sitk.Image]:
    lower = [max(side.start - pad, 0) for side in box[::-1]]
    upper = [
        max(size - side.stop - pad, 0) for size, side in zip(mask.GetSize(), box[::-1], strict=True)
    ]
    return sitk.Crop(image, lower, upper), sitk.Crop(mask, lower, upper)


def _target_spacing(mask: sitk.Image, box: Box, settings: Settings) -> np.ndarray:
    wanted = np.array(settings["resampledPixelSpacing"], dtype=np.float64)
    own = np.array(mask.GetSpacing())
    if wanted.size != own.size:
        raise AssertionError(
            f"Wrong dimensionality ({wanted.size}-D) of resampledPixelSpacing!, "
            f"{own.size}-D required"
        )
    extent = np.array([side.stop - side.start for side in box[::-1]])
    return np.where((wanted == 0) | (extent == 1), own, wanted)


def _resampler(
    mask: sitk.Image, box: Box, spacing: np.ndarray, pad: int
) -> sitk.ResampleImageFilter:
    own = np.array(mask.GetSpacing())
    ratio = own / spacing
    lower = np.array([side.start for side in box[::-1]])
    upper = np.array([side.stop for side in box[::-1]])
    first = np.maximum(np.floor((lower - 0.5) * ratio - pad), 0)
    last = np.ceil(np.array(mask.GetSize()) * ratio) - 1
    last = np.minimum(np.ceil((upper - 0.5) * ratio + pad), last)
    origin = 0.5 * (spacing - own) / own + first / ratio
    resampler = sitk.ResampleImageFilter()
    resampler.SetOutputSpacing(spacing.tolist())
    resampler.SetOutputDirection(mask.GetDirection())
    resampler.SetSize((last - first + 1).astype(int).tolist())
    resampler.SetOutputOrigin(mask.TransformContinuousIndexToPhysicalPoint(origin.tolist()))
    return resampler


def resample(
    image: sitk.Image, mask: sitk.Image, settings: Settings
) -> tuple[sitk.Image, sitk.Image]:
    """Image and mask at `resampledPixelSpacing`, cropped to the region and `padDistance`."""
    box = bounding_box(sitk.GetArrayViewFromImage(mask) == settings["label"])
    spacing = _target_spacing(mask, box, settings)
    within_image(image, mask, box)
    pad = settings.get("padDistance", 5)
    if np.allclose(image.GetSpacing(), spacing):
        mask = sitk.Resample(mask, image, sitk.Transform(), sitk.sitkNearestNeighbor)
        box = bounding_box(sitk.GetArrayViewFromImage(mask) == settings["label"])
        return _crop(image, mask, box, settings.get("padDistance", 0))
    resampler = _resampler(mask, box, spacing, pad)
    interpolator = settings["interpolator"]
    if isinstance(interpolator, str):
        interpolator = getattr(sitk, interpolator, sitk.sitkBSpline)
    resampler.SetOutputPixelType(image.GetPixelID())
    resampler.SetInterpolator(interpolator)
    resampled = resampler.Execute(image)
    resampler.SetOutputPixelType(mask.GetPixelID())
    resampler.SetInterpolator(sitk.sitkNearestNeighbor)
    return resampled, resampler.Execute(mask)


def resegment(image: np.ndarray, mask: np.ndarray, settings: Settings) -> np.ndarray:
    """The voxels of `mask` whose value lies in `resegmentRange`."""
    limits = settings["resegmentRange"]
    if not 1 <= len(limits) <= 2:
        raise ValueError(f"Length {len(limits)} is not allowed for resegmentRange")
    values, mode = image[mask], settings.get("resegmentMode", "absolute")
    thresholds = sorted(limits)
    if mode == "relative":
        thresholds = [values.max() * limit for limit in thresholds]
    elif mode == "sigma":
        thresholds = [values.mean() + values.std() * limit for limit in thresholds]
    elif mode != "absolute":
        raise ValueError(f"Resegment mode {mode} not recognized.")
    kept = values >= thresholds[0]
    if len(thresholds) == 2:
        kept &= values <= thresholds[1]
    if kept.sum() <= 1:
        raise ValueError(
            f"Resegmentation excluded too many voxels with label {settings['label']} "
            f"(retained {kept.sum()} voxel(s))! Cannot extract features"
        )
    smaller = np.zeros_like(mask)
    smaller[mask] = kept
    return smaller


def prepare(image: sitk.Image, mask: sitk.Image, settings: Settings) -> Volume:
    """Bring the normalised `image` and `mask` to the grid of the features.

    Raises what pyradiomics raises: ValueError for masks without the label, on another grid,
    too small or outside the image.
    """
    mask = read_mask(mask, settings)
    if (
        settings.get("interpolator") is not None
        and settings.get("resampledPixelSpacing") is not None
    ):
        image, mask = resample(image, mask, settings)
    elif settings.get("preCrop", False):
        mask = on_image_grid(image, mask, settings)
        box = check_region(sitk.GetArrayViewFromImage(mask) == settings["label"], settings)
        image, mask = _crop(image, mask, box, settings.get("padDistance", 0))
    mask = on_image_grid(image, mask, settings)
    region = shape_region = sitk.GetArrayViewFromImage(mask) == settings["label"]
    box = check_region(region, settings)
    if settings.get("resegmentRange") is not None:
        region = resegment(sitk.GetArrayViewFromImage(image), region, settings)
        box = check_region(region, settings)
        shape_region = region if settings.get("resegmentShape", False) else shape_region
    return Volume(image, region, shape_region, box)
