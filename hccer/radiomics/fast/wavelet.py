"""Stationary wavelet transform over a region, bit for bit as `pywt.swtn(level=1)` gives it.

Wavelet bands of flat images hold values of +-1e-15 that sit on a bin edge (zero), so every
sum runs in PyWavelets' own order (`downsampling_convolution_periodization` in its C source).
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pywt
from numba import uintp

from hccer.radiomics.fast.jit import kernel

Region = tuple[slice, slice, slice]


def tap_order(length: int, taps: int, start: int, stop: int) -> np.ndarray:
    """Filter and sample index of each product of the outputs `start:stop`, in summation order.

    Returns an int array (stop - start, taps, 2) for a periodic signal of `length` >= `taps`.
    """
    order = np.empty((stop - start, taps, 2), dtype=np.int64)
    tap = np.arange(taps)
    for row, centre in enumerate(range(start + taps // 2, stop + taps // 2)):
        wrapped = centre - length  # the first `wrapped + 1` products lie beyond the right border
        order[row, :, 0] = np.where(tap <= wrapped, wrapped - tap, tap)
        order[row, :, 1] = np.where(tap <= wrapped, tap, (centre - tap) % length)
    return order


def filter_bank(wavelet: pywt.Wavelet, dtype: np.dtype) -> np.ndarray:
    """Decomposition filters (2, taps) as PyWavelets applies them to samples of `dtype`.

    Its single-precision coiflets are not the rounded double ones, so they are read off an impulse.
    """
    if dtype == np.float64:
        return np.asarray([wavelet.dec_lo, wavelet.dec_hi])
    impulse = np.zeros(wavelet.dec_len, dtype=dtype)
    impulse[0] = 1
    return np.roll(pywt.swt(impulse, wavelet, level=1)[0], wavelet.dec_len // 2, axis=1)


@kernel
def _add_product(
    data: np.ndarray,
    at: int,
    low: np.ndarray,
    high: np.ndarray,
    into: int,
    count: int,
    f_low: float,
    f_high: float,
) -> None:
    for k in range(count):
        value = data[uintp(at + k)]
        low[uintp(into + k)] += f_low * value
        high[uintp(into + k)] += f_high * value


@kernel
def _filter_rows(
    data: np.ndarray,
    n: int,
    inner: int,
    order: np.ndarray,
    filters: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Filter `data`, flat (outer, n, inner), along its middle axis, a row of `inner` at a time."""
    kept, taps = order.shape[:2]
    for j in range(data.size // (n * inner)):
        for row in range(kept):
            into = (j * kept + row) * inner
            for t in range(taps):
                f, at = order[row, t, 0], (j * n + order[row, t, 1]) * inner
                _add_product(data, at, low, high, into, inner, filters[0, f], filters[1, f])


@kernel
def _filter_lines(
    data: np.ndarray,
    n: int,
    order: np.ndarray,
    groups: np.ndarray,
    filters: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Filter `data`, flat (outer, n), along its lines; the outputs of a group share their taps."""
    kept, taps = order.shape[:2]
    for j in range(data.size // n):
        for g in range(groups.size - 1):
            first, last = groups[g], groups[g + 1]
            into = j * kept + first
            for t in range(taps):
                f, at = order[first, t, 0], j * n + order[first, t, 1]
                _add_product(data, at, low, high, into, last - first, filters[0, f], filters[1, f])


def _groups(order: np.ndarray) -> np.ndarray:
    """Bounds of the outputs whose products only move by one sample from one to the next."""
    moves = np.diff(order, axis=0) == (0, 1)
    return np.concatenate([[0], np.flatnonzero(~moves.all(axis=(1, 2))) + 1, [len(order)]])


def _split_axis(
    data: np.ndarray, wavelet: pywt.Wavelet, axis: int, span: slice
) -> tuple[np.ndarray, np.ndarray]:
    """Low and high band of `data` along `axis`, only the samples in `span`."""
    length, taps = data.shape[axis], wavelet.dec_len
    if length < taps:
        low, high = pywt.swt(data, wavelet, level=1, axis=axis)[0]
        cut = (slice(None),) * axis + (span,)
        return low[cut].copy(), high[cut].copy()
    shape = list(data.shape)
    shape[axis] = span.stop - span.start
    bands = np.zeros((2, *shape), dtype=data.dtype)
    filters = filter_bank(wavelet, data.dtype)
    order = tap_order(length, taps, span.start, span.stop)
    flat = data.ravel(), bands[0].ravel(), bands[1].ravel()
    if axis == data.ndim - 1:
        _filter_lines(flat[0], length, order, _groups(order), filters, flat[1], flat[2])
    else:
        inner = int(np.prod(data.shape[axis + 1 :]))
        _filter_rows(flat[0], length, inner, order, filters, flat[1], flat[2])
    return bands[0], bands[1]


def even(data: np.ndarray) -> np.ndarray:
    """`data` with odd axes wrapped to even length, as the transform asks for."""
    odd = [(0, extent % 2) for extent in data.shape]
    return np.pad(data, odd, "wrap") if any(after for _, after in odd) else data


def _near(
    data: np.ndarray, axes: Sequence[int], region: Region, taps: int
) -> tuple[np.ndarray, Region]:
    """The part of `data` that `region` needs, and the region within it.

    Axes along which the filter would reach over a border stay whole, and are made even.
    """
    cut, inner, odd = [], [], []
    for axis, (side, extent) in enumerate(zip(region, data.shape, strict=True)):
        reach = taps if axis in axes else 0
        whole = side.start < reach or side.stop + reach > extent
        first = 0 if whole else side.start - reach
        cut.append(slice(first, extent if whole else side.stop + reach))
        inner.append(slice(side.start - first, side.stop - first))
        odd.append((0, extent % 2 if whole else 0))
    return np.pad(data[tuple(cut)], odd, "wrap"), (inner[0], inner[1], inner[2])


def swt(
    data: np.ndarray, wavelet: pywt.Wavelet, axes: Sequence[int], region: Region
) -> dict[str, np.ndarray]:
    """One level of the undecimated transform of `data` (z, y, x) within `region`.

    Returns the bands by name, one letter (a, d) per axis of `axes`, in PyWavelets' order.
    """
    data, region = _near(data, axes, region, wavelet.dec_len)
    dtype = np.float32 if data.dtype == np.float32 else np.float64
    bands = {"": np.ascontiguousarray(data, dtype=dtype)}
    for axis in axes:
        split = {
            name: _split_axis(band, wavelet, axis, region[axis]) for name, band in bands.items()
        }
        bands = {
            name + letter: split[name][which]
            for name, (which, letter) in product(bands, enumerate("ad"))
        }
    kept = tuple(slice(None) if axis in axes else region[axis] for axis in range(3))
    return {name: band[kept] for name, band in bands.items()}
