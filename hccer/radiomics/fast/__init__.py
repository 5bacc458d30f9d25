"""Radiomics at speed: pyradiomics 3.0.1's values under its names, on one thread.

Single-case work only: which cases and which engine is the caller's business.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import SimpleITK as sitk

from hccer.radiomics.fast.extraction import run
from hccer.radiomics.fast.settings import plan, unsupported
from hccer.radiomics.fast.warm_up import warm_up

__all__ = ["extract", "extract_many", "unsupported", "warm_up"]


def extract(
    image: sitk.Image, mask: sitk.Image, parameters: Mapping[str, Any], label: int = 1
) -> dict[str, float]:
    """Features of the voxels of `mask` (z, y, x on the image's grid) that carry `label`.

    `parameters` is pyradiomics' own structure (setting, imageType, featureClass). Raises
    NotImplementedError for what `unsupported` names and for images that are not 3D, and
    ValueError where pyradiomics does (no such label, too small, other grid).
    """
    return extract_many(image, [mask], parameters, label)[0]


def extract_many(
    image: sitk.Image,
    masks: Sequence[sitk.Image],
    parameters: Mapping[str, Any],
    label: int = 1,
) -> list[dict[str, float]]:
    """Features of several delineations of one image, which is normalised once.

    Filters are shared by delineations that fall on the same grid: all without resampling and
    `preCrop`, those with the same bounding box otherwise. Raises as `extract`, for the first
    mask that fails.
    """
    reason = unsupported(parameters)
    if reason is None and image.GetDimension() != 3:
        reason = f"The fast engine takes 3D images, this one has {image.GetDimension()} dimensions."
    if reason is not None:
        raise NotImplementedError(reason)
    return run(image, masks, plan(parameters, label))
