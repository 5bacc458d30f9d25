"""Small DICOM series for tests: written as a scanner would, then changed."""

import dataclasses
import datetime
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from scipy.spatial.transform import Rotation

from hccer.ingest.dicom_header import Instance, read_instance
from hccer.ingest.dicom_writing import SeriesHeader, write_series
from hccer.ingest.discovery import Problem, SourceFile
from schemas.cohort_file import CohortFile
from schemas.cohort_parts import DicomImages, Limits, PhaseRule

MORNING = datetime.datetime(2021, 3, 4, 9, 30)
RULES = [
    PhaseRule(phase="AP", series_description="(?i)arterial"),
    PhaseRule(phase="PVP", series_description="(?i)venous"),
]
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
SEG = "1.2.840.10008.5.1.4.1.1.66.4"


def oblique_image(slices: int = 6, seed: int = 0) -> sitk.Image:
    """Random signed voxels on a turned grid."""
    voxels = np.random.default_rng(seed).integers(-900, 3000, (slices, 12, 10), dtype=np.int16)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((1.25, 1.5, 3.0))
    image.SetOrigin((-101.5, 42.25, -300.125))
    turn = Rotation.from_euler("xyz", [12, -7, 33], degrees=True)
    image.SetDirection(turn.as_matrix().ravel().tolist())
    return image


def series_header(description: str = "Arterial phase", **changes: object) -> SeriesHeader:
    """The header of a contrast-enhanced MR series, 30 s after injection."""
    header = SeriesHeader(
        patient_id="P1", patient_name="Doe^Jane", birth_date=datetime.date(1960, 5, 6), sex="F",
        study_time=MORNING, series_time=MORNING,
        acquisition_time=MORNING + datetime.timedelta(seconds=30), injection_time=MORNING,
        series_description=description, series_number=5, manufacturer="ACME",
        sequence_name="fl3d_ce", field_strength_t=1.5, repetition_time_ms=4.1, echo_time_ms=1.9,
        flip_angle_deg=12.0, uid_seed="test",
    )  # fmt: skip
    return dataclasses.replace(header, **changes)


def written_series(folder: Path, description: str = "Arterial phase", **changes: object) -> list:
    """Files of a series in the order of its slices."""
    write_series(oblique_image(), folder, series_header(description, **changes))
    return sorted(folder.iterdir())


def change(file: Path, edit: Callable[[Dataset], None], target: Path | None = None) -> Path:
    """Write a file anew with some elements changed."""
    with pydicom.config.disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = pydicom.dcmread(file)
        edit(data)
        data.save_as(target or file)
    return target or file


def dicom_cohort(**changes: object) -> CohortFile:
    """Two phases by series description, masks in RTSTRUCT whose region is called tumour."""
    parts = {
        "id": "centre",
        "title": "A centre",
        "phases": ["AP", "PVP"],
        "images": DicomImages(layout="dicom", rules=RULES),
        "masks": {"format": "rtstruct", "roi": "(?i)tumou?r"},
    }
    return CohortFile(**{**parts, **changes})


def instance(file: Path, cohort: CohortFile | None = None, **limits: object) -> Instance | None:
    """What a file says of itself."""
    cohort = cohort or dicom_cohort()
    name = file.name
    return read_instance(file, name, cohort.images, cohort.delineations, Limits(**limits))


def instances(root: Path, cohort: CohortFile | None = None) -> list[Instance]:
    """What all files below a root say of themselves."""
    cohort = cohort or dicom_cohort()
    files = sorted(file for file in root.rglob("*") if file.is_file())
    read = [read_instance(file, file.relative_to(root).as_posix(), cohort.images,
                          cohort.delineations, cohort.limits) for file in files]  # fmt: skip
    return [each for each in read if each is not None]


def of_kind(files: list[SourceFile], kind: str) -> list[tuple]:
    """Patient and phase of the files of a kind."""
    return [(file.patient_id, file.phase) for file in files if file.kind == kind]


def reasons(problems: list[Problem]) -> str:
    """All reasons as one text."""
    return "\n".join(problem.reason for problem in problems)


def write_rtstruct(file: Path, regions: list[str], series: str | None, patient: str = "P1") -> None:
    """The header of an RTSTRUCT: names of its regions and the series it was drawn on."""
    data = _plain(
        RTSTRUCT, "RTSTRUCT", patient, f"1.2.3.{len(file.name)}.{sum(file.name.encode())}"
    )
    data.StructureSetROISequence = [_with(ROIName=name) for name in regions]
    if series:
        referenced = _with(RTReferencedSeriesSequence=[_with(SeriesInstanceUID=series)])
        frame = _with(RTReferencedStudySequence=[referenced])
        data.ReferencedFrameOfReferenceSequence = [frame]
    data.save_as(file, enforce_file_format=True)


def write_seg(file: Path, labels: list[str], series: str) -> None:
    """The header of a SEG: labels of its segments and the series it was drawn on."""
    data = _plain(SEG, "SEG", "P1", "1.2.3.77")
    data.SegmentSequence = [_with(SegmentLabel=label) for label in labels]
    data.ReferencedSeriesSequence = [_with(SeriesInstanceUID=series)]
    data.save_as(file, enforce_file_format=True)


def write_enhanced(file: Path, image: sitk.Image, order: list[int], slopes: list[float]) -> None:
    """An Enhanced MR file with the slices as frames in the given order, one slope per frame."""
    data = _plain("1.2.840.10008.5.1.4.1.1.4.1", "MR", "P1", "1.2.3.99")
    voxels, directions = sitk.GetArrayFromImage(image), np.reshape(image.GetDirection(), (3, 3))
    data.NumberOfFrames, data.Rows, data.Columns = voxels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    across, down, thickness = image.GetSpacing()
    orientation = [f"{each:.10f}" for each in directions.T[:2].ravel()]
    data.SharedFunctionalGroupsSequence = [
        _with(
            PlaneOrientationSequence=[_with(ImageOrientationPatient=orientation)],
            PixelMeasuresSequence=[_with(PixelSpacing=[down, across], SliceThickness=thickness)],
            MRTimingAndRelatedParametersSequence=[_with(RepetitionTime=4.5, FlipAngle=11)],
            MREchoSequence=[_with(EffectiveEchoTime=2.25)],
        )
    ]
    data.PerFrameFunctionalGroupsSequence = [
        _frame(image.TransformIndexToPhysicalPoint((0, 0, place)), slope)
        for place, slope in zip(order, slopes, strict=True)
    ]
    data.ContrastBolusAgentSequence = [
        _with(ContrastAdministrationProfileSequence=[_with(ContrastBolusStartTime="093000")])
    ]
    data.PixelData = voxels[order].tobytes()
    data["PixelData"].VR = "OW"
    data.save_as(file, enforce_file_format=True)


def _frame(position: tuple[float, ...], slope: float) -> Dataset:
    return _with(
        PlanePositionSequence=[_with(ImagePositionPatient=[f"{each:.9f}" for each in position])],
        PixelValueTransformationSequence=[_with(RescaleSlope=slope, RescaleIntercept=0)],
        FrameContentSequence=[_with(FrameAcquisitionDateTime="20210304093045.5")],
    )


def _plain(storage: str, modality: str, patient: str, uid: str) -> Dataset:
    data = _with(SOPClassUID=storage, Modality=modality, PatientID=patient, SOPInstanceUID=uid)
    data.SeriesInstanceUID = f"{uid}.1"
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return data


def _with(**elements: object) -> Dataset:
    data = Dataset()
    for keyword, value in elements.items():
        setattr(data, keyword, value)
    return data
