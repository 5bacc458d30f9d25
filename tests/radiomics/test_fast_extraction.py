"""Whole extractions against pyradiomics, one setting at a time."""

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from hccer.radiomics.fast import extract, extract_many
from tests.radiomics.reference import (
    CLASSES,
    PAPER,
    assert_same,
    ellipsoid,
    pair,
    pyradiomics,
    shared,
)

SHAPE = (13, 16, 18)


def _blurred_noise(seed: int = 4) -> np.ndarray:
    noise = sitk.GetImageFromArray(np.random.default_rng(seed).normal(size=SHAPE) * 400)
    return sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(noise, 0.8)) + 20


def _case() -> tuple[sitk.Image, sitk.Image]:
    return pair(_blurred_noise(), ellipsoid(SHAPE), (0.9, 0.9, 1.7), (-100.3, 20.7, 3.1))


def _parameters(setting: dict[str, Any], image_types: dict[str, Any] | None = None) -> dict:
    return {
        "setting": {"binWidth": 25, "label": 1, **setting},
        "imageType": image_types or {"Original": {}},
        "featureClass": dict.fromkeys(CLASSES),
    }


SETTINGS: list[dict[str, Any]] = [
    {},
    {"binWidth": 3.5},
    {"binCount": 16},
    {"binCount": 1},
    {"binWidth": 5},
    {"distances": [1, 2]},
    {"distances": [2]},
    {"gldm_a": 1},
    {"force2D": True},
    {"force2D": True, "force2Ddimension": 1},
    {"force2D": True, "force2Ddimension": 2, "distances": [1, 2]},
    {"symmetricalGLCM": False},
    {"voxelArrayShift": 300},
    {"normalize": True, "normalizeScale": 100},
    {"normalize": True, "normalizeScale": 100, "removeOutliers": 2.0},
    {"resampledPixelSpacing": [1, 1, 1], "interpolator": "sitkLinear"},
    {"resampledPixelSpacing": [1, 1, 0], "interpolator": "sitkBSpline", "padDistance": 2},
    {"resampledPixelSpacing": [0, 0, 0], "interpolator": "sitkNearestNeighbor"},
    {"preCrop": True},
    {"preCrop": True, "padDistance": 0},
    {"resegmentRange": [-50, 100]},
    {"resegmentRange": [0.1], "resegmentMode": "relative"},
    {"resegmentRange": [-1, 1], "resegmentMode": "sigma", "resegmentShape": True},
    {"minimumROISize": 10, "minimumROIDimensions": 3},
    *({"weightingNorm": norm} for norm in ("manhattan", "euclidean", "infinity", "no_weighting")),
]

IMAGE_TYPES: list[dict[str, Any]] = [
    {"Wavelet": {}},
    {"Wavelet": {"wavelet": "db4", "level": 2, "start_level": 1}},
    {"Wavelet": {"wavelet": "bior3.5", "binWidth": 10}},
    {"LoG": {"sigma": [1.0, 2.0, 3.0, 4.0, 5.0]}},
    {"Square": {}, "SquareRoot": {}, "Logarithm": {}, "Exponential": {}},
    {"Gradient": {}, "Original": {"binCount": 8}},
    {"Gradient": {"gradientUseSpacing": False}},
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_setting(setting: dict[str, Any]) -> None:
    parameters = _parameters(setting)
    assert_same(pyradiomics(*_case(), parameters), extract(*_case(), parameters))


@pytest.mark.parametrize("image_types", IMAGE_TYPES, ids=str)
@pytest.mark.parametrize("setting", [{}, {"preCrop": True}, {"force2D": True}], ids=str)
def test_image_types(image_types: dict[str, Any], setting: dict[str, Any]) -> None:
    parameters = _parameters(setting, image_types)
    assert_same(pyradiomics(*_case(), parameters), extract(*_case(), parameters))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32])
