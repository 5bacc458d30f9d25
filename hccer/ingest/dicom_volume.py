"""The volume of a DICOM series: slices in order, rescaled, as the NIfTI content that is stored.

Source: DICOM PS3.3 C.7.6.2 (image plane), C.11.1 (rescale), C.7.6.16 (multi-frame groups).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from pydicom import Dataset
from pydicom.pixels import pixel_array

from hccer.imaging.quality import image_fault
from hccer.imaging.series import SeriesError, one_value, sorted_slices, volume
from hccer.ingest.dicom_file import Header, careful, read_header
from hccer.ingest.dicom_grid import GRID_KEYWORDS, check_grid
from hccer.ingest.dicom_values import first_frame, first_item, items, list_of_numbers, number, text
from hccer.ingest.volumes import UnusableError, unchanged_bytes, written
from schemas.cohort_parts import Limits

PLANE = {
    "ImagePositionPatient": ("PlanePositionSequence", 3),
    "ImageOrientationPatient": ("PlaneOrientationSequence", 6),
    "PixelSpacing": ("PixelMeasuresSequence", 2),
}
RESCALE = "PixelValueTransformationSequence"
KEYWORDS = (
    *GRID_KEYWORDS, *PLANE, "RescaleSlope", "RescaleIntercept", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)  # fmt: skip


def read_series(
    files: Sequence[Path], limits: Limits, sha256s: Sequence[str] | None = None
) -> tuple[bytes, sitk.Image]:
    """Content and volume of the files of one series, in any order; or of one multi-frame file.

    Args:
        files: the files.
        limits: what is accepted.
        sha256s: hashes that the files had when they were found.

    Returns:
        The canonical NIfTI content, and the image (whose geometry NIfTI holds in 32 bits).

    Raises:
        PassingError: a file changed since, or cannot be opened.
        UnusableError: with the reason.
    """
    for file, sha256 in zip(files, sha256s, strict=True) if sha256s else ():
        unchanged_bytes(file, sha256)
    with careful():
        image = _image(files, limits)
    if fault := image_fault(image):
        raise UnusableError(fault)
    content = written(image, limits)
    return content, image


def _image(files: Sequence[Path], limits: Limits) -> sitk.Image:
    try:
        headers = [_header(file) for file in files]
        frames = _check_sizes(headers, files, limits)
        return (_read_frames if frames > 1 else _read_slices)(files, headers, limits)
    except SeriesError as error:
        raise UnusableError(str(error)) from None


def _header(file: Path) -> Header:
    header = read_header(file, KEYWORDS)
    if header is None:
        raise UnusableError("a file of the series is no DICOM")
    for word in ("RescaleSlope", "RescaleIntercept"):
        if text(header.data, word) and number(header.data, word) is None:
            raise UnusableError(f"{word} is no finite number: the voxels cannot be rescaled")
    return header


def _check_sizes(headers: list[Header], files: Sequence[Path], limits: Limits) -> int:
    """Number of frames per file; all files together must be within the limit."""
    grids = [check_grid(header, limits, file.stat().st_size)
             for header, file in zip(headers, files, strict=True)]  # fmt: skip
    rows, columns, frames = one_value("rows, columns and frames", grids)
    voxels = rows * columns * frames * len(files)
    if voxels > limits.maximum_voxels:
        raise UnusableError(f"{voxels} voxels are more than the limit of {limits.maximum_voxels}")
    if frames > 1 and len(files) > 1:
        raise UnusableError(f"{len(files)} files of {frames} frames each: one is a volume")
    return frames


def _read_slices(files: Sequence[Path], headers: list[Header], limits: Limits) -> sitk.Image:
    one_value("transfer syntax", [header.syntax.name for header in headers])
    planes = [[header.data, *first_frame(header.data)] for header in headers]
    return _placed(planes, lambda: [_slice(file) for file in files], limits)


def _slice(file: Path) -> np.ndarray:
    """Voxels of a single-frame file, rescaled by GDCM: integers where slope and intercept are."""
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(str(file))
    try:
        image = reader.Execute()
    except RuntimeError:
        raise UnusableError("the pixels of a slice cannot be decoded: export it again") from None
    voxels = sitk.GetArrayFromImage(image)
    if image.GetNumberOfComponentsPerPixel() != 1 or voxels.size != np.prod(voxels.shape[-2:]):
        raise UnusableError("the slices are no grey values")
    return voxels.reshape(voxels.shape[-2:])


def _read_frames(files: Sequence[Path], headers: list[Header], limits: Limits) -> sitk.Image:
    data = headers[0].data
    shared = items(data, "SharedFunctionalGroupsSequence")[:1]
    groups = [[frame, *shared] for frame in items(data, "PerFrameFunctionalGroupsSequence")]
    frames = int(number(data, "NumberOfFrames"))
    if len(groups) != frames:
        raise UnusableError(f"{frames} frames, but {len(groups)} of them say where they lie")
    return _placed(groups, lambda: _rescaled(files[0], data, groups), limits)


def _rescaled(file: Path, data: Dataset, groups: list[list[Dataset]]) -> list[np.ndarray]:
    try:
        frames = pixel_array(file)
    except (RuntimeError, NotImplementedError, AttributeError):
        raise UnusableError("the frames cannot be decoded: export them uncompressed") from None
    if frames.shape[:1] != (len(groups),) or frames.ndim != 3:
        raise UnusableError("the frames are no grey values")
    return [_rescale(frame, first_item(group, RESCALE) or data)
            for frame, group in zip(frames, groups, strict=True)]  # fmt: skip


def _rescale(frame: np.ndarray, rule: Dataset) -> np.ndarray:
    slope, intercept = number(rule, "RescaleSlope"), number(rule, "RescaleIntercept") or 0.0
    slope = 1.0 if slope is None else slope
    if slope == 1 and intercept == 0:
        return frame
    whole = slope.is_integer() and intercept.is_integer()
    rescaled = frame * slope + intercept
    return rescaled.astype(np.int32) if whole and np.abs(rescaled).max() < 2**31 else rescaled


def _placed(
    groups: list[list[Dataset]], read: Callable[[], list[np.ndarray]], limits: Limits
) -> sitk.Image:
    """Judge the geometry before any voxel is read, then stack the slices."""
    planes = {word: [_plane(group, word) for group in groups] for word in PLANE}
    spacing = one_value("pixel spacing", planes["PixelSpacing"])
    if min(spacing) <= 0:
        raise UnusableError("PixelSpacing is not positive")
    stack = sorted_slices(
        np.array(planes["ImagePositionPatient"]),
        np.array(planes["ImageOrientationPatient"]),
        limits.slice_tolerance,
    )
    return volume(read(), stack, spacing)


def _plane(group: list[Dataset], keyword: str) -> tuple[float, ...]:
    sequence, length = PLANE[keyword]
    plain = list_of_numbers(group[0], keyword)
    numbers = plain or list_of_numbers(first_item(group, sequence), keyword)
    if len(numbers) != length:
        raise UnusableError(f"{keyword} is missing or wrong: the slices cannot be placed")
    return tuple(numbers)
