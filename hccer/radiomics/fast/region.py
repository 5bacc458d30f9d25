"""The region of interest as flat indices into a padded block, shared by all image types."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hccer.radiomics.fast.angles import angles


@dataclass(frozen=True)
class Region:
    """Voxels of one delineation, cropped to its bounding box.

    mask : bool (z, y, x), the bounding box; spacing : mm in z, y, x; excluded_axis : the axis
    that 2D extraction leaves out.
    """

    mask: np.ndarray
    spacing: tuple[float, float, float]
    excluded_axis: int | None = None
    _directions: dict[tuple[int, ...], np.ndarray] = field(default_factory=dict)
    _embedded: dict[int, tuple[tuple[int, int, int], np.ndarray]] = field(default_factory=dict)

    @cached_property
    def flat(self) -> np.ndarray:
        """Flat indices of the voxels in the bounding box, in raster order."""
        return np.flatnonzero(self.mask)

    @cached_property
    def coordinates(self) -> np.ndarray:
        """Voxel coordinates (3, n) in z, y, x."""
        return np.array(np.unravel_index(self.flat, self.mask.shape))

    def directions(self, distances: tuple[int, ...] = (1,)) -> np.ndarray:
        """Directions (n, 3) in which voxels of this region are compared."""
        if distances not in self._directions:
            self._directions[distances] = angles(self.mask.shape, distances, self.excluded_axis)
        return self._directions[distances]

    def embedded(self, padding: int) -> tuple[tuple[int, int, int], np.ndarray]:
        """Shape of the bounding box padded on all sides, and flat indices of the voxels in it."""
        if padding not in self._embedded:
            z, y, x = (extent + 2 * padding for extent in self.mask.shape)
            voxels = np.ravel_multi_index(tuple(self.coordinates + padding), (z, y, x))
            self._embedded[padding] = (z, y, x), voxels
        return self._embedded[padding]

    def shares_lines(self, direction: np.ndarray) -> bool:
        """Whether any line along `direction` (of distance 1) meets two voxels of the region."""
        axis = int(np.flatnonzero(direction)[0])
        steps = self.coordinates[axis] * direction[axis]
        origins = self.coordinates - steps * direction[:, None]
        extent = 3 * max(self.mask.shape)
        lines = ((origins[0] + extent) * 4 * extent + origins[1] + extent) * 4 * extent + origins[2]
        return np.unique(lines).size < lines.size


@dataclass(frozen=True)
class Levels:
    """Grey levels of a region in a block padded with zeros (0 = outside the region)."""

    block: np.ndarray  # flat, padded; level of each voxel
    voxels: np.ndarray  # flat index of each voxel of the region in the block
    shape: tuple[int, int, int]  # of the padded block
    present: np.ndarray  # levels that occur, ascending
    counts: np.ndarray  # voxels of each level that occurs

    @property
    def highest(self) -> int:
        """Number of grey levels (Ng), with the empty ones."""
        return int(self.present[-1])

    def offsets(self, directions: np.ndarray) -> np.ndarray:
        """Flat steps in the block for directions (n, 3)."""
        return directions @ np.array([self.shape[1] * self.shape[2], self.shape[2], 1])
