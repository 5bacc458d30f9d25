"""What single DICOM files say: rules, times, masks, acquisition."""

import datetime
import time
from pathlib import Path

import pytest
from pydicom import Dataset

from hccer.ingest.dicom_header import read_acquisition
from hccer.ingest.dicom_rules import seconds_after_injection
from hccer.ingest.dicom_writing import write_series
from hccer.ingest.volumes import UnusableError
from schemas.cohort_parts import DicomImages, PhaseRule, Repeat
from tests.hccer.dicom_files import (
    change,
    dicom_cohort,
    instance,
    oblique_image,
    series_header,
    write_enhanced,
    write_rtstruct,
    write_seg,
    written_series,
)


def _fits(file: Path, **rule: object) -> bool:
    given = PhaseRule(phase="AP", **rule)
    cohort = dicom_cohort(phases=["AP"], images=DicomImages(layout="dicom", rules=[given]))
    return instance(file, cohort).fits == ("AP",)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written_series(tmp_path / "series")[0]


def test_an_image_says_whose_it_is_and_its_phase(file: Path) -> None:
    read = instance(file)
    assert (read.kind, read.patient, read.patient_name, read.birth_date, read.fits) == (
        "image", "P1", "Doe^Jane", "19600506", ("AP",),
    )  # fmt: skip
    assert read.sop_instance_uid.startswith(read.series_instance_uid[:57])
    by_name = DicomImages(layout="dicom", rules=dicom_cohort().images.rules, patient="PatientName")
    assert instance(file, dicom_cohort(images=by_name)).patient == "Doe^Jane"


@pytest.mark.parametrize(
    ("field", "matching", "other"),
    [
        ("modality", "^MR$", "^CT$"),
        ("series_description", "(?i)ARTERIAL", "^phase"),
        ("protocol_name", "phase$", "T2"),
        ("sequence_name", "^fl3d", "tse"),
        ("image_type", r"ORIGINAL\\PRIMARY\\M", "DERIVED"),
        ("series_number", "^5$", "^55$"),
        ("time_after_injection_s", (30, 31), (0, 30)),
    ],
)
def test_each_field_of_a_rule(file: Path, field: str, matching: object, other: object) -> None:
    assert _fits(file, **{field: matching})
    assert not _fits(file, **{field: other})
    assert not _fits(file, **{field: matching, "modality": "^CT$"})


@pytest.mark.parametrize(
    ("injected", "acquired", "seconds"),
    [
        ("235950", "000020.5", 30.5),
        ("093000", "092900", -60.0),
        ("0930", "09:31:05", 65.0),
        ("", "093000", None),
        ("093000", "", 30.0),  # the time of the content instead
        ("noon", "093000", None),
        ("993000", "093000", None),
    ],
)
def test_time_after_injection(file: Path, injected: str, acquired: str, seconds: float) -> None:
    change(file, lambda data: data.update({"ContrastBolusStartTime": injected,
                                           "AcquisitionTime": acquired}))  # fmt: skip
    assert read_acquisition(file)["time_after_injection_s"] == seconds
    window = (-1000, 1000)
    assert _fits(file, time_after_injection_s=window) == (seconds is not None)


def test_trigger_time_serves_rules_where_no_injection_is_said(file: Path) -> None:
    change(file, lambda data: data.update({"ContrastBolusStartTime": "", "TriggerTime": "65000"}))
    assert _fits(file, time_after_injection_s=(60, 70))
    assert read_acquisition(file)["time_after_injection_s"] is None


def test_enhanced_multi_frame_says_its_times_in_groups(tmp_path: Path) -> None:
    file = tmp_path / "IM1"
    write_enhanced(file, oblique_image(), [0, 1, 2, 3, 4, 5], [1.0] * 6)
    assert _fits(file, time_after_injection_s=(45, 46))
    read = read_acquisition(file)
    assert (read["repetition_time_ms"], read["echo_time_ms"], read["flip_angle_deg"]) == (
        4.5, 2.25, 11.0,
    )  # fmt: skip


