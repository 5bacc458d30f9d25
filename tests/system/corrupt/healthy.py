"""Small healthy cohorts, a folder each patient: DICOM with every kind of mask, and NIfTI."""

import datetime
from collections.abc import Sequence
from pathlib import Path

import highdicom
import numpy as np
import openpyxl
import pydicom
import SimpleITK as sitk
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import RTStructureSetStorage

from hccer.ingest.dicom_writing import SeriesHeader, write_series

SECONDS = {"AP": 30, "PVP": 65}
MORNING = datetime.datetime(2021, 3, 4, 9, 30)
SIZE, SPACING_MM, ORIGIN_MM = (24, 24, 10), (2.0, 2.0, 3.0), (-20.0, 15.0, 100.0)
SCANS = """
id = "scans"
title = "DICOM with masks of three kinds"
phases = ["AP", "PVP"]

[images]
layout = "dicom"
rules = [
    {phase = "AP", modality = "^MR$", time_after_injection_s = [20, 50]},
    {phase = "PVP", modality = "^MR$", time_after_injection_s = [50, 90]},
]

[masks]
pattern = "{patient}/{phase}.nii.gz"

[[repeats]]
format = "rtstruct"
roi = "tumour"
reader = "reader_2"
session = 1

[[repeats]]
format = "seg"
roi = "tumour"
reader = "reader_3"
session = 1
"""
VOLUMES = """
id = "volumes"
title = "NIfTI"
phases = ["AP"]

[images]
layout = "nifti"
pattern = "{patient}/{phase}.nii.gz"

[masks]
pattern = "{patient}/{phase}_mask.nii"
"""
TABLES = """
[clinical]
file = "clinical.csv"
patient = "patient"
surgery = "surgery"
columns = {albumin = "alb_g_l", age = "age_years"}

[[endpoint]]
name = "early_recurrence"
date = "recurrence"
follow_up = "seen"
within_months = 24

[[endpoint]]
name = "sign"
column = "event"

[readings]
file = "readings.csv"

[exclusions]
file = "exclusions.csv"

[identity]
pseudonymous = true
"""
CLINICAL = "patient,surgery,age,albumin,recurrence,seen,event"
ROW = "2021-04-02,62,42,,2023-12-01,0"
READING = "R1,capsule,present"
EXCLUSION = "1,no MRI"


def volume(seed: int) -> sitk.Image:
    """Noise with a brighter middle, 48 x 48 x 30 mm."""
    voxels = np.random.default_rng(seed).integers(100, 400, SIZE[::-1]).astype(np.int16)
    return _placed(voxels + 300 * _disc(8.0).astype(np.int16))


def tumour(radius_mm: float = 8.0) -> sitk.Image:
    """A cylinder of six slices, off the middle along y."""
    return _placed(_disc(radius_mm).astype(np.uint8))


def _disc(radius_mm: float) -> np.ndarray:
    z, y, x = np.indices(SIZE[::-1])
    inside = np.hypot((x - 11.5) * SPACING_MM[0], (y - 9.5) * SPACING_MM[1]) < radius_mm
    return inside & (z >= 2) & (z < 8)


