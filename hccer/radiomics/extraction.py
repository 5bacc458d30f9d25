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
        settings: engine, image types, feature classes and pyradiomics' settings. What the fast
            engine does not cover is computed by pyradiomics, and the result says so.

    Returns:
        One result per mask, in order; a failure is a result with its reason.
    """
    from hccer.radiomics import fast  # numba takes a while to import: only where it is used

    if settings.engine == "pyradiomics" or fast.unsupported(settings.parameters()):
        return [_alone("pyradiomics", image, mask, settings) for mask in masks]
    try:
        return _together(image, masks, settings)
    except Exception:  # one by one, so that the reason belongs to its delineation
        return [_alone("fast", image, mask, settings) for mask in masks]


def _together(
    image: sitk.Image, masks: Sequence[sitk.Image], settings: RadiomicsSettings
) -> list[Extraction]:
    from hccer.radiomics import fast

    started = time.perf_counter()
    found = fast.extract_many(image, masks, settings.parameters())
    seconds = (time.perf_counter() - started) / len(masks)
    return [_checked("fast", values, settings, seconds) for values in found]


def _alone(
    engine: str, image: sitk.Image, mask: sitk.Image, settings: RadiomicsSettings
) -> Extraction:
    from hccer.radiomics import fast

    compute = fast.extract if engine == "fast" else reference.extract
    started = time.perf_counter()
    try:
        values = compute(image, mask, settings.parameters())
        return _checked(engine, values, settings, time.perf_counter() - started)
    except Exception as error:  # whatever stops one delineation is its reason, not the cohort's
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:REASON_LENGTH]
        return Extraction(engine, {}, None, time.perf_counter() - started, reason)


def _checked(
    engine: str, values: dict[str, float], settings: RadiomicsSettings, seconds: float
) -> Extraction:
    names = [str(row["feature_name"]) for row in feature_definitions(settings)]
    check_contract(names, values)
    ordered = {name: values[name] for name in names}
    return Extraction(engine, ordered, bin_count(ordered, settings), seconds)


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
