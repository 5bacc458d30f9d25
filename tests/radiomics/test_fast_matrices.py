"""Texture matrices against pyradiomics' C code on the same grey levels."""

from collections.abc import Iterator

import numpy as np
import pytest

from hccer.radiomics.fast.angles import angles
from hccer.radiomics.fast.discretise import discretise
from hccer.radiomics.fast.matrices import cooccurrence, run_lengths, zones
from hccer.radiomics.fast.neighbourhood import neighbourhood
from hccer.radiomics.fast.region import Levels, Region
from tests.radiomics.reference import cMatrices, ellipsoid

SHAPES = [(6, 7, 8), (1, 9, 8), (9, 1, 8), (9, 8, 1), (1, 1, 9), (1, 7, 1), (5, 1, 1), (2, 2, 2)]
PLANES = [None, 0, 1, 2]


def _masks(shape: tuple[int, int, int]) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(7)
    yield np.ones(shape, dtype=bool)
    for density in (0.7, 0.2):
        mask = rng.random(shape) < density
        corners = np.ix_(*((0, extent - 1) for extent in shape))
        mask[corners] = True  # keeps the bounding box
        yield mask
    if min(shape) > 4:
        yield ellipsoid(shape)


def _levels(mask: np.ndarray, region: Region, padding: int, highest: int) -> tuple:
    grey = np.random.default_rng(8).integers(1, highest + 1, size=mask.shape)
    grey[grey == 2] = 1  # a level that does not occur
    levels = discretise(grey[mask].astype(float), region, {"binWidth": 1}, padding)
    binned = np.zeros(mask.shape, dtype=int)
    binned[mask] = levels.block[levels.voxels]
    return levels, binned


def _cases(
    distances: tuple[int, ...], plane: int | None
) -> Iterator[tuple[np.ndarray, Region, Levels, np.ndarray]]:
    for shape in SHAPES:
        if not any(extent > 1 for axis, extent in enumerate(shape) if axis != plane):
            continue
        for mask in _masks(shape):
            box = tuple(slice(i.min(), i.max() + 1) for i in np.nonzero(mask))
            mask = np.ascontiguousarray(mask[box])
            region = Region(mask, (1.0, 1.0, 1.0), plane)
            yield mask, region, *_levels(mask, region, max(distances), 6)


def _plane(plane: int | None) -> tuple[bool, int]:
    return plane is not None, plane or 0


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("distances", [(1,), (2,), (1, 2)])
def test_directions(distances: tuple[int, ...], plane: int | None) -> None:
    for mask, region, levels, binned in _cases((1, 2), plane):
        try:
            _, expected = cMatrices.calculate_glcm(
                binned, mask, np.array(distances), levels.highest, *_plane(plane)
            )
        except RuntimeError:
            with pytest.raises(RuntimeError, match="angle count"):
                region.directions(distances)
        else:
            np.testing.assert_array_equal(region.directions(distances), expected)


def test_no_direction_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="angle count"):
        angles((4, 1, 1), (1,), excluded_axis=0)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("distances", [(1,), (1, 2)])
def test_cooccurrence(distances: tuple[int, ...], plane: int | None) -> None:
    for mask, region, levels, binned in _cases(distances, plane):
        expected, _ = cMatrices.calculate_glcm(
            binned, mask, np.array(distances), levels.highest, *_plane(plane)
        )
        kept = np.ix_(levels.present - 1, levels.present - 1)
        found = cooccurrence(levels, region.directions(distances))
        np.testing.assert_array_equal(found, expected[0][kept])


@pytest.mark.parametrize("plane", PLANES)
def test_run_lengths(plane: int | None) -> None:
    for mask, region, levels, binned in _cases((1,), plane):
        expected, _ = cMatrices.calculate_glrlm(
            binned, mask, levels.highest, max(mask.shape), *_plane(plane)
        )
        np.testing.assert_array_equal(run_lengths(levels, region), expected[0][levels.present - 1])


@pytest.mark.parametrize("plane", PLANES)
def test_zones(plane: int | None) -> None:
    for mask, region, levels, binned in _cases((1,), plane):
        expected = cMatrices.calculate_glszm(
            binned, mask, levels.highest, int(mask.sum()), *_plane(plane)
        )[0]
        found = np.zeros_like(expected)
        level, size = zones(levels, region)
        np.add.at(found, (level - 1, size - 1), 1)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("distances", [(1,), (1, 2)])
@pytest.mark.parametrize("alpha", [0, 1])
def test_neighbourhood(distances: tuple[int, ...], alpha: int, plane: int | None) -> None:
    for mask, region, levels, binned in _cases(distances, plane):
        dependence, difference = neighbourhood(levels, region.directions(distances), alpha)
        arguments = binned, mask, np.array(distances), levels.highest
        expected = cMatrices.calculate_gldm(*arguments, alpha, *_plane(plane))[0]
        width = dependence.shape[1]
        np.testing.assert_array_equal(dependence, expected[levels.present - 1, :width])
        assert not expected[:, width:].any()
        expected = cMatrices.calculate_ngtdm(*arguments, *_plane(plane))[0]
        np.testing.assert_array_equal(levels.counts, expected[levels.present - 1, 0])
        np.testing.assert_array_equal(difference, expected[levels.present - 1, 1])