@pytest.mark.parametrize("setting", [{}, {"binCount": 8}, {"normalize": True, "binWidth": 0.2}])
def test_types_of_voxels(dtype: type, setting: dict[str, Any]) -> None:
    image, mask = _case()
    voxels = np.clip(sitk.GetArrayFromImage(image), 0, 180).astype(dtype)
    image = pair(voxels, ellipsoid(SHAPE))[0]
    mask.CopyInformation(image)
    parameters = _parameters(setting, {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [2.0]}})
    assert_same(pyradiomics(image, mask, parameters), extract(image, mask, parameters))


def test_defaults_of_pyradiomics() -> None:
    assert_same(pyradiomics(*_case(), {}), extract(*_case(), {}))


def test_features_by_name_and_deprecated_ones() -> None:
    parameters = _parameters({}) | {
        "featureClass": {
            "glcm": ["SumEntropy", "Contrast", "Dissimilarity"],
            "shape": ["Compactness1", "Compactness2", "SphericalDisproportion"],
            "firstorder": ["StandardDeviation", "Mean"],
        }
    }
    assert_same(pyradiomics(*_case(), parameters), extract(*_case(), parameters))


def test_other_label() -> None:
    image, mask = _case()
    mask = mask * 3
    parameters = _parameters({"label": 3})
    assert_same(pyradiomics(image, mask, parameters), extract(image, mask, parameters, label=3))


def test_mask_on_another_grid_is_corrected() -> None:
    image, mask = _case()
    mask = sitk.Crop(mask, [1, 0, 0], [0, 1, 0])
    parameters = _parameters({"correctMask": True})
    assert_same(pyradiomics(image, mask, parameters), extract(image, mask, parameters))


@pytest.mark.parametrize("case", ["brain1", "brain2", "breast1"])
def test_sample_images_of_pyradiomics(case: str) -> None:
    image = sitk.ReadImage(shared(f"pyradiomics/{case}_image.nrrd"))
    mask = sitk.ReadImage(shared(f"pyradiomics/{case}_label.nrrd"))
    assert_same(pyradiomics(image, mask, PAPER), extract(image, mask, PAPER))


def test_prostate_phantom() -> None:
    image = sitk.ReadImage(shared("pyradiomics/prostate_phantom_subvolume.nrrd"))
    mask = sitk.ReadImage(shared("pyradiomics/prostate_phantom_subvolume-label.nrrd"))
    assert_same(pyradiomics(image, mask, PAPER), extract(image, mask, PAPER))


@pytest.mark.parametrize("setting", [{"binWidth": 1}, {"binCount": 6}])
def test_ibsi_phantom(setting: dict[str, Any]) -> None:
    image = sitk.ReadImage(shared("ibsi1_digital_phantom/image/phantom.nii.gz"))
    mask = sitk.ReadImage(shared("ibsi1_digital_phantom/mask/mask.nii.gz"))
    parameters = _parameters(setting, {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [2.0]}})
    assert_same(pyradiomics(image, mask, parameters), extract(image, mask, parameters))


@pytest.mark.parametrize(
    "setting",
    [{}, {"resampledPixelSpacing": [1, 1, 1], "interpolator": "sitkLinear"}, {"preCrop": True}],
)
def test_several_delineations_share_without_a_difference(setting: dict[str, Any]) -> None:
    image, mask = _case()
    smaller = sitk.BinaryErode(mask, [1, 1, 1])
    shifted = sitk.GetImageFromArray(np.roll(sitk.GetArrayFromImage(smaller), 1, axis=0))
    shifted.CopyInformation(mask)
    types = {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [2.0]}, "Square": {}}
    parameters = _parameters({"normalize": True, "normalizeScale": 100, **setting}, types)
    masks = [mask, smaller, shifted, mask]
    found = extract_many(image, masks, parameters)
    assert found == [extract(image, one, parameters) for one in masks]
    assert_same(pyradiomics(image, smaller, parameters), found[1])
