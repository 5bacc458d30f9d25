"""Grey-level size-zone features, from the list of zones instead of a mostly empty matrix."""

import numpy as np

from hccer.radiomics.fast.first_order import EPSILON


def _variance(values: np.ndarray, share: np.ndarray) -> float:
    return float(np.sum(share * (values - np.sum(share * values)) ** 2))


def glszm(level: np.ndarray, size: np.ndarray) -> dict[str, float]:
    """Size-zone features by pyradiomics' names, from the `level` and `size` of each zone."""
    count = level.size
    pg = np.bincount(level)
    sizes, ps = np.unique(size, return_counts=True)
    _, joint = np.unique(level * (sizes[-1] + 1) + size, return_counts=True)
    share = joint / count
    i2, j2 = level.astype(np.float64) ** 2, size.astype(np.float64) ** 2
    return {
        "GrayLevelNonUniformity": float(np.sum(pg**2.0) / count),
        "GrayLevelNonUniformityNormalized": float(np.sum(pg**2.0) / count**2),
        "GrayLevelVariance": _variance(np.arange(pg.size), pg / count),
        "HighGrayLevelZoneEmphasis": float(i2.sum() / count),
        "LargeAreaEmphasis": float(j2.sum() / count),
        "LargeAreaHighGrayLevelEmphasis": float((i2 * j2).sum() / count),
        "LargeAreaLowGrayLevelEmphasis": float((j2 / i2).sum() / count),
        "LowGrayLevelZoneEmphasis": float((1 / i2).sum() / count),
        "SizeZoneNonUniformity": float(np.sum(ps**2.0) / count),
        "SizeZoneNonUniformityNormalized": float(np.sum(ps**2.0) / count**2),
        "SmallAreaEmphasis": float((1 / j2).sum() / count),
        "SmallAreaHighGrayLevelEmphasis": float((i2 / j2).sum() / count),
        "SmallAreaLowGrayLevelEmphasis": float((1 / (i2 * j2)).sum() / count),
        "ZoneEntropy": float(-np.sum(share * np.log2(share + EPSILON))),
        "ZonePercentage": float(count / size.sum()),
        "ZoneVariance": _variance(sizes, ps / count),
    }
