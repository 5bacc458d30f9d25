"""Laplacian of Gaussian by recursive filters, as ITK's LaplacianRecursiveGaussianImageFilter.

Fourth-order recursions of Deriche (1993) with the constants and the edge extension of
`itkRecursiveGaussianImageFilter`; every product and sum is in ITK's order, so that flat regions
round as they do there. Lines are filtered side by side instead of one by one.
"""

from math import cos, exp, sin
from typing import NamedTuple

import numpy as np
from numba import uintp

from hccer.radiomics.fast.checks import Box
from hccer.radiomics.fast.jit import kernel

LINES = 64  # lines filtered side by side: three buffers of them stay in the L2 cache

A = ((1.3530, -0.3531), (-1.3563, 0.3446))
B = ((1.8151, 0.0902), (5.2318, -2.2355))
W = (0.6681, 2.0787)
L = (-1.3932, -1.3732)


Weights = tuple[float, float, float, float]


class Moments(NamedTuple):
    """Zeroth, first and second moment of a coefficient sequence (ITK's S, D, E)."""

    s: float
    d: float
    e: float


def _numerator(sigma: float, order: int) -> tuple[np.ndarray, Moments]:
    (a1, a2), (b1, b2) = A[order], B[order]
    sin1, sin2 = sin(W[0] / sigma), sin(W[1] / sigma)
    cos1, cos2 = cos(W[0] / sigma), cos(W[1] / sigma)
    exp1, exp2 = exp(L[0] / sigma), exp(L[1] / sigma)
    n0 = a1 + a2
    n1 = exp2 * (b2 * sin2 - (a2 + 2 * a1) * cos2)
    n1 += exp1 * (b1 * sin1 - (a1 + 2 * a2) * cos1)
    n2 = (a1 + a2) * cos2 * cos1
    n2 -= b1 * cos2 * sin1 + b2 * cos1 * sin2
    n2 *= 2 * exp1 * exp2
    n2 += a2 * exp1 * exp1 + a1 * exp2 * exp2
    n3 = exp2 * exp1 * exp1 * (b2 * sin2 - a2 * cos2)
    n3 += exp1 * exp2 * exp2 * (b1 * sin1 - a1 * cos1)
    moments = Moments(n0 + n1 + n2 + n3, n1 + 2 * n2 + 3 * n3, n1 + 4 * n2 + 9 * n3)
    return np.array([n0, n1, n2, n3]), moments


def _denominator(sigma: float) -> tuple[np.ndarray, Moments]:
    cos1, cos2 = cos(W[0] / sigma), cos(W[1] / sigma)
    exp1, exp2 = exp(L[0] / sigma), exp(L[1] / sigma)
    d4 = exp1 * exp1 * exp2 * exp2
    d3 = -2 * cos1 * exp1 * exp2 * exp2
    d3 += -2 * cos2 * exp2 * exp1 * exp1
    d2 = 4 * cos2 * cos1 * exp1 * exp2
    d2 += exp1 * exp1 + exp2 * exp2
    d1 = -2 * (exp2 * cos2 + exp1 * cos1)
    moments = Moments(
        1.0 + d1 + d2 + d3 + d4, d1 + 2 * d2 + 3 * d3 + 4 * d4, d1 + 4 * d2 + 9 * d3 + 16 * d4
    )
    return np.array([d1, d2, d3, d4]), moments


def _remaining(n: np.ndarray, d: np.ndarray) -> np.ndarray:
    m = np.array([n[1] - d[0] * n[0], n[2] - d[1] * n[0], n[3] - d[2] * n[0], -d[3] * n[0]])
    sn = n[0] + n[1] + n[2] + n[3]
    sm = m[0] + m[1] + m[2] + m[3]
    sd = 1.0 + d[0] + d[1] + d[2] + d[3]
    return np.array([n, d, m, d * sn / sd, d * sm / sd])


def smoothing(sigma: float) -> np.ndarray:
    """Coefficients (5, 4) N, D, M, BN, BM of a Gaussian of `sigma` samples."""
    d, den = _denominator(sigma)
    n, num = _numerator(sigma, 0)
    alpha = 2 * num.s / den.s - n[0]
    return _remaining(n * (1.0 / alpha), d)


def second_derivative(sigma: float, scale: float) -> np.ndarray:
    """Coefficients (5, 4) of the Gaussian's second derivative, times `scale`."""
    d, den = _denominator(sigma)
    n0, num0 = _numerator(sigma, 0)
    n2, num2 = _numerator(sigma, 1)
    beta = -(2 * num2.s - den.s * n2[0]) / (2 * num0.s - den.s * n0[0])
    n = n2 + beta * n0
    sn, dn, en = (x2 + beta * x0 for x2, x0 in zip(num2, num0, strict=True))
    alpha = (
        en * den.s * den.s - den.e * sn * den.s - 2 * dn * den.d * den.s + 2 * den.d * den.d * sn
    )
    alpha /= den.s * den.s * den.s
    return _remaining(n * (scale / alpha), d)


@kernel
def _sum(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, weights: Weights, out: np.ndarray
) -> None:
    w0, w1, w2, w3 = weights
    for k in range(out.size):
        out[k] = a[k] * w0 + b[k] * w1 + c[k] * w2 + d[k] * w3


@kernel
def _subtract_sum(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, weights: Weights, out: np.ndarray
) -> None:
    w0, w1, w2, w3 = weights
    for k in range(out.size):
        out[k] -= a[k] * w0 + b[k] * w1 + c[k] * w2 + d[k] * w3


