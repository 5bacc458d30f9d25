"""Mesh and diameters against pyradiomics' C code."""

import numpy as np
import pytest

from hccer.radiomics.fast.diameters import diameters
from hccer.radiomics.fast.mesh import surface_and_volume
from tests.radiomics.reference import cShape, ellipsoid

SPACINGS = [(1.0, 1.0, 1.0), (3.27, 0.977, 0.977), (0.5, 2.0, 1.3)]


def _masks() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    masks = [ellipsoid((9, 12, 15)), np.ones((4, 5, 6), dtype=bool), np.ones((1, 1, 2), dtype=bool)]
    masks += [rng.random((5, 6, 7)) < density for density in (0.05, 0.3, 0.6, 0.95)]
    masks += [rng.random(shape) < 0.5 for shape in [(1, 8, 9), (8, 1, 9), (8, 9, 1), (1, 1, 12)]]
    two = np.zeros((12, 9, 9), dtype=bool)
    two[0, 0, 0] = two[8:, 5:, 5:] = True
    return [*masks, two]


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("mask", _masks())
def test_mesh_and_diameters(mask: np.ndarray, spacing: tuple[float, float, float]) -> None:
    area, volume, expected = cShape.calculate_coefficients(np.pad(mask, 1), np.array(spacing))
    assert surface_and_volume(mask, spacing) == pytest.approx((area, volume), rel=1e-12)
    np.testing.assert_allclose(diameters(mask, spacing), expected, rtol=1e-13)


def test_every_configuration_of_a_cube() -> None:
    for index in range(1, 256):
        mask = np.array([index >> bit & 1 for bit in range(8)], dtype=bool).reshape(2, 2, 2)
        area, volume, expected = cShape.calculate_coefficients(np.pad(mask, 1), np.ones(3))
        found = surface_and_volume(mask, (1.0, 1.0, 1.0))
        assert found == pytest.approx((area, volume), rel=1e-12)
        np.testing.assert_allclose(diameters(mask, (1.0, 1.0, 1.0)), expected, rtol=1e-13)
