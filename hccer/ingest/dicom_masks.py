"""Tumour masks from DICOM RTSTRUCT (contours) and DICOM SEG (frames), on the grid of their image.

Names of regions and segments are free text that could name a person: they are matched, and appear
in no message.

Source: DICOM PS3.3 A.19 and C.8.8.5-6 (RTSTRUCT), A.51 and C.8.20 (SEG).
"""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import SimpleITK as sitk
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.uid import DeflatedExplicitVRLittleEndian

from hccer.imaging.contours import ContourError, filled, misfit
from hccer.ingest.dicom_contours import closed_contours, roi_names
from hccer.ingest.dicom_file import UNDEFINED_LENGTH, careful, read_header
from hccer.ingest.dicom_frames import all_frames_fit, assembled, segment_labels, segments
from hccer.ingest.dicom_values import number
from hccer.ingest.volumes import PassingError, UnusableError, unchanged_bytes, written
from schemas.cohort_parts import Limits

MAXIMUM_BYTES = 2**31
ON_SLICE = 0.1  # of a slice: farther off, contours belong to another image


def read_rtstruct(
    file: Path, image: sitk.Image, roi: str, limits: Limits, sha256: str | None = None
) -> tuple[bytes, sitk.Image]:
    """Content and volume of the one region whose name matches.

    Args:
        file: a DICOM RTSTRUCT.
        image: the volume it was drawn on.
        roi: regular expression, searched in the names of the regions.
        sha256: hash that the file had when it was found.

    Returns:
        Canonical NIfTI content, and the 0/1 mask on the grid of the image.

    Raises:
        UnusableError: with the reason.
    """
    with _opened(file, sha256) as dataset:
        region = _only_match(roi_names(dataset), roi, "region")
        mask = filled(closed_contours(dataset, region), image)
    return _usable(mask, limits)


def read_seg(
    file: Path, image: sitk.Image, roi: str, limits: Limits, sha256: str | None = None
) -> tuple[bytes, sitk.Image]:
    """Content and volume of the one segment whose label matches; see `read_rtstruct`.

    Frames must lie on the voxels of the image, in any order and direction; slices without a frame
    are empty. A fractional segment counts from one half of its maximum.
    """
    with _opened(file, sha256) as dataset:
        segment = _only_match(segment_labels(dataset), roi, "segment")
        value = number(segments(dataset)[segment], "SegmentNumber")
        mask = sitk.GetImageFromArray(assembled(dataset, value, image, limits))
        mask.CopyInformation(image)
    return _usable(mask, limits)


def candidates_by_geometry(
    file: Path, images: Mapping[str, sitk.Image], roi: str = ".*"
) -> list[str]:
    """Phases on whose voxel grid a mask can have been drawn, for a mask that names no image.

    Args:
        file: a DICOM RTSTRUCT or SEG.
        images: volumes by phase.
        roi: regular expression; only regions of an RTSTRUCT whose name it fits are looked at.

    Returns:
        Phases whose slices hold all contours or frames, inside the image.

    Raises:
        UnusableError: the file cannot be read.
    """
    with _opened(file, None) as dataset:
        if "ROIContourSequence" in dataset:
            names = roi_names(dataset)
            contours = [
                contour
                for region in _matches(names, roi)
                for contour in closed_contours(dataset, region)
            ]
            return [
                phase
                for phase, image in images.items()
                if contours and misfit(contours, image, ON_SLICE) is None
            ]
        limits = Limits()
        return [phase for phase, image in images.items() if all_frames_fit(dataset, image, limits)]


@contextmanager
def _opened(file: Path, sha256: str | None) -> Iterator[Dataset]:
    """The dataset of a file; whatever its bytes raise while it is open becomes one sentence."""
    content = unchanged_bytes(file, sha256)
    with careful():
        try:
            yield _dataset(file, content)
        except ContourError as error:
            raise UnusableError(str(error)) from None
        except (OSError, PassingError):  # the bytes are in memory: nothing that passes
            raise UnusableError("damaged DICOM: export the file again") from None


def _dataset(file: Path, content: bytes) -> Dataset:
    if len(content) > MAXIMUM_BYTES:
        raise UnusableError(f"more than {MAXIMUM_BYTES >> 30} GiB: export the tumour alone")
    header = read_header(file, ["Modality"])
    if header is None:
        raise UnusableError("no DICOM file")
    if header.syntax == DeflatedExplicitVRLittleEndian:
        raise UnusableError("a deflated DICOM file: export it without that compression")
    dataset = dcmread(io.BytesIO(content), force=True)
    if any(_is_short(element) for element in dataset.values()):
        raise UnusableError("truncated: an element ends behind the file")
    return dataset


def _is_short(element: object) -> bool:
    if not isinstance(element, RawDataElement) or element.length == UNDEFINED_LENGTH:
        return False
    return len(element.value or b"") < element.length


def _matches(names: list[str], expression: str) -> list[int]:
    return [position for position, name in enumerate(names) if re.search(expression, name)]


def _only_match(names: list[str], expression: str, what: str) -> int:
    found = _matches(names, expression)
    if len(found) != 1:
        raise UnusableError(
            f"{len(found)} of {len(names)} {what}(s) match roi = {expression!r}: one must"
        )
    return found[0]


def _usable(mask: sitk.Image, limits: Limits) -> tuple[bytes, sitk.Image]:
    if not sitk.GetArrayViewFromImage(mask).any():
        raise UnusableError("empty mask: no voxel centre of the image is inside")
    return written(mask, limits), mask
