"""First-order statistics."""

import numpy as np

from hccer.radiomics.fast.order_statistics import percentiles

EPSILON = np.spacing(1)


def _mean_absolute_deviation(values: np.ndarray) -> float:
    return float(np.abs(values - values.mean()).mean()) if values.size else np.nan


def _order_statistics(values: np.ndarray) -> dict[str, float]:
    p10, p25, p50, p75, p90 = percentiles(values, (10, 25, 50, 75, 90))
    robust = values[(values >= p10) & (values <= p90)]
    low, high = float(values.min()), float(values.max())
    return {
        "10Percentile": p10,
        "90Percentile": p90,
        "InterquartileRange": p75 - p25,
        "Maximum": high,
        "Median": p50,
        "Minimum": low,
        "Range": high - low,
        "RobustMeanAbsoluteDeviation": _mean_absolute_deviation(robust),
    }


def _moments(values: np.ndarray) -> dict[str, float]:
    mean = values.sum() / values.size
    deviation = values - mean
    square = deviation * deviation
    m2 = square.mean()
    divisor = m2 if m2 != 0 else 1.0
    return {
        "Kurtosis": float(np.dot(square, square) / values.size / divisor**2.0),
        "Mean": float(mean),
        "MeanAbsoluteDeviation": float(np.abs(deviation).mean()),
        "Skewness": float(np.dot(square, deviation) / values.size / divisor**1.5),
        "StandardDeviation": float(np.sqrt(m2)),
        "Variance": float(np.sqrt(m2) ** 2),
    }


def first_order(
    values: np.ndarray, counts: np.ndarray, voxel_volume: float, shift: float = 0
) -> dict[str, float]:
    """First-order features of a region's `values` (n,), by pyradiomics' names.

    counts : voxels of each grey level that occurs; voxel_volume : mm3; shift : added to the
    values before they are squared (`voxelArrayShift`).
    """
    p = counts / values.size
    values = values.astype(np.float64)
    shifted = values + shift
    energy = float(np.dot(shifted, shifted))
    features = _order_statistics(values) | _moments(values)
    features["Energy"] = energy
    features["Entropy"] = float(-np.sum(p * np.log2(p + EPSILON)))
    features["RootMeanSquared"] = float(np.sqrt(energy / values.size))
    features["TotalEnergy"] = energy * voxel_volume
    features["Uniformity"] = float(np.sum(p**2))
    return features
