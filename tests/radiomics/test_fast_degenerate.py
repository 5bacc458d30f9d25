"""Tiny, flat and broken regions: the values, NaNs and exceptions of pyradiomics."""

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from hccer.radiomics.fast import extract
from tests.radiomics.reference import CLASSES, assert_same, ellipsoid, pair, pyradiomics

SHAPE = (9, 10, 11)
TYPES = {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [1.0, 5.0]}}


def _parameters(**setting: Any) -> dict[str, Any]:
    setting = {"binWidth": 25, "minimumROIDimensions": 1, **setting}
    return {"setting": setting, "imageType": TYPES, "featureClass": dict.fromkeys(CLASSES)}


def _mask(*where: Any) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    for at in where:
        mask[at] = True
    return mask


EVERYWHERE = slice(None)
MASKS = {
    "slice": _mask(4),
    "column": _mask((EVERYWHERE, 5)),
    "row": _mask((4, 5)),
    "line along z": _mask((EVERYWHERE, 5, 5)),
    "two neighbours": _mask((4, 5, slice(5, 7))),
    "two apart": _mask((0, 0, 0), (8, 9, 10)),
    "checkerboard": np.indices(SHAPE).sum(axis=0) % 2 == 0,
    "components": _mask((slice(0, 3), slice(0, 3), slice(0, 3)), (slice(6, 9), 8, slice(5, 11))),
    "at the border": _mask((slice(0, 5), slice(3, 10), slice(4, 11))),
    "ellipsoid": ellipsoid(SHAPE),
}

IMAGES = {
    "noise": np.random.default_rng(6).normal(size=SHAPE) * 60,
    "flat on an edge": np.full(SHAPE, 50.0),
    "flat": np.full(SHAPE, 7.3),
    "two values": np.where(np.indices(SHAPE).sum(axis=0) % 3 == 0, 0.0, 30.0),
    "ramp": np.indices(SHAPE)[2] * 25.0,
    "spot": np.where(_mask((4, 5, 5)), 1000.0, 0.0),
}


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("mask", MASKS)
def test_same_values(image: str, mask: str) -> None:
    case = pair(IMAGES[image], MASKS[mask], (0.8, 0.8, 2.5))
    assert_same(pyradiomics(*case, _parameters()), extract(*case, _parameters()))


@pytest.mark.parametrize("dimension", [0, 1, 2])
@pytest.mark.parametrize("mask", ["slice", "column", "ellipsoid", "components"])
def test_same_values_in_planes(mask: str, dimension: int) -> None:
    parameters = _parameters(force2D=True, force2Ddimension=dimension)
    case = pair(IMAGES["noise"], MASKS[mask])
    assert_same(pyradiomics(*case, parameters), extract(*case, parameters))


def _shifted(mask: sitk.Image) -> sitk.Image:
    mask = sitk.Image(mask)
    mask.SetOrigin((100.0, 0.0, 0.0))
    return mask


FAILURES = {
    "one voxel": (_mask((4, 5, 5)), {}),
    "nothing": (_mask(), {}),
    "everything": (_mask(EVERYWHERE), {}),
    "too few dimensions": (MASKS["row"], {"minimumROIDimensions": 2}),
    "too few voxels": (MASKS["two neighbours"], {"minimumROISize": 2}),
    "no direction": (MASKS["line along z"], {"force2D": True}),
    "resegmented away": (MASKS["ellipsoid"], {"resegmentRange": [1e5, 1e6]}),
    "three limits": (MASKS["ellipsoid"], {"resegmentRange": [1, 2, 3]}),
    "wrong number of spacings": (MASKS["ellipsoid"], {"resampledPixelSpacing": [1, 1]}),
}


def _assert_same_failure(image: sitk.Image, mask: sitk.Image, parameters: dict) -> None:
    with pytest.raises(Exception) as expected:
        pyradiomics(image, mask, parameters)
    with pytest.raises(expected.type) as found:
        extract(image, mask, parameters)
    assert str(found.value)[:40] == str(expected.value)[:40]


@pytest.mark.parametrize("name", FAILURES)
def test_same_exception(name: str) -> None:
    mask, setting = FAILURES[name]
    _assert_same_failure(*pair(IMAGES["noise"], mask), _parameters(**setting))


def test_absent_label() -> None:
    image, mask = pair(IMAGES["noise"], MASKS["ellipsoid"])
    with pytest.raises(ValueError, match=r"Label \(2\) not present in mask. Choose from \[1\]"):
        extract(image, mask, _parameters(), label=2)


@pytest.mark.parametrize("resampled", [{}, {"resampledPixelSpacing": [2, 2, 2]}])
def test_mask_elsewhere(resampled: dict[str, Any]) -> None:
    image, mask = pair(IMAGES["noise"], MASKS["ellipsoid"])
    _assert_same_failure(image, _shifted(mask), _parameters(**resampled))


def test_mask_of_another_size() -> None:
    image, mask = pair(IMAGES["noise"], MASKS["ellipsoid"])
    _assert_same_failure(image, sitk.Crop(mask, [0, 0, 0], [1, 0, 0]), _parameters())
    _assert_same_failure(image, _shifted(mask), _parameters(correctMask=True))
