"""Image types: the original and the filtered images, within a box."""

from collections.abc import Callable, Iterator

import numpy as np
import pywt
import SimpleITK as sitk

from hccer.radiomics.fast.checks import Box
from hccer.radiomics.fast.laplacian import laplacian_of_gaussian
from hccer.radiomics.fast.settings import Settings
from hccer.radiomics.fast.wavelet import even, swt

Filtered = Iterator[tuple[str, np.ndarray]]


def _original(image: sitk.Image, box: Box, settings: Settings) -> Filtered:
    yield "original", sitk.GetArrayViewFromImage(image)[box]


def _wavelet_axes(settings: Settings) -> tuple[int, ...]:
    left_out = settings.get("force2Ddimension", 0) if settings.get("force2D", False) else None
    return tuple(axis for axis in (2, 1, 0) if axis != left_out)


def _wavelet(image: sitk.Image, box: Box, settings: Settings) -> Filtered:
    data = sitk.GetArrayViewFromImage(image)
    level, start = settings.get("level", 1), settings.get("start_level", 0)
    if level + start > 1:
        data = even(data)
    whole = (slice(0, data.shape[0]), slice(0, data.shape[1]), slice(0, data.shape[2]))
    wavelet = pywt.Wavelet(settings.get("wavelet", "coif1"))
    axes = _wavelet_axes(settings)
    approximation = "a" * len(axes)
    for _ in range(start):
        data = swt(data, wavelet, axes, whole)[approximation]
    for step in range(1, level + 1):
        region = box if step == level else whole
        bands = swt(data, wavelet, axes, region)
        data = bands.pop(approximation)
        prefix = "wavelet" if step == 1 else f"wavelet{step}"
        for name, band in bands.items():
            band = band if region is box else band[box]
            yield f"{prefix}-{name.replace('a', 'L').replace('d', 'H')}", band
    yield f"{'wavelet' if level == 1 else f'wavelet{level}'}-{'L' * len(axes)}", data


def _laplacian(image: sitk.Image, box: Box, settings: Settings) -> Filtered:
    size, spacing = np.array(image.GetSize()), np.array(image.GetSpacing())
    if size.min() < 4:
        return
    data = sitk.GetArrayViewFromImage(image)
    for sigma in settings.get("sigma", []):
        if sigma > 0.0 and np.all(size >= np.ceil(sigma / spacing) + 1):
            filtered = laplacian_of_gaussian(data, image.GetSpacing(), sigma, box)
            yield f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D", filtered


def _square(image: sitk.Image, box: Box, settings: Settings) -> Filtered:
    data = sitk.GetArrayFromImage(image).astype(np.float64)
    yield "square", ((1 / np.sqrt(np.max(np.abs(data)))) * data[box]) ** 2


def _square_root(image: sitk.Image, box: Box, settings: Settings) -> Filtered:
    data = sitk.GetArrayFromImage(image).astype(np.float64)
    largest = np.max(np.abs(data))
    data = data[box]
    data[data > 0] = np.sqrt(data[data > 0] * largest)
    data[data < 0] = -np.sqrt(-data[data < 0] * largest)
    yield "squareroot", data


def _logarithm(image: sitk.Image, box: Box, settings: Settings) -> Filtered:
    data = sitk.GetArrayFromImage(image).astype(np.float64)
    largest = np.max(np.abs(data))
    data[data > 0] = np.log(data[data > 0] + 1)
    data[data < 0] = -np.log(-(data[data < 0] - 1))
    yield "logarithm", data[box] * (largest / np.max(np.abs(data)))


def _exponential(image: sitk.Image, box: Box, settings: Settings) -> Filtered:
    data = sitk.GetArrayFromImage(image).astype(np.float64)
    largest = np.max(np.abs(data))
    yield "exponential", np.exp(np.log(largest) / largest * data[box])


def _gradient(image: sitk.Image, box: Box, settings: Settings) -> Filtered:
    gradient = sitk.GradientMagnitude(image, settings.get("gradientUseSpacing", True))
    yield "gradient", sitk.GetArrayViewFromImage(gradient)[box]


FILTERS: dict[str, Callable[[sitk.Image, Box, Settings], Filtered]] = {
    "Original": _original,
    "Wavelet": _wavelet,
    "LoG": _laplacian,
    "Square": _square,
    "SquareRoot": _square_root,
    "Logarithm": _logarithm,
    "Exponential": _exponential,
    "Gradient": _gradient,
}


def filtered_images(image: sitk.Image, box: Box, image_type: str, settings: Settings) -> Filtered:
    """Names, as pyradiomics gives them, and values within `box` of the images of one type."""
    return FILTERS[image_type](image, box, settings)
