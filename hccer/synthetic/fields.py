"""The voxel grid, and shapes on it."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Grid:
    """Voxels of all phases of a patient.

    Attributes:
        size: voxels along x, y, z.
        spacing_mm: along x, y, z.
        centre_mm: patient coordinates of the grid's centre.
    """

    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    centre_mm: tuple[float, float, float]

    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Coordinates (mm) about the centre, shapes (1, 1, x), (1, y, 1) and (z, 1, 1)."""
        along = [
            ((np.arange(n) - (n - 1) / 2) * s).astype(np.float32)
            for n, s in zip(self.size, self.spacing_mm, strict=True)
        ]
        return along[0][None, None, :], along[1][None, :, None], along[2][:, None, None]

    def box(self, low_mm: np.ndarray, high_mm: np.ndarray) -> Box:
        """Array slices (z, y, x) of the voxels between two corners about the centre."""
        slices = []
        for n, s, low, high in zip(self.size, self.spacing_mm, low_mm, high_mm, strict=True):
            first = int(np.floor(low / s + (n - 1) / 2))
            last = int(np.ceil(high / s + (n - 1) / 2)) + 1
            slices.append(slice(min(max(first, 0), n - 1), max(min(last, n), 1)))
        return slices[2], slices[1], slices[0]

    def axes_in(self, box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The coordinates `axes` of a box."""
        x, y, z = self.axes()
        return x[:, :, box[2]], y[:, box[1]], z[box[0]]

    def image(self, voxels: np.ndarray) -> sitk.Image:
        """Voxels (z, y, x) as an image in patient coordinates."""
        image = sitk.GetImageFromArray(voxels)
        image.SetSpacing(self.spacing_mm)
        half = [(n - 1) / 2 * s for n, s in zip(self.size, self.spacing_mm, strict=True)]
        image.SetOrigin([float(c - h) for c, h in zip(self.centre_mm, half, strict=True)])
        return image


def inside(distance_mm: np.ndarray, edge_mm: float) -> np.ndarray:
    """Share of a voxel inside a surface: 1 within, 0 without, linear across the edge's width."""
    return np.clip(0.5 - distance_mm / edge_mm, 0, 1)


def ellipsoid(
    axes: tuple[np.ndarray, np.ndarray, np.ndarray], centre_mm: np.ndarray, radii_mm: np.ndarray
) -> np.ndarray:
    """About the distance (mm) to an ellipsoid's surface, negative inside; shape (z, y, x)."""
    parts = [
        ((axis - np.float32(c)) / np.float32(r)) ** 2
        for axis, c, r in zip(axes, centre_mm, radii_mm, strict=True)
    ]
    return (np.sqrt(parts[0] + parts[1] + parts[2]) - 1) * np.float32(min(radii_mm))
