"""What one DICOM file says of itself: whose it is, its series, the phases its header fits.

Source: DICOM PS3.3 (modules), PS3.4 B.5 (storage classes).
"""

import datetime
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom import Dataset
from pydicom.uid import UID, MediaStorageDirectoryStorage

from hccer.ingest.dicom_file import Header, careful, read_header
from hccer.ingest.dicom_grid import GRID_KEYWORDS, check_grid
from hccer.ingest.dicom_rules import (
    RULE_KEYWORDS,
    first_text,
    fitting_phases,
    seconds_after_injection,
)
from hccer.ingest.dicom_values import first_frame, first_item, items, number, text
from hccer.ingest.volumes import UnusableError
from schemas.cohort_parts import DicomImages, Limits, Masks

RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
# sequence that lists the regions, what names one
REGIONS = {
    "rtstruct": ("StructureSetROISequence", "ROIName"),
    "seg": ("SegmentSequence", "SegmentLabel"),
}
LONGEST_WORD = 64
KEYWORDS = (
    *RULE_KEYWORDS, *GRID_KEYWORDS, "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID",
    "PatientID", "PatientName", "PatientBirthDate", "ImagePositionPatient", "InstanceNumber",
    "StructureSetROISequence", "ReferencedFrameOfReferenceSequence", "SegmentSequence",
    "ReferencedSeriesSequence",
)  # fmt: skip
ACQUISITION_KEYWORDS = (
    *RULE_KEYWORDS, "Manufacturer", "MagneticFieldStrength", "RepetitionTime", "EchoTime",
    "FlipAngle", "AcquisitionDate", "SeriesDate", "StudyDate",
)  # fmt: skip
TIMING = "MRTimingAndRelatedParametersSequence"


@dataclass(frozen=True)
class Instance:
    """Facts of one DICOM file.

    Attributes:
        path: below the cohort root, with '/'.
        kind: 'image', 'mask' (RTSTRUCT or SEG) or 'other'.
        patient: id of the source, as the cohort file says where it stands; empty where absent.
        referenced_uid: series that a mask was drawn on; None where it names none, or several.
        fits: phases whose rules an image fits; `reader/session` of delineations a mask is of.
        regions: number of regions or segments of a mask.
        fingerprint: what tells two files with one SOPInstanceUID apart.
        fault: why the pixels of an image cannot be used.
    """

    path: str
    kind: str
    patient: str
    patient_name: str
    birth_date: str
    series_instance_uid: str
    sop_instance_uid: str
    referenced_uid: str | None
    fits: tuple[str, ...]
    regions: int | None = None
    fingerprint: str | None = None
    fault: str | None = None


