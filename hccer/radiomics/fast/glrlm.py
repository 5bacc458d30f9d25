"""Grey-level run-length features, averaged over directions."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hccer.radiomics.fast.first_order import EPSILON
from hccer.radiomics.fast.region import Region
from hccer.radiomics.fast.weighting import mean_over_directions, run_length_weights


def _weighted(runs: np.ndarray, region: Region, settings: Mapping[str, Any]) -> np.ndarray:
    p = runs.astype(np.float64)
    norm = settings.get("weightingNorm")
    if norm is not None:
        p = (p * run_length_weights(region.directions(), region.spacing, norm)).sum(2)[:, :, None]
    if p.shape[2] > 1:
        p = p[:, :, p.sum((0, 1)) != 0]
    return p


def _emphases(
    p: np.ndarray, i2: np.ndarray, j2: np.ndarray, runs: np.ndarray
) -> dict[str, np.ndarray]:
    low, high = (np.tensordot(w, p, axes=(0, 0)) for w in (1 / i2, i2))
    short, long = (1 / j2)[:, None], j2[:, None]
    return {
        "LongRunHighGrayLevelEmphasis": (high * long).sum(0) / runs,
        "LongRunLowGrayLevelEmphasis": (low * long).sum(0) / runs,
        "ShortRunHighGrayLevelEmphasis": (high * short).sum(0) / runs,
        "ShortRunLowGrayLevelEmphasis": (low * short).sum(0) / runs,
        "HighGrayLevelRunEmphasis": high.sum(0) / runs,
        "LowGrayLevelRunEmphasis": low.sum(0) / runs,
    }


def _marginals(
    pg: np.ndarray, pr: np.ndarray, i: np.ndarray, j: np.ndarray, runs: np.ndarray
) -> dict[str, np.ndarray]:
    i, j = i[:, None], j[:, None]
    grey, length = pg / runs, pr / runs
    return {
        "GrayLevelNonUniformity": (pg**2).sum(0) / runs,
        "GrayLevelNonUniformityNormalized": (pg**2).sum(0) / runs**2,
        "GrayLevelVariance": (grey * (i - (grey * i).sum(0)) ** 2).sum(0),
        "LongRunEmphasis": (pr * j**2).sum(0) / runs,
        "RunLengthNonUniformity": (pr**2).sum(0) / runs,
        "RunLengthNonUniformityNormalized": (pr**2).sum(0) / runs**2,
        "RunPercentage": runs / (pr * j).sum(0),
        "RunVariance": (length * (j - (length * j).sum(0)) ** 2).sum(0),
        "ShortRunEmphasis": (pr / j**2).sum(0) / runs,
    }


def glrlm(
    runs: np.ndarray, levels: np.ndarray, region: Region, settings: Mapping[str, Any]
) -> dict[str, float]:
    """Run-length features by pyradiomics' names, from counts (n, length - 1, directions)."""
    p = _weighted(runs, region, settings)
    count = p.sum((0, 1))
    count[count == 0] = np.nan
    used = np.flatnonzero(p.any((0, 2)))
    p = p[:, used]
    i, j = levels.astype(np.float64), used + 1.0
    features = _emphases(p, i**2, j**2, count)
    features |= _marginals(p.sum(1), p.sum(0), i, j, count)
    share = p / count
    features["RunEntropy"] = -np.sum(share * np.log2(share + EPSILON), (0, 1))
    return {name: mean_over_directions(values) for name, values in features.items()}
