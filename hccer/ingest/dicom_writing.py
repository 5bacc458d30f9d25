"""Write a volume as the DICOM series that a scanner would write: one file per slice.

Source: DICOM PS3.3 A.4 (MR image), PS3.10 (file format).
"""

import datetime
import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element, write_file_meta_info
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid
from pydicom.valuerep import format_number_as_ds

PREAMBLE = bytes(128) + b"DICM"
PIXEL_DATA = 0x7FE00010


@dataclass(frozen=True)
class SeriesHeader:
    """What the header of a series says beside its geometry.

    Attributes:
        study_time: start of the examination; one examination of a patient is one study.
        injection_time: start of the contrast bolus; None without contrast.
        uid_seed: equal seeds (with equal headers) give equal UIDs and equal bytes.
    """

    patient_id: str
    patient_name: str
    birth_date: datetime.date | None
    sex: str | None
    study_time: datetime.datetime
    series_time: datetime.datetime
    acquisition_time: datetime.datetime
    injection_time: datetime.datetime | None
    series_description: str
    series_number: int
    manufacturer: str
    sequence_name: str
    field_strength_t: float
    repetition_time_ms: float
    echo_time_ms: float
    flip_angle_deg: float
    uid_seed: str


def write_series(image: sitk.Image, folder: Path, header: SeriesHeader) -> None:
    """Write `IM00001.dcm` and so on, slice by slice along the third axis.

    Args:
        image: volume of 16-bit integers.
        folder: made if it is not there.
        header: what the header says.

    Raises:
        ValueError: other voxels than 16-bit integers.
    """
    voxels = sitk.GetArrayViewFromImage(image)
    if voxels.ndim != 3 or voxels.dtype not in (np.int16, np.uint16):
        raise ValueError(f"a volume of 16-bit integers is needed, not {voxels.dtype}")
    folder.mkdir(parents=True, exist_ok=True)
    series = _series_uid(header)
    same, meta = _encoded(_of_every_slice(image, header)), _file_meta(_instance_uid(series, 0))
    for index, pixels in enumerate(voxels):
        uid = _instance_uid(series, index)
        own = _of_one_slice(image, uid, index)
        elements = {**same, **own, PIXEL_DATA: _pixel_data(pixels)}
        content = [PREAMBLE, meta.replace(_instance_uid(series, 0).encode(), uid.encode()),
                   *(elements[tag] for tag in sorted(elements))]  # fmt: skip
        Path(folder, f"IM{index + 1:05d}.dcm").write_bytes(b"".join(content))


def _of_every_slice(image: sitk.Image, header: SeriesHeader) -> Dataset:
    data = Dataset()
    _describe_patient(data, header)
    _describe_study(data, header)
    _describe_scan(data, header)
    _describe_pixels(data, image)
    return data


def _describe_patient(data: Dataset, header: SeriesHeader) -> None:
    data.PatientName, data.PatientID = header.patient_name, header.patient_id
    data.PatientBirthDate = _date(header.birth_date)
    data.PatientSex = header.sex or ""


def _describe_study(data: Dataset, header: SeriesHeader) -> None:
    study = (header.uid_seed, header.patient_id, header.study_time.isoformat())
    data.SpecificCharacterSet = "ISO_IR 192"
    data.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    data.SOPClassUID = MRImageStorage
    data.StudyInstanceUID = _uid("study", *study)
    data.SeriesInstanceUID = _series_uid(header)
    data.FrameOfReferenceUID = _uid("frame", *study)
    data.StudyDate, data.StudyTime = _date(header.study_time), _clock(header.study_time)
    data.SeriesDate, data.SeriesTime = _date(header.series_time), _clock(header.series_time)
    acquired = header.acquisition_time
    data.AcquisitionDate, data.AcquisitionTime = _date(acquired), _clock(acquired)
    data.ContentDate, data.ContentTime = _date(acquired), _clock(acquired)
    data.AccessionNumber = data.ReferringPhysicianName = data.PositionReferenceIndicator = ""
    data.StudyID = "1"
    data.SeriesNumber = header.series_number
    data.SeriesDescription = header.series_description


