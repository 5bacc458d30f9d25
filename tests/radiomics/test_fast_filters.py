"""Filtered images have the bits of PyWavelets and ITK, so no value changes its bin."""

from collections.abc import Callable

import numpy as np
import pytest
import pywt
import SimpleITK as sitk

from hccer.radiomics.fast.discretise import bin_edges
from hccer.radiomics.fast.filters import filtered_images
from hccer.radiomics.fast.laplacian import laplacian_of_gaussian
from hccer.radiomics.fast.wavelet import swt
from tests.radiomics.reference import imageoperations

BOX = (slice(1, 13), slice(4, 11), slice(5, 18))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
@pytest.mark.parametrize("wavelet", pywt.wavelist(kind="discrete"))
def test_every_wavelet_has_the_same_bits(wavelet: str, dtype: type) -> None:
    data = (np.random.default_rng(1).normal(size=(14, 20, 18)) * 100).astype(dtype)
    expected = pywt.swtn(data, wavelet, level=1, axes=(2, 1, 0))[0]
    found = swt(data, pywt.Wavelet(wavelet), (2, 1, 0), BOX)
    assert list(found) == list(expected)
    for band, values in expected.items():
        np.testing.assert_array_equal(found[band], values[BOX])


@pytest.mark.parametrize("axes", [(2, 1), (2, 0), (1, 0)])
def test_wavelet_in_a_plane(axes: tuple[int, ...]) -> None:
    data = np.random.default_rng(2).normal(size=(14, 20, 18))
    expected = pywt.swtn(data, "coif1", level=1, axes=axes)[0]
    for band, values in swt(data, pywt.Wavelet("coif1"), axes, BOX).items():
        np.testing.assert_array_equal(values, expected[band][BOX])


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0, 4.0, 5.0])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.977, 0.977, 3.27)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
def test_laplacian_has_the_same_bits(sigma: float, spacing: tuple, dtype: type) -> None:
    data = (np.random.default_rng(3).normal(size=(14, 20, 70)) * 100).astype(dtype)
    image = sitk.GetImageFromArray(data)
    image.SetSpacing(spacing)
    expected = sitk.GetArrayFromImage(sitk.LaplacianRecursiveGaussian(image, sigma, True))
    np.testing.assert_array_equal(laplacian_of_gaussian(data, spacing, sigma, BOX), expected[BOX])


def _near_an_edge(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    nearest = edges[np.abs(values[:, None] - edges).argmin(axis=1)]
    return np.flatnonzero(np.abs(values - nearest) < 1e-9)


def _flat_with_a_spot() -> sitk.Image:
    data = np.full((15, 21, 24), 37.3)
    data[7, 10, 12] = 90.0
    return sitk.GetImageFromArray(data)


@pytest.mark.parametrize(
    ("image_type", "own", "at_least"),
    [("Wavelet", {}, 3000), ("Wavelet", {"wavelet": "db4"}, 3000), ("LoG", {"sigma": [1.0]}, 5)],
)
def test_ties_on_bin_edges_fall_on_the_same_side(
    image_type: str, own: dict, at_least: int, record_property: Callable[[str, object], None]
) -> None:
    """Where an image is flat, bands are +-1e-15 around the edge at zero: count them, flip none."""
    image, ties, flipped = _flat_with_a_spot(), [], []
    generator = getattr(imageoperations, f"get{image_type}Image")(image, None, **own)
    expected = {name: sitk.GetArrayFromImage(band)[BOX].ravel() for band, name, _ in generator}
    for name, band in filtered_images(image, BOX, image_type, own):
        reference = expected[name]
        edges = bin_edges(reference.min(), reference.max(), {"binWidth": 25})
        near = _near_an_edge(reference, edges)
        levels = (np.digitize(v[near], edges) for v in (reference, band.ravel()))
        ties += [(name, int(i), float(reference[i])) for i in near]
        flipped += list(near[np.not_equal(*levels)])
    record_property("ties", ties)
    assert len(ties) >= at_least
    assert not flipped