def test_only_listed_facts_of_the_acquisition_leave(file: Path) -> None:
    def edit(data: Dataset) -> None:
        data.Manufacturer, data.OperatorsName = "ACME " * 30, "Roe^Richard"
        data.add_new(0x00180081, "LO", "short")  # the echo time, as a word

    change(file, edit)
    read = read_acquisition(file)
    assert read.pop("manufacturer") == ("ACME " * 30)[:64].strip()
    assert read == {
        "sequence": "fl3d_ce", "field_strength_t": 1.5, "repetition_time_ms": 4.1,
        "echo_time_ms": None, "flip_angle_deg": 12.0, "time_after_injection_s": 30.0,
        "examination_day": datetime.date(2021, 3, 4),
    }  # fmt: skip
    change(file, lambda data: data.update({"AcquisitionDate": "", "SeriesDate": "yesterday",
                                           "StudyDate": "20210305"}))  # fmt: skip
    assert read_acquisition(file)["examination_day"] == datetime.date(2021, 3, 5)


def test_regions_choose_the_delineation(tmp_path: Path) -> None:
    cohort = dicom_cohort(
        repeats=[
            Repeat(format="rtstruct", roi="second", reader="reader_2", session=1),
            Repeat(format="seg", roi="lesion", reader="reader_3", session=2),
        ]
    )
    file, uid = tmp_path / "RS", "1.2.840.1"
    write_rtstruct(file, ["Liver", "Tumor", "Tumour second look"], uid)
    read = instance(file, cohort)
    assert (read.kind, read.fits, read.referenced_uid, read.regions) == (
        "mask", ("reader_1/1", "reader_2/1"), uid, 3,
    )  # fmt: skip
    write_seg(file, ["lesion", "tumour"], uid)
    read = instance(file, cohort)
    assert (read.fits, read.referenced_uid) == (("reader_3/2",), uid)
    write_rtstruct(file, ["Liver"], None)
    read = instance(file, cohort)
    assert (read.fits, read.referenced_uid) == ((), None)


def test_any_name_and_no_preamble(file: Path) -> None:
    content = file.read_bytes()
    meta = 144 + int.from_bytes(content[140:144], "little")
    for name, start in (("0042", 132), ("no meta", meta)):
        bare = file.with_name(name)
        bare.write_bytes(content[start:])
        assert instance(bare).fits == ("AP",)


def test_dicomdir_and_reports_are_neither_image_nor_mask(file: Path) -> None:
    def directory(data: Dataset) -> None:
        data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"

    def report(data: Dataset) -> None:
        data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
        del data.Rows, data.PixelData

    assert instance(change(file, directory, file.with_name("DICOMDIR"))).kind == "other"
    assert instance(change(file, report, file.with_name("SR"))).kind == "other"


def test_files_of_other_kinds(tmp_path: Path) -> None:
    for name, content in {
        "a.txt": b"hello", "empty": b"", "b.json": b"{}" * 200, "c": b"\2\0\0\0" * 90,
        "d": b"\10\0\5\0CS\4\0" + b"\xff" * 300, "e.nii": bytes(400), "f": b"\0\10" * 99,
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert instance(tmp_path / name) is None
    for name in ("a.dcm", "b.DICOM", "c.IMA"):
        (tmp_path / name).write_bytes(b"\2\0\0\0" * 90)
        with pytest.raises(UnusableError, match="named as DICOM"):
            instance(tmp_path / name)


def test_headers_are_read_quickly(tmp_path: Path) -> None:
    write_series(oblique_image(100), tmp_path, series_header())
    files = sorted(tmp_path.iterdir())
    start = time.process_time()
    assert all(instance(file).fits == ("AP",) for file in files)
    assert time.process_time() - start < 0.5  # about 0.1 s


def test_no_times_at_all() -> None:
    assert seconds_after_injection(Dataset()) is None