def _describe_scan(data: Dataset, header: SeriesHeader) -> None:
    data.Modality, data.PatientPosition = "MR", "HFS"
    data.Manufacturer = header.manufacturer
    data.ScanningSequence, data.SequenceVariant = "GR", "SP"
    data.ScanOptions, data.MRAcquisitionType = "", "3D"
    data.SequenceName, data.ProtocolName = header.sequence_name, header.series_description
    data.MagneticFieldStrength = _decimal(header.field_strength_t)
    data.RepetitionTime = _decimal(header.repetition_time_ms)
    data.EchoTime = _decimal(header.echo_time_ms)
    data.FlipAngle = _decimal(header.flip_angle_deg)
    data.EchoTrainLength = 1
    if header.injection_time is not None:
        data.ContrastBolusAgent = "CONTRAST"
        data.ContrastBolusStartTime = _clock(header.injection_time)


def _describe_pixels(data: Dataset, image: sitk.Image) -> None:
    width, height, thickness = image.GetSpacing()
    directions = np.array(image.GetDirection()).reshape(3, 3)
    data.ImageOrientationPatient = [_decimal(each) for each in directions.T[:2].ravel()]
    data.PixelSpacing = [_decimal(height), _decimal(width)]
    data.SliceThickness = data.SpacingBetweenSlices = _decimal(thickness)
    data.Columns, data.Rows = image.GetSize()[:2]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 16, 15
    data.PixelRepresentation = int(image.GetPixelID() == sitk.sitkInt16)
    data.BurnedInAnnotation = "NO"


def _of_one_slice(image: sitk.Image, uid: str, index: int) -> dict[int, bytes]:
    position = image.TransformIndexToPhysicalPoint((0, 0, index))
    height = float(np.dot(image.GetDirection()[2::3], position))
    texts = {
        (0x0008, 0x0018, b"UI"): uid,
        (0x0020, 0x0013, b"IS"): str(index + 1),
        (0x0020, 0x0032, b"DS"): "\\".join(_decimal(each) for each in position),
        (0x0020, 0x1041, b"DS"): _decimal(height),
    }
    return {group << 16 | element: _element(group, element, vr, text)
            for (group, element, vr), text in texts.items()}  # fmt: skip


def _element(group: int, element: int, vr: bytes, text: str) -> bytes:
    """A short element as explicit little endian bytes: thousands of slices are written."""
    padding = b"\0" if vr == b"UI" else b" "
    content = text.encode() + padding * (len(text) % 2)
    return struct.pack("<HH2sH", group, element, vr, len(content)) + content


def _instance_uid(series: str, index: int) -> str:
    """UIDs of one length for a series, so that the file meta group keeps its length."""
    return f"{series[:57]}.{10_001 + index}"


def _series_uid(header: SeriesHeader) -> str:
    return _uid("series", header.uid_seed, header.patient_id, header.study_time.isoformat(),
                str(header.series_number), header.series_description)  # fmt: skip


def _uid(*sources: str) -> str:
    return generate_uid(entropy_srcs=list(sources))


def _date(day: datetime.date | None) -> str:
    return "" if day is None else day.strftime("%Y%m%d")


def _clock(time: datetime.datetime) -> str:
    return time.strftime("%H%M%S.%f")


def _decimal(value: float) -> str:
    return format_number_as_ds(float(value))


def _encoded(data: Dataset) -> dict[int, bytes]:
    """Each element as explicit little endian bytes, by its tag."""
    encoded = {}
    for element in data:
        content = DicomBytesIO()
        content.is_little_endian, content.is_implicit_VR = True, False
        write_data_element(content, element, ["utf-8"])
        encoded[int(element.tag)] = content.getvalue()
    return encoded


def _pixel_data(pixels: np.ndarray) -> bytes:
    values = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()
    return struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, len(values)) + values


def _file_meta(uid: str) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content = io.BytesIO()
    write_file_meta_info(content, meta, enforce_standard=True)
    return content.getvalue()