@kernel
def _feedback(weights: np.ndarray, edge: np.ndarray, known: int) -> Weights:
    """Weights of the four outputs before: those of the edge where there is no output yet."""
    return (
        weights[0] if known >= 1 else edge[0],
        weights[1] if known >= 2 else edge[1],
        weights[2] if known >= 3 else edge[2],
        weights[3] if known >= 4 else edge[3],
    )


@kernel
def _causal(data: np.ndarray, out: np.ndarray, c: np.ndarray) -> None:
    first = data[0]
    ahead = (c[0, 0], c[0, 1], c[0, 2], c[0, 3])
    for i in range(data.shape[0]):
        d1, d2, d3 = data[max(i - 1, 0)], data[max(i - 2, 0)], data[max(i - 3, 0)]
        r1 = out[i - 1] if i >= 1 else first
        r2 = out[i - 2] if i >= 2 else first
        r3 = out[i - 3] if i >= 3 else first
        r4 = out[i - 4] if i >= 4 else first
        _sum(data[i], d1, d2, d3, ahead, out[i])
        _subtract_sum(r1, r2, r3, r4, _feedback(c[1], c[3], i), out[i])


@kernel
def _anticausal(data: np.ndarray, out: np.ndarray, c: np.ndarray) -> None:
    end = data.shape[0] - 1
    last = data[end]
    ahead = (c[2, 0], c[2, 1], c[2, 2], c[2, 3])
    for i in range(end, -1, -1):
        d1, d2 = data[min(i + 1, end)], data[min(i + 2, end)]
        d3, d4 = data[min(i + 3, end)], data[min(i + 4, end)]
        r1 = out[i + 1] if i <= end - 1 else last
        r2 = out[i + 2] if i <= end - 2 else last
        r3 = out[i + 3] if i <= end - 3 else last
        r4 = out[i + 4] if i <= end - 4 else last
        _sum(d1, d2, d3, d4, ahead, out[i])
        _subtract_sum(r1, r2, r3, r4, _feedback(c[1], c[4], end - i), out[i])


@kernel
def _gather(data: np.ndarray, n: int, inner: int, first: int, lines: np.ndarray, used: int) -> None:
    """Copy lines `first`... of `data`, flat (outer, n, inner), side by side."""
    if inner == 1:
        for k in range(used):
            for i in range(n):
                lines[i, k] = data[uintp((first + k) * n + i)]
        return
    start = first // inner * inner * n + first % inner
    for i in range(n):
        for k in range(used):
            lines[i, k] = data[uintp(start + i * inner + k)]


@kernel
def _scatter(
    forward: np.ndarray,
    backward: np.ndarray,
    low: int,
    result: np.ndarray,
    n: int,
    inner: int,
    first: int,
    used: int,
) -> None:
    """Write the sum of both passes from sample `low` on to `result`, flat (outer, n, inner)."""
    if inner == 1:
        for k in range(used):
            for i in range(n):
                result[uintp((first + k) * n + i)] = forward[low + i, k] + backward[low + i, k]
        return
    start = first // inner * inner * n + first % inner
    for i in range(n):
        for k in range(used):
            result[uintp(start + i * inner + k)] = forward[low + i, k] + backward[low + i, k]


@kernel
def _filter_lines(
    data: np.ndarray, n: int, inner: int, low: int, kept: int, c: np.ndarray, result: np.ndarray
) -> None:
    lines = np.zeros((n, LINES))
    forward = np.empty((n, LINES))
    backward = np.empty((n, LINES))
    count = data.size // n
    first = 0
    while first < count:
        used = min(LINES, count - first)
        if inner > 1:
            used = min(used, inner - first % inner)
        _gather(data, n, inner, first, lines, used)
        _causal(lines, forward, c)
        _anticausal(lines, backward, c)
        _scatter(forward, backward, low, result, kept, inner, first, used)
        first += used


def _along(data: np.ndarray, axis: int, span: slice, c: np.ndarray) -> np.ndarray:
    """Filter `data` along `axis` and keep the samples in `span`, in single precision."""
    shape = list(data.shape)
    n, inner = shape[axis], int(np.prod(shape[axis + 1 :]))
    shape[axis] = span.stop - span.start
    result = np.empty(shape, dtype=np.float32)
    _filter_lines(data.ravel(), n, inner, span.start, shape[axis], c, result.ravel())
    return result


@kernel
def _accumulate(total: np.ndarray, image: np.ndarray, weight: float) -> None:
    for i in range(total.size):
        total[i] = np.float64(total[i]) + np.float64(image[i]) * weight


def laplacian_of_gaussian(
    data: np.ndarray, spacing: tuple[float, float, float], sigma: float, box: Box
) -> np.ndarray:
    """Scale-normalised Laplacian of `data` (z, y, x; each size at least 4) within `box`.

    `spacing` (mm) is in x, y, z as ITK has it, `sigma` in mm. Single precision, as there.
    """
    total = np.zeros([side.stop - side.start for side in box], dtype=np.float32)
    data = np.ascontiguousarray(data, dtype=np.float64)
    for direction in range(3):
        c = second_derivative(sigma / spacing[direction], sigma * sigma)
        image = _along(data, 2 - direction, box[2 - direction], c)
        for other in (d for d in range(3) if d != direction):
            c = smoothing(sigma / spacing[other])
            image = _along(image, 2 - other, box[2 - other], c)
        _accumulate(total.ravel(), image.ravel(), 1.0 / (spacing[direction] * spacing[direction]))
    return total
