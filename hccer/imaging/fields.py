"""Smooth random fields on a voxel grid."""

import numpy as np
from scipy.sparse import csr_array

Axes = tuple[np.ndarray, np.ndarray, np.ndarray]
REACH = 3.5  # in correlation lengths: beyond, a node's Gaussian is negligible


def smooth_field(rng: np.random.Generator, axes: Axes, length_mm: float) -> np.ndarray:
    """Stationary Gaussian field: mean 0, variance 1, correlation exp(-d^2 / (2 length^2)).

    White noise on nodes one length apart, spread by a separable Gaussian. Sparse products keep
    the order of every sum, so the field does not depend on the number of threads.

    Args:
        axes: coordinates in mm along x, y and z, of any shape.
        length_mm: correlation length.

    Returns:
        Array (z, y, x), float32.
    """
    weights = [_weights(axis.ravel(), length_mm) for axis in reversed(axes)]
    field = rng.standard_normal([each.shape[1] for each in weights], dtype=np.float32)
    for matrix in weights:
        flat = matrix @ field.reshape(field.shape[0], -1)
        field = np.moveaxis(flat.reshape(-1, *field.shape[1:]), 0, -1)
    return np.ascontiguousarray(field)


def _weights(coordinates_mm: np.ndarray, length_mm: float) -> csr_array:
    reach = REACH * length_mm
    nodes = np.arange(coordinates_mm[0] - reach, coordinates_mm[-1] + reach, length_mm)
    distance = (coordinates_mm[:, None] - nodes) / length_mm
    weights = np.exp(-(distance**2)) * (np.abs(distance) < REACH)
    return csr_array((weights / np.linalg.norm(weights, axis=1)[:, None]).astype(np.float32))
