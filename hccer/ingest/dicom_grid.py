"""Rows, columns and frames of a DICOM image, judged before any pixel is decoded.

Source: DICOM PS3.3 C.7.6.3 (image pixel).
"""

from pydicom import Dataset

from hccer.ingest.dicom_file import Header
from hccer.ingest.dicom_values import number, text
from hccer.ingest.volumes import UnusableError
from schemas.cohort_parts import Limits

GRID_KEYWORDS = ("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated")


def check_grid(header: Header, limits: Limits, size_bytes: int) -> tuple[int, int, int]:
    """Rows, columns and frames of an image, whose pixels must all be there.

    Raises:
        UnusableError: impossible numbers, too many voxels, or fewer pixels than promised.
    """
    data = header.data
    frames = number(data, "NumberOfFrames") if text(data, "NumberOfFrames") else 1
    sizes = (number(data, "Rows"), number(data, "Columns"), frames)
    if any(size is None or size < 1 or size != int(size) for size in sizes):
        raise UnusableError("Rows, Columns or NumberOfFrames is no positive whole number")
    rows, columns, frames = (int(size) for size in sizes)
    voxels = rows * columns * frames
    if voxels > limits.maximum_voxels:
        raise UnusableError(f"{voxels} voxels are more than the limit of {limits.maximum_voxels}")
    if header.pixel_bytes is None:
        raise UnusableError(f"no pixel data in {size_bytes} bytes: cut off, or a header alone")
    bits = _one_of(data, "BitsAllocated", (1, 8, 16, 32, 64))
    size = voxels * bits * _one_of(data, "SamplesPerPixel", (1, 3, 4)) // 8
    if 0 <= header.pixel_bytes < size:
        there = header.pixel_bytes
        raise UnusableError(f"cut off: {size} bytes of pixels promised, {there} there")
    return rows, columns, frames


def _one_of(data: Dataset, keyword: str, usual: tuple[int, ...]) -> int:
    given = number(data, keyword)
    if given not in usual:
        raise UnusableError(f"{keyword} is none of {', '.join(map(str, usual))}")
    return int(given)
