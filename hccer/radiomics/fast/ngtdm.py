"""Neighbouring grey-tone difference features."""

import numpy as np

FLAT = 1e6  # pyradiomics' coarseness of a region without differences


def ngtdm(counts: np.ndarray, difference: np.ndarray, levels: np.ndarray) -> dict[str, float]:
    """Grey-tone difference features by pyradiomics' names.

    counts, difference, levels : (n,) voxels, summed difference and value of each grey level.
    """
    n, voxels = counts.size, counts.sum()
    p, s, i = counts / voxels, difference, levels.astype(np.float64)
    coarse, total = np.sum(p * s), np.sum(s)
    apart = (i[:, None] - i[None, :]) ** 2
    either = p[:, None] + p[None, :]
    contrast = np.sum(p[:, None] * p[None, :] * apart) * total / voxels
    busy = np.sum(np.abs((i * p)[:, None] - (i * p)[None, :]))
    weighted = ((p * s)[:, None] + (p * s)[None, :]) * np.abs(i[:, None] - i[None, :])
    return {
        "Busyness": float(coarse / busy) if busy != 0 else 0.0,
        "Coarseness": float(1 / coarse) if coarse != 0 else FLAT,
        "Complexity": float(np.sum(weighted / either) / voxels),
        "Contrast": float(contrast / (n * (n - 1))) if n > 1 else 0.0,
        "Strength": float(np.sum(either * apart) / total) if total != 0 else 0.0,
    }