def _placed(voxels: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(SPACING_MM)
    image.SetOrigin(ORIGIN_MM)
    return image


def header(patient: str, phase: str, **changes: object) -> SeriesHeader:
    """What the header of a patient's series says."""
    acquired = MORNING + datetime.timedelta(seconds=SECONDS[phase])
    said = {
        "patient_id": patient, "patient_name": f"Doe^{patient}", "birth_date": None, "sex": "F",
        "study_time": MORNING, "series_time": acquired, "acquisition_time": acquired,
        "injection_time": MORNING, "series_description": phase,
        "series_number": list(SECONDS).index(phase) + 1, "manufacturer": "ACME",
        "sequence_name": "fl3d", "field_strength_t": 1.5, "repetition_time_ms": 4.1,
        "echo_time_ms": 1.9, "flip_angle_deg": 12.0, "uid_seed": "corrupt",
    }  # fmt: skip
    return SeriesHeader(**{**said, **changes})


def write_scans(root: Path, patients: Sequence[str], drawn: Sequence[str]) -> None:
    """Write the DICOM cohort; `drawn` are the patients with an RTSTRUCT and a SEG too."""
    for number, patient in enumerate(patients):
        folder = root / patient
        for place, phase in enumerate(SECONDS):
            write_series(volume(10 * number + place), folder / phase, header(patient, phase))
            sitk.WriteImage(tumour(), str(folder / f"{phase}.nii.gz"))
        if patient in drawn:
            slices = [pydicom.dcmread(file) for file in sorted((folder / "AP").iterdir())]
            write_rtstruct(folder / "contours.dcm", slices)
            write_seg(folder / "segment.dcm", slices)
    _write_texts(root, SCANS, patients)


def write_volumes(root: Path, patients: Sequence[str]) -> None:
    """Write the NIfTI cohort."""
    for number, patient in enumerate(patients):
        (root / patient).mkdir(parents=True)
        sitk.WriteImage(volume(number), str(root / patient / "AP.nii.gz"))
        sitk.WriteImage(tumour(), str(root / patient / "AP_mask.nii"))
    _write_texts(root, VOLUMES, patients)


def write_excel(root: Path, patients: Sequence[str]) -> None:
    """Write the NIfTI cohort with its clinical rows in an Excel file."""
    write_volumes(root, patients)
    (root / "cohort.toml").write_text((VOLUMES + TABLES).replace("clinical.csv", "clinical.xlsx"))
    book = openpyxl.Workbook()
    for line in (root / "clinical.csv").read_text().splitlines():
        book.active.append(line.split(","))
    book.save(root / "clinical.xlsx")
    (root / "clinical.csv").unlink()


def _write_texts(root: Path, cohort: str, patients: Sequence[str]) -> None:
    sheets = {
        "clinical.csv": [CLINICAL, *(f"{each},{ROW}" for each in patients)],
        "readings.csv": ["patient_id,reader_id,item,value",
                         *(f"{each},{READING}" for each in patients)],
        "exclusions.csv": ["patient_id,position,reason", *(f"D{n},{EXCLUSION}" for n in range(4))],
    }  # fmt: skip
    for name, lines in sheets.items():
        (root / name).write_text("\n".join(lines) + "\n")
    (root / "cohort.toml").write_text(cohort + TABLES)


def write_rtstruct(file: Path, slices: list[Dataset]) -> None:
    """A square of 16 mm on six slices, drawn on the series of some slices."""
    data = _of_patient(slices[0], RTStructureSetStorage, "RTSTRUCT", "1")
    data.StructureSetROISequence = [_with(ROIName="tumour", ROINumber=1)]
    series = _with(SeriesInstanceUID=slices[0].SeriesInstanceUID)
    study = _with(RTReferencedSeriesSequence=[series])
    data.ReferencedFrameOfReferenceSequence = [_with(RTReferencedStudySequence=[study])]
    drawn = [_contour(z) for z in range(2, 8)]
    data.ROIContourSequence = [_with(ReferencedROINumber=1, ContourSequence=drawn)]
    data.save_as(file, enforce_file_format=True)


def _contour(z: int) -> Dataset:
    x, y, height = np.add(ORIGIN_MM, (15.0, 11.0, 3.0 * z))
    corners = [(x, y), (x + 16, y), (x + 16, y + 16), (x, y + 16)]
    points = [value for corner in corners for value in (*corner, height)]
    return _with(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=4, ContourData=points)


def write_seg(file: Path, slices: list[Dataset]) -> None:
    """The tumour as a binary segment, drawn on some slices."""
    segment = highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label="tumour",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Neoplasm,
        algorithm_type="MANUAL",
    )
    series, instance = (f"{slices[0].SeriesInstanceUID[:56]}.3.{each}" for each in (1, 2))
    voxels = sitk.GetArrayFromImage(tumour())
    highdicom.seg.Segmentation(
        slices, voxels, "BINARY", [segment], series, 3, instance, 1, "maker", "model", "1", "serial"
    ).save_as(file)


def _of_patient(source: Dataset, storage: str, modality: str, end: str) -> Dataset:
    uid = f"{source.SeriesInstanceUID[:56]}.2.{end}"
    data = _with(SOPClassUID=storage, SOPInstanceUID=uid, Modality=modality,
                 PatientID=source.PatientID, SeriesInstanceUID=f"{uid}.1")  # fmt: skip
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    return data


def _with(**elements: object) -> Dataset:
    data = Dataset()
    for keyword, value in elements.items():
        setattr(data, keyword, value)
    return data
