"""Directions: weights by their physical length (`weightingNorm`), and means over them."""

import numpy as np


def lengths(directions: np.ndarray, spacing: tuple[float, float, float], norm: str) -> np.ndarray:
    """Length (n,) in mm of directions (n, 3) by `norm`; `spacing` in z, y, x."""
    steps = np.abs(directions) * np.array(spacing)
    if norm == "infinity":
        return steps.max(axis=1)
    if norm == "euclidean":
        return np.sqrt((steps**2).sum(axis=1))
    return steps.sum(axis=1)


def cooccurrence_weights(
    directions: np.ndarray, spacing: tuple[float, float, float], norm: str
) -> np.ndarray:
    """Weight (n,) of each direction of a co-occurrence matrix: exp(-length^2)."""
    if norm == "no_weighting":
        return np.ones(len(directions))
    return np.exp(-(lengths(directions, spacing, norm) ** 2))


def run_length_weights(
    directions: np.ndarray, spacing: tuple[float, float, float], norm: str
) -> np.ndarray:
    """Weight (n,) of each direction of a run-length matrix: its length."""
    if norm == "no_weighting":
        return np.ones(len(directions))
    return lengths(directions, spacing, norm)


def mean_over_directions(values: np.ndarray) -> float:
    """Mean of the `values` (n,) that are numbers, NaN where none is; the real part of complex."""
    defined = values[~np.isnan(values)]
    return float(defined.mean().real) if defined.size else np.nan
