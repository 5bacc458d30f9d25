"""Crops from SQL: Arrow record batches of the table `crop` become the arrays that networks read.

No image file is opened and no pixel is touched by Python: a batch holds its tensors side by side,
and is taken as one array.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from schemas.errors import HccerError

COLUMNS = ("tensor", "mask", "shape", "dtype", "spacing_mm", "area_mm2")


@dataclass(frozen=True, eq=False)
class Crops:
    """The crops of n patients.

    Attributes:
        tensors: float32 (n, slices, channels, rows, cols) within -1 to 1, feet to head.
        masks: boolean (n, slices, rows, cols), tumour.
        spacing_mm: (n,) side of a pixel.
        area_mm2: (n, slices) tumour in each slice.
    """

    tensors: np.ndarray
    masks: np.ndarray
    spacing_mm: np.ndarray
    area_mm2: np.ndarray

    def __len__(self) -> int:
        """Patients."""
        return len(self.tensors)


def crop_arrays(batches: Iterable[pa.RecordBatch], slices: int) -> Crops:
    """Rows of `crop` as arrays.

    Args:
        batches: COLUMNS, ordered by patient and position.
        slices: rows of each patient.

    Raises:
        HccerError: there are no rows, their number is no multiple of `slices`, or shapes differ.
    """
    parts = [(*_pixels(batch), _numbers(batch)) for batch in batches if len(batch)]
    if not parts:
        raise HccerError("there are no crops")
    if len({tensors.shape[1:] for tensors, _, _ in parts}) > 1:
        raise HccerError("the crops differ in shape: run the cohort again")
    tensors, masks, numbers = (np.concatenate(each) for each in zip(*parts, strict=True))
    if len(tensors) % slices:
        raise HccerError(f"{len(tensors)} slices are no crops of {slices} slices each")
    spacing_mm, area_mm2 = numbers.T.reshape(2, -1, slices)
    return Crops(
        tensors.reshape(-1, slices, *tensors.shape[1:]),
        masks.reshape(-1, slices, *masks.shape[1:]),
        spacing_mm[:, 0],
        area_mm2,
    )


def _pixels(batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
    """Copies of the tensors (rows, channels, height, width) and masks (rows, height, width)."""
    shapes = batch.column("shape").flatten().to_numpy().reshape(len(batch), -1)
    kinds = batch.column("dtype").unique().to_pylist()
    if (shapes != shapes[0]).any() or len(kinds) > 1:
        raise HccerError("the crops differ in shape: run the cohort again")
    shape = shapes[0].tolist()
    tensors = _values(batch.column("tensor"), np.dtype(kinds[0]).newbyteorder("<"))
    masks = _values(batch.column("mask"), np.dtype(np.uint8))
    return (tensors.reshape(-1, *shape).astype(np.float32),
            masks.reshape(-1, *shape[1:]).astype(bool))  # fmt: skip


def _values(column: pa.Array, kind: np.dtype) -> np.ndarray:
    """The bytes of a binary column, side by side as Arrow holds them, as numbers."""
    wide = column.cast(pa.large_binary())
    _, offsets, content = wide.buffers()
    ends = np.frombuffer(offsets, np.int64)[wide.offset :][: len(wide) + 1]
    return np.frombuffer(content, np.uint8)[ends[0] : ends[-1]].view(kind)


def _numbers(batch: pa.RecordBatch) -> np.ndarray:
    """spacing_mm and area_mm2 (rows, 2)."""
    return np.column_stack([batch.column(name).to_numpy() for name in ("spacing_mm", "area_mm2")])
