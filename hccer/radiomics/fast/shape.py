"""Shape features of a region."""

import numpy as np

from hccer.radiomics.fast.diameters import diameters
from hccer.radiomics.fast.mesh import surface_and_volume


def principal_variances(coordinates: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """Ascending eigenvalues (3,) in mm2 of the covariance (by N) of voxel `coordinates` (3, n)."""
    centred = (coordinates - coordinates.mean(axis=1, keepdims=True)) * np.array(spacing)[:, None]
    eigenvalues = np.linalg.eigvalsh(centred @ centred.T / coordinates.shape[1])
    return np.where((eigenvalues < 0) & (eigenvalues > -1e-10), 0, eigenvalues)


def _axes(variances: np.ndarray) -> dict[str, float]:
    least, minor, major = variances
    return {
        "Elongation": float(np.sqrt(minor / major)),
        "Flatness": float(np.sqrt(least / major)),
        "LeastAxisLength": float(np.sqrt(least) * 4),
        "MajorAxisLength": float(np.sqrt(major) * 4),
        "MinorAxisLength": float(np.sqrt(minor) * 4),
    }


def _compactness(area: float, volume: float) -> dict[str, float]:
    sphere = (36 * np.pi * volume**2) ** (1.0 / 3.0)
    return {
        "Compactness1": float(volume / (area ** (3.0 / 2.0) * np.sqrt(np.pi))),
        "Compactness2": float(36.0 * np.pi * volume**2.0 / area**3.0),
        "SphericalDisproportion": float(area / sphere),
        "Sphericity": float(sphere / area),
        "SurfaceVolumeRatio": float(area / volume),
    }


def shape(
    mask: np.ndarray, coordinates: np.ndarray, spacing: tuple[float, float, float]
) -> dict[str, float]:
    """Shape features by pyradiomics' names.

    mask : bool (z, y, x); coordinates : (3, n) of its voxels; spacing : mm in z, y, x.
    """
    area, volume = surface_and_volume(mask, spacing)
    within_slice, within_column, within_row, in_space = diameters(mask, spacing)
    return {
        **_axes(principal_variances(coordinates, spacing)),
        **_compactness(area, volume),
        "Maximum2DDiameterColumn": float(within_column),
        "Maximum2DDiameterRow": float(within_row),
        "Maximum2DDiameterSlice": float(within_slice),
        "Maximum3DDiameter": float(in_space),
        "MeshVolume": volume,
        "SurfaceArea": area,
        "VoxelVolume": float(coordinates.shape[1] * np.prod(spacing)),
    }