class FaultySliceError(UnusableError):
    """The pixels of an image cannot be used; `instance` is what its header says all the same."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance.fault)
        self.instance = instance


def read_instance(
    file: Path, path: str, images: DicomImages, delineations: Sequence[Masks], limits: Limits
) -> Instance | None:
    """Read the header of a file, whatever its name.

    Args:
        file: the file.
        path: its path below the cohort root.
        images: rules for the phases, and which element holds the patient's id.
        delineations: which masks are wanted.
        limits: how many voxels are accepted.

    Returns:
        Its facts, or None for a file that is no DICOM.

    Raises:
        FaultySliceError: an image that is cut off or too large, with a header that can be read.
        UnusableError: damaged, without UIDs, or no DICOM in spite of its name.
    """
    with careful():
        header = read_header(file, KEYWORDS)
        if header is None:
            return None
        storage = _storage_class(header.data)
        form = _mask_format(header.data, storage)
        if form is not None:
            kind, fits = "mask", _fitting_delineations(header.data, form, delineations)
        elif _is_image(header.data, storage):
            kind, fits = "image", fitting_phases(header.data, images.rules)
        else:
            kind, fits = "other", ()
        size = file.stat().st_size
        found = _instance(header.data, path, kind, images.patient, fits, form, size)
        if kind == "image":
            _check_pixels(header, limits, size, found)
        return found


def _check_pixels(header: Header, limits: Limits, size: int, found: Instance) -> None:
    try:
        check_grid(header, limits, size)
    except UnusableError as error:
        # without this UID, what is known of a file is not taken for known the next time
        raise FaultySliceError(replace(found, sop_instance_uid="", fault=str(error))) from None


def _instance(
    data: Dataset, path: str, kind: str, patient: str, fits: tuple, form: str | None, size: int
) -> Instance:
    regions = len(items(data, REGIONS[form][0])) if form else None
    return Instance(
        path,
        kind,
        text(data, patient),
        text(data, "PatientName"),
        text(data, "PatientBirthDate"),
        _uid(data, "SeriesInstanceUID", kind),
        _uid(data, "SOPInstanceUID", kind),
        _referenced_series(data) if form else None,
        fits,
        regions,
        _fingerprint(data, size),
    )


def _storage_class(data: Dataset) -> UID:
    given = text(data.file_meta, "MediaStorageSOPClassUID")
    said = text(data, "SOPClassUID") or given
    if not said or (len(data) == 0 and given != MediaStorageDirectoryStorage):
        raise UnusableError("the DICOM file does not say what it holds (no SOPClassUID)")
    return UID(said)


def _mask_format(data: Dataset, storage: UID) -> str | None:
    if storage == RTSTRUCT:
        return "rtstruct"
    return "seg" if storage in SEGMENTATIONS or text(data, "Modality") == "SEG" else None


def _is_image(data: Dataset, storage: UID) -> bool:
    if storage == MediaStorageDirectoryStorage:
        return False
    return "Rows" in data or storage.name.endswith("Image Storage")


def _fitting_delineations(data: Dataset, form: str, delineations: Sequence[Masks]) -> tuple:
    sequence, keyword = REGIONS[form]
    names = [text(item, keyword) for item in items(data, sequence)]
    return tuple(
        f"{each.reader}/{each.session}"
        for each in delineations
        if each.format == form and any(re.search(each.roi, name) for name in names)
    )


def _referenced_series(data: Dataset) -> str | None:
    series = items(data, "ReferencedSeriesSequence") + [
        each
        for frame in items(data, "ReferencedFrameOfReferenceSequence")
        for study in items(frame, "RTReferencedStudySequence")
        for each in items(study, "RTReferencedSeriesSequence")
    ]
    named = {uid for uid in (text(each, "SeriesInstanceUID") for each in series) if uid}
    return named.pop() if len(named) == 1 and UID(min(named)).is_valid else None


def _uid(data: Dataset, keyword: str, kind: str) -> str:
    uid = text(data, keyword)
    if re.fullmatch(r"[0-9.]{1,64}", uid):
        return uid
    if kind == "other":
        return ""
    raise UnusableError(f"{keyword} is missing or no UID: the file cannot be told from others")


def _fingerprint(data: Dataset, size: int) -> str:
    said = [text(data, word) for word in ("ImagePositionPatient", "InstanceNumber", "ContentTime")]
    return hashlib.sha256("\n".join([*said, str(size)]).encode("utf-8", "replace")).hexdigest()[:16]


def read_acquisition(file: Path) -> dict[str, str | float | datetime.date | None]:
    """How an image was acquired: the columns of table `acquisition`, and `examination_day`.

    Only these leave the file: no name, no description.

    Raises:
        UnusableError: no DICOM, or damaged.
    """
    with careful():
        header = read_header(file, ACQUISITION_KEYWORDS)
        if header is None:
            raise UnusableError("no DICOM file")
        data, frame = header.data, first_frame(header.data)
        timing, echo = first_item(frame, TIMING), first_item(frame, "MREchoSequence")
        return {
            "manufacturer": _word(text(data, "Manufacturer")),
            "sequence": _word(first_text(data, ("SequenceName", "PulseSequenceName"))),
            "field_strength_t": number(data, "MagneticFieldStrength"),
            "repetition_time_ms": _either(data, "RepetitionTime", timing, "RepetitionTime"),
            "echo_time_ms": _either(data, "EchoTime", echo, "EffectiveEchoTime"),
            "flip_angle_deg": _either(data, "FlipAngle", timing, "FlipAngle"),
            "time_after_injection_s": seconds_after_injection(data),
            "examination_day": _day(data),
        }


def _either(data: Dataset, keyword: str, group: Dataset, group_keyword: str) -> float | None:
    plain = number(data, keyword)
    return number(group, group_keyword) if plain is None else plain


def _word(given: str) -> str | None:
    return given[:LONGEST_WORD].strip() or None


def _day(data: Dataset) -> datetime.date | None:
    for said in (
        text(data, "AcquisitionDate"),
        text(data, "AcquisitionDateTime")[:8],
        text(data, "SeriesDate"),
        text(data, "StudyDate"),
    ):
        try:
            return datetime.datetime.strptime(said.replace(".", ""), "%Y%m%d").date()
        except ValueError:
            continue
    return None
