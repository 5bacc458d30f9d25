"""Segments and frames of a DICOM SEG, read without trust, each frame placed on its own.

Frames without tumour are often left out, so the frames of a segment need not make a volume.

Source: DICOM PS3.3 C.8.20 (Segmentation), C.7.6.16 (functional groups), C.7.6.2 (image plane).
"""

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk
from pydicom import Dataset
from pydicom.pixels import iter_pixels

from hccer.imaging.grid import affine, continuous_index
from hccer.ingest.dicom_values import first_item, items, list_of_numbers, number, text
from hccer.ingest.volumes import UnusableError
from schemas.cohort_parts import Limits

TYPES = ("BINARY", "FRACTIONAL", "LABELMAP")
FARTHEST_INDEX = 1e6


def segments(dataset: Dataset) -> list[Dataset]:
    """The segments of a SEG, in their order, without the background (0) of a label map."""
    described = items(dataset, "SegmentSequence")
    return [item for item in described if number(item, "SegmentNumber") != 0]


def segment_labels(dataset: Dataset) -> list[str]:
    """Labels of the segments of a SEG, in their order."""
    return [text(item, "SegmentLabel") for item in segments(dataset)]


def assembled(
    dataset: Dataset, segment: float | None, image: sitk.Image, limits: Limits
) -> np.ndarray:
    """The voxels of a segment on the grid of its image.

    Args:
        dataset: a SEG: binary, fractional (from one half of the maximum) or a label map.
        segment: number of the segment.
        image: the volume whose voxels the frames must lie on, in any order and direction.
        limits: how far off they may lie, and how many voxels the frames may have.

    Returns:
        0/1 voxels (z, y, x) of 8 bits; slices without a frame are empty.

    Raises:
        UnusableError: damaged, too large, or drawn on another grid.
    """
    kind = text(dataset, "SegmentationType")
    largest = number(dataset, "MaximumFractionalValue") if kind == "FRACTIONAL" else 1
    if kind not in TYPES or segment is None or not largest or largest <= 0:
        raise UnusableError("the segmentation has no known type, segment number or maximum")
    frames = _frames(dataset, limits.maximum_voxels)
    chosen = [
        frame
        for frame, groups in enumerate(frames)
        if kind == "LABELMAP" or _segment_of(groups) == segment
    ]
    voxels = np.zeros(image.GetSize()[::-1], np.uint8)
    pixels = iter_pixels(dataset, indices=chosen, raw=True) if chosen else ()
    for frame, plane in zip(chosen, pixels, strict=True):
        inside = plane == segment if kind == "LABELMAP" else plane >= largest / 2
        steps, off_mm = _steps(frames[frame], inside.shape, image)
        if (off_mm > _tolerance_mm(image, limits)).any():
            raise UnusableError(
                f"frame {frame + 1} lies up to {off_mm.max():.3g} mm off the voxels of its image"
            )
        _place(np.argwhere(inside), steps, voxels)
    return voxels


def _frames(dataset: Dataset, maximum_voxels: int) -> list[list[Dataset]]:
    """Functional groups of each frame, its own before the shared ones."""
    own = items(dataset, "PerFrameFunctionalGroupsSequence")
    shared = items(dataset, "SharedFunctionalGroupsSequence")
    shape = [number(dataset, name) or 0 for name in ("NumberOfFrames", "Rows", "Columns")]
    if min(shape) < 1 or len(own) != shape[0]:
        raise UnusableError(f"{shape[0]:g} frames are promised, {len(own)} are described")
    if np.prod(shape) > maximum_voxels:
        raise UnusableError(
            f"{np.prod(shape):.0f} voxels are more than the limit of {maximum_voxels}"
        )
    return [[group, *shared] for group in own]


def _segment_of(groups: Sequence[Dataset]) -> float | None:
    return number(first_item(groups, "SegmentIdentificationSequence"), "ReferencedSegmentNumber")


def _steps(
    groups: Sequence[Dataset], shape: tuple[int, int], image: sitk.Image
) -> tuple[np.ndarray, np.ndarray]:
    """Voxel index of a frame's first pixel and the steps to the next row and the next column.

    Returns:
        Whole indices (3, 3) as x, y, z, and how far the frame lies off them along x, y, z (mm).
    """
    position = list_of_numbers(first_item(groups, "PlanePositionSequence"), "ImagePositionPatient")
    cosines = list_of_numbers(
        first_item(groups, "PlaneOrientationSequence"), "ImageOrientationPatient"
    )
    spacing_mm = list_of_numbers(first_item(groups, "PixelMeasuresSequence"), "PixelSpacing")
    if (len(position), len(cosines), len(spacing_mm)) != (3, 6, 2):
        raise UnusableError("a frame has no position, orientation or spacing")
    along_row, along_column = np.reshape(cosines, (2, 3))
    vectors = np.array([along_column * spacing_mm[0], along_row * spacing_mm[1]])
    start = continuous_index(np.array([position]), image)
    exact = np.concatenate([start, vectors @ np.linalg.inv(affine(image)[:3, :3]).T])
    whole = np.rint(exact)
    corners = np.array(
        [(1, row, column) for row in (0, shape[0] - 1) for column in (0, shape[1] - 1)]
    )
    off_mm = np.abs(corners @ (exact - whole)).max(axis=0) * image.GetSpacing()
    axes = np.abs(whole[1:])
    one_axis_each = (axes.sum(axis=1) == 1).all() and axes.sum(axis=0).max() == 1
    if not one_axis_each or np.abs(whole).max() > FARTHEST_INDEX:
        raise UnusableError("the frames lie across the voxels of the image: drawn on another grid")
    return whole.astype(np.int64), off_mm


def _tolerance_mm(image: sitk.Image, limits: Limits) -> np.ndarray:
    """Along x, y, z: slices may be as unevenly spaced as those of an image."""
    allowed = limits.geometry_tolerance_mm
    return np.array(
        [allowed, allowed, max(allowed, limits.slice_tolerance * image.GetSpacing()[2])]
    )


def _place(pixels: np.ndarray, steps: np.ndarray, voxels: np.ndarray) -> None:
    index = (steps[0] + pixels @ steps[1:])[:, ::-1]
    outside = ((index < 0) | (index >= voxels.shape)).any(axis=1)
    if outside.any():
        raise UnusableError(f"{outside.sum()} voxels of a frame lie outside the image")
    voxels[tuple(index.T)] = 1


def all_frames_fit(dataset: Dataset, image: sitk.Image, limits: Limits) -> bool:
    """Whether every frame of a SEG, of whatever segment, lies on voxels of the image."""
    shape = tuple(int(number(dataset, name) or 0) for name in ("Rows", "Columns"))
    corners = np.array([(0, 0), (shape[0] - 1, shape[1] - 1)])
    try:
        found = [_steps(g, shape, image) for g in _frames(dataset, limits.maximum_voxels)]
    except UnusableError:
        return False
    on_voxels = all((off <= _tolerance_mm(image, limits)).all() for _, off in found)
    index = np.concatenate([steps[0] + corners @ steps[1:] for steps, _ in found])
    return on_voxels and bool(((index >= 0) & (index < image.GetSize())).all())
