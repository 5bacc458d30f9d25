"""Grey-level dependence features."""

import numpy as np

from hccer.radiomics.fast.first_order import EPSILON


def _variance(values: np.ndarray, share: np.ndarray) -> float:
    return float(np.sum(share * (values - np.sum(share * values)) ** 2))


def gldm(dependence: np.ndarray, levels: np.ndarray) -> dict[str, float]:
    """Dependence features by pyradiomics' names, from counts (n, dependent neighbours)."""
    used = np.flatnonzero(dependence.any(axis=0))
    p = dependence[:, used].astype(np.float64)
    count, pg, pd = p.sum(), p.sum(1), p.sum(0)
    i, j = levels.astype(np.float64), used + 1.0
    low, high, small, large = 1 / i**2, i**2, 1 / j**2, j**2
    share = p / count
    return {
        "DependenceEntropy": float(-np.sum(share * np.log2(share + EPSILON))),
        "DependenceNonUniformity": float(np.sum(pd**2) / count),
        "DependenceNonUniformityNormalized": float(np.sum(pd**2) / count**2),
        "DependenceVariance": _variance(j, pd / count),
        "GrayLevelNonUniformity": float(np.sum(pg**2) / count),
        "GrayLevelVariance": _variance(i, pg / count),
        "HighGrayLevelEmphasis": float(pg @ high / count),
        "LargeDependenceEmphasis": float(pd @ large / count),
        "LargeDependenceHighGrayLevelEmphasis": float(high @ p @ large / count),
        "LargeDependenceLowGrayLevelEmphasis": float(low @ p @ large / count),
        "LowGrayLevelEmphasis": float(pg @ low / count),
        "SmallDependenceEmphasis": float(pd @ small / count),
        "SmallDependenceHighGrayLevelEmphasis": float(high @ p @ small / count),
        "SmallDependenceLowGrayLevelEmphasis": float(low @ p @ small / count),
    }
