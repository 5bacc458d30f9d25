"""Grey-level co-occurrence features, averaged over directions.

Where a rounding error decides (is a variance zero, are two entropies equal), sums run over the
same arrays in the same order as in pyradiomics.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hccer.radiomics.fast.correlation import maximal_correlation
from hccer.radiomics.fast.first_order import EPSILON
from hccer.radiomics.fast.jit import kernel
from hccer.radiomics.fast.region import Region
from hccer.radiomics.fast.weighting import cooccurrence_weights, mean_over_directions

BLOCK = 1 << 22  # probabilities worked on at once, so that 1000 grey levels fit in memory


def probabilities(
    pairs: np.ndarray, region: Region, directions: np.ndarray, settings: Mapping[str, Any]
) -> np.ndarray:
    """Joint probabilities (n, n, directions) from pair counts; empty directions are left out."""
    p = pairs.astype(np.float64)
    if settings.get("symmetricalGLCM", True):
        p += p.transpose(1, 0, 2).copy()
    norm = settings.get("weightingNorm")
    if norm is not None:
        p = (p * cooccurrence_weights(directions, region.spacing, norm)).sum(2, keepdims=True)
    total = p.sum((0, 1))
    if total.size > 1:
        p, total = p[:, :, total != 0], total[total != 0]
    total[total == 0] = np.nan
    return np.divide(p, total, out=np.ascontiguousarray(p))


@kernel
def _diagonals(p: np.ndarray, levels: np.ndarray, plus: np.ndarray, minus: np.ndarray) -> None:
    for i in range(p.shape[0]):
        for j in range(p.shape[1]):
            k, m = levels[i] + levels[j] - 2, abs(levels[i] - levels[j])
            for a in range(p.shape[2]):
                plus[k, a] += p[i, j, a]
                minus[m, a] += p[i, j, a]


@dataclass(frozen=True)
class Distribution:
    """Marginals and diagonals of joint probabilities `p` (n, n, a) of `levels` (n,)."""

    p: np.ndarray
    levels: np.ndarray
    px: np.ndarray  # (n, 1, a)
    py: np.ndarray  # (1, n, a)
    ux: np.ndarray  # (a,)
    uy: np.ndarray  # (a,)
    plus: np.ndarray  # (2 Ng - 1, a), of i + j
    minus: np.ndarray  # (Ng, a), of |i - j|

    @classmethod
    def of(cls, p: np.ndarray, levels: np.ndarray, highest: int) -> "Distribution":
        """Sum `p` over rows, columns and diagonals."""
        plus = np.zeros((2 * highest - 1, p.shape[2]))
        minus = np.zeros((highest, p.shape[2]))
        _diagonals(p, levels, plus, minus)
        px, py = p.sum(1, keepdims=True), p.sum(0, keepdims=True)
        grey = levels.astype(np.float64)
        ux = np.sum(grey[:, None, None] * p, (0, 1))
        uy = np.sum(grey[None, :, None] * p, (0, 1))
        return cls(p, levels, px, py, ux, uy, plus, minus)


def _entropy(p: np.ndarray) -> np.ndarray:
    return -1 * np.sum(p * np.log2(p + EPSILON), 0)


def _cluster(d: Distribution) -> dict[str, np.ndarray]:
    k = np.arange(2, d.plus.shape[0] + 2, dtype=np.float64)[:, None]
    deviation = k - d.ux - d.uy
    square = deviation * deviation
    return {
        "ClusterProminence": (d.plus * square * square).sum(0),
        "ClusterShade": (d.plus * square * deviation).sum(0),
        "ClusterTendency": (d.plus * square).sum(0),
        "SumAverage": (k * d.plus).sum(0),
        "SumEntropy": _entropy(d.plus),
    }


def _difference(d: Distribution) -> dict[str, np.ndarray]:
    highest = d.minus.shape[0]
    k = np.arange(highest, dtype=np.float64)[:, None]
    average = (k * d.minus).sum(0)
    return {
        "Contrast": (d.minus * k**2).sum(0),
        "DifferenceAverage": average,
        "DifferenceEntropy": _entropy(d.minus),
        "DifferenceVariance": (d.minus * (k - average) ** 2).sum(0),
        "Id": (d.minus / (1 + k)).sum(0),
        "Idm": (d.minus / (1 + k**2)).sum(0),
        "Idmn": (d.minus / (1 + k**2 / highest**2)).sum(0),
        "Idn": (d.minus / (1 + k / highest)).sum(0),
        "InverseVariance": (d.minus[1:] / k[1:] ** 2).sum(0),
    }


def _joint(d: Distribution) -> dict[str, np.ndarray]:
    grey = d.levels.astype(np.float64)[:, None]
    dx, dy = grey[:, None] - d.ux, grey[None] - d.uy
    variance_x = np.sum(d.p * dx**2, (0, 1))
    spread = variance_x**0.5 * np.sum(d.p * dy**2, (0, 1)) ** 0.5
    correlation = np.sum(d.p * dx * dy, (0, 1)) / (spread + EPSILON)
    correlation[spread == 0] = 1
    return {
        "Autocorrelation": np.einsum("i,ija,j->a", grey[:, 0], d.p, grey[:, 0]),
        "Correlation": correlation,
        "JointAverage": d.ux,
        "JointEnergy": (d.p**2).sum((0, 1)),
        "MaximumProbability": d.p.max((0, 1)),
        "SumSquares": variance_x,
    }


def _information(d: Distribution) -> dict[str, np.ndarray]:
    independent = d.px * d.py
    surprise = np.log2(independent + EPSILON)
    hxy = -1 * np.sum(d.p * np.log2(d.p + EPSILON), (0, 1))
    hxy1 = -1 * np.sum(d.p * surprise, (0, 1))
    hxy2 = -1 * np.sum(independent * surprise, (0, 1))
    largest = np.fmax(_entropy(d.px[:, 0]), _entropy(d.py[0]))
    imc1 = hxy - hxy1
    imc1[largest != 0] /= largest[largest != 0]
    imc1[largest == 0] = 0
    imc2 = (1 - np.e ** (-2 * (hxy2 - hxy))) ** 0.5
    imc2[hxy2 == hxy] = 0
    return {"JointEntropy": hxy, "Imc1": imc1, "Imc2": imc2}


def glcm(
    p: np.ndarray, levels: np.ndarray, highest: int, wanted: Collection[str]
) -> dict[str, float]:
    """Co-occurrence features by pyradiomics' names.

    p : joint probabilities (n, n, directions); levels : grey level of each row; highest : Ng.
    MCC, the costly one, is computed only where it is `wanted`.
    """
    group = max(1, BLOCK // max(1, p.shape[0] ** 2))
    parts: dict[str, list[np.ndarray]] = {}
    for first in range(0, max(1, p.shape[2]), group):
        some = p if group >= p.shape[2] else p[:, :, first : first + group].copy()
        d = Distribution.of(some, levels, highest)
        found = _cluster(d) | _difference(d) | _joint(d) | _information(d)
        for name, values in found.items():
            parts.setdefault(name, []).append(values)
    features = {name: mean_over_directions(np.concatenate(part)) for name, part in parts.items()}
    if "MCC" in wanted:
        features["MCC"] = maximal_correlation(p)
    return features
