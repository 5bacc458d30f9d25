"""pyradiomics as the reference: the one place where its logging and warnings are silenced."""

import copy
import logging
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from radiomics import cMatrices, cShape, featureextractor, imageoperations

    logging.getLogger("radiomics").setLevel(logging.CRITICAL)

__all__ = ["cMatrices", "cShape", "imageoperations"]

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CLASSES = ("firstorder", "shape", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
PAPER: dict[str, Any] = {
    "setting": {
        "binWidth": 25,
        "normalize": True,
        "normalizeScale": 100,
        "resampledPixelSpacing": [1, 1, 1],
        "interpolator": "sitkLinear",
        "padDistance": 5,
        "label": 1,
    },
    "imageType": {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [2.0, 3.0]}},
    "featureClass": dict.fromkeys(CLASSES),
}


def pyradiomics(
    image: sitk.Image, mask: sitk.Image, parameters: Mapping[str, Any]
) -> dict[str, float]:
    """pyradiomics' features as floats, without the diagnostics."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        extractor = featureextractor.RadiomicsFeatureExtractor(copy.deepcopy(dict(parameters)))
        extractor.settings["additionalInfo"] = False
        return {name: float(value) for name, value in extractor.execute(image, mask).items()}


def _agree(expected: float, found: float) -> bool:
    if np.isnan(expected) or np.isnan(found):
        return bool(np.isnan(expected) and np.isnan(found))
    difference = abs(expected - found)
    return difference <= 1e-9 * abs(expected) or (abs(expected) <= 1e-6 and difference <= 1e-6)


def assert_same(expected: Mapping[str, float], found: Mapping[str, float]) -> None:
    """Same names in the same order, values within 1e-9 (1e-6 where numerically zero)."""
    assert list(found) == list(expected)
    assert all(type(value) is float for value in found.values())
    differing = {n: (e, found[n]) for n, e in expected.items() if not _agree(e, found[n])}
    assert not differing, differing


GROUPS = {"sts": "sts", "pyradiomics": "pyradiomics_data", "ibsi1_digital_phantom": "ibsi"}


def shared(relative: str) -> str:
    """Path of a file of the shared data; skips the test where it is absent and not required."""
    path = SHARED / relative
    if not path.exists():
        if GROUPS[Path(relative).parts[0]] in os.environ.get("HCCER_REQUIRE", "").split():
            pytest.fail(f"required, but {relative} is not there", pytrace=False)
        pytest.skip(f"shared data are absent: {relative}")
    return str(path)


def pair(
    image: np.ndarray,
    mask: np.ndarray,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> tuple[sitk.Image, sitk.Image]:
    """SimpleITK image and mask from arrays (z, y, x); spacing and origin in x, y, z."""
    images = sitk.GetImageFromArray(image), sitk.GetImageFromArray(mask.astype(np.uint8))
    for one in images:
        one.SetSpacing(spacing)
        one.SetOrigin(origin)
    return images


def ellipsoid(shape: tuple[int, int, int]) -> np.ndarray:
    """A bool ellipsoid that fills most of `shape` and leaves one voxel around it."""
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    return sum(axis**2 for axis in axes) < 0.8
