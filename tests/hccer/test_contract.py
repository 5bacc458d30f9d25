"""The feature contract: 1037 names for the preset of the paper, checked on every extraction."""

from collections import Counter

import numpy as np
import pytest
import SimpleITK as sitk

from hccer.radiomics import reference
from hccer.radiomics.contract import (
    ContractError,
    check_contract,
    feature_classes,
    feature_definitions,
)
from hccer.radiomics.extraction import bin_count, extract
from schemas.preset import load_preset

PAPER = load_preset("paper").radiomics


def test_the_paper_has_1037_features_per_phase():
    rows = feature_definitions(PAPER)
    groups = Counter(
        row["image_type"].split("-")[0]
        if row["image_type"] != "original"
        else row["feature_class"] if row["feature_class"] in ("firstorder", "shape") else "texture"
        for row in rows
    )  # fmt: skip
    assert groups == {"firstorder": 18, "shape": 14, "texture": 75, "wavelet": 744, "log": 186}
    assert len({row["feature_name"] for row in rows}) == 1037
    assert [row["position"] for row in rows] == list(range(1, 1038))


def test_the_declared_names_are_those_of_pyradiomics():
    from radiomics import getFeatureClasses

    for name, declared in feature_classes().items():
        given = getFeatureClasses()[name].getFeatureNames()
        assert {feature for feature, deprecated in given.items() if not deprecated} == set(declared)


def test_another_set_is_refused_with_the_difference():
    with pytest.raises(ContractError, match=r"1 missing \(b\) and 2 not expected \(c, d\)"):
        check_contract(["a", "b"], ["a", "c", "d"])
    check_contract(["a", "b"], ["b", "a"])


def volume() -> tuple[sitk.Image, sitk.Image]:
    voxels = np.random.default_rng(1).normal(300, 40, size=(12, 12, 12))
    mask = np.zeros(voxels.shape, np.uint8)
    mask[3:9, 3:9, 3:9] = 1
    return sitk.GetImageFromArray(voxels), sitk.GetImageFromArray(mask)


def test_an_engine_that_yields_another_set_is_a_failure(monkeypatch: pytest.MonkeyPatch):
    changed = {"engine": "pyradiomics", "imageType": {"Wavelet": None, "LoG": None}}
    small = load_preset("paper", {"radiomics": changed}).radiomics
    image, mask = volume()
    good = reference.extract(image, mask, small.parameters())
    monkeypatch.setattr(reference, "extract", lambda *given: {"original_shape_New": 1.0, **good})
    found = extract(image, [mask], small)[0]
    assert found.values == {}
    assert "1 not expected (original_shape_New)" in found.reason


def test_bins_are_counted_as_pyradiomics_counts_them():
    from radiomics.imageoperations import getBinEdges

    voxels = np.random.default_rng(2).normal(0, 170, size=500)
    values = {"original_firstorder_Minimum": voxels.min(), "original_firstorder_Maximum":
              voxels.max()}  # fmt: skip
    assert bin_count(values, PAPER) == np.digitize(voxels, getBinEdges(voxels, binWidth=25)).max()
    assert bin_count({}, PAPER) is None
