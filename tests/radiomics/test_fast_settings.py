"""What the engine covers, and what it says of the rest."""

import numpy as np
import pytest

from hccer.radiomics.fast import extract, unsupported
from tests.radiomics.reference import PAPER, ellipsoid, pair


def test_paper_preset_is_covered() -> None:
    assert unsupported(PAPER) is None


def test_defaults_are_covered() -> None:
    assert unsupported({}) is None


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"imageType": {"LBP2D": {}}}, "LBP2D"),
        ({"imageType": {"Original": {}, "LBP3D": {}}}, "LBP3D"),
        ({"featureClass": {"fractal": None}}, "fractal"),
        ({"setting": {"force2D": True}, "featureClass": {"shape2D": None}}, "shape2D"),
        ({"setting": {"geometryTolerance": 1e-3}}, "geometryTolerance"),
    ],
)
def test_names_what_it_does_not_cover(parameters: dict, named: str) -> None:
    reason = unsupported(parameters)
    assert reason is not None and named in reason and reason.endswith(".")


def test_refuses_what_it_does_not_cover() -> None:
    image, mask = pair(np.ones((5, 5, 5)), ellipsoid((5, 5, 5)))
    with pytest.raises(NotImplementedError, match="LBP2D"):
        extract(image, mask, {"imageType": {"LBP2D": {}}})


def test_refuses_flat_images() -> None:
    image, mask = pair(np.ones((5, 5, 5)), ellipsoid((5, 5, 5)))
    with pytest.raises(NotImplementedError, match="3D"):
        extract(image[:, :, 2], mask[:, :, 2], {})


def test_paper_preset_gives_1037_features() -> None:
    shape = (12, 13, 14)
    image, mask = pair(np.random.default_rng(0).normal(size=shape), ellipsoid(shape))
    assert len(extract(image, mask, PAPER)) == 1037
