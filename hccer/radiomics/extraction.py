"""Features of the delineations of one image, by the engine that the settings name."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import SimpleITK as sitk

from hccer.radiomics import reference
from hccer.radiomics.contract import check_contract, feature_definitions
from schemas.preset import RadiomicsSettings

REASON_LENGTH = 500


@dataclass(frozen=True)
class Extraction:
    """Features of one delineation, or why there are none.

    Attributes:
        values: value by feature name, in the order of the definitions; empty on failure.
        bin_count: grey-level bins that the ROI's original intensities span.
        reason: why there are no values.
    """

    engine: str
    values: dict[str, float]
    bin_count: int | None
    seconds: float
    reason: str | None = None


def extract(
    image: sitk.Image, masks: Sequence[sitk.Image], settings: RadiomicsSettings
) -> list[Extraction]:
    """Extract every delineation of one image.

    Args:
        image: scalar 3D image.
        masks: 0/1 masks on the image's grid.
        settings: engine, image types, feature classes and pyradiomics' settings.

    Returns:
        One result per mask, in order; a failure is a result with its reason.
    """
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    return [_extract_one(image, mask, settings) for mask in masks]


def _extract_one(image: sitk.Image, mask: sitk.Image, settings: RadiomicsSettings) -> Extraction:
    started = time.perf_counter()
    names = [str(row["feature_name"]) for row in feature_definitions(settings)]
    try:
        values = reference.extract(image, mask, settings.parameters())
        check_contract(names, values)
    except Exception as error:  # whatever stops one delineation is its reason, not the cohort's
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:REASON_LENGTH]
        return Extraction("pyradiomics", {}, None, time.perf_counter() - started, reason)
    ordered = {name: values[name] for name in names}
    seconds = time.perf_counter() - started
    return Extraction("pyradiomics", ordered, bin_count(ordered, settings), seconds)


def bin_count(values: dict[str, float], settings: RadiomicsSettings) -> int | None:
    """Number of grey-level bins in the ROI of the original image.

    Source: pyradiomics 3.0.1, `imageoperations.getBinEdges`: bins of fixed width start at a
    multiple of the width at or below the minimum.

    Returns:
        The count; the setting where bins are counted; None without first-order features.
    """
    if settings.setting.binCount is not None:
        return settings.setting.binCount
    width = settings.setting.binWidth or 25.0
    low, high = (values.get(f"original_firstorder_{name}") for name in ("Minimum", "Maximum"))
    if low is None or high is None:
        return None
    return math.floor(high / width) - math.floor(low / width) + 1
