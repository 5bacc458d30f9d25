"""Which DICOM files make the image of a patient and phase, and which masks lie on it."""

import shutil
from pathlib import Path

import pydicom
import pytest

from hccer.ingest.dicom_header import Instance
from hccer.ingest.dicom_series import assemble
from hccer.ingest.discovery import SourceFile
from schemas.cohort_file import CohortFile
from schemas.cohort_parts import DicomImages, PhaseRule, Repeat
from tests.hccer.dicom_files import (
    change,
    dicom_cohort,
    instances,
    of_kind,
    reasons,
    write_rtstruct,
    written_series,
)


def _assembled(root: Path, cohort: CohortFile | None = None) -> tuple[list[SourceFile], str]:
    cohort = cohort or dicom_cohort()
    files, problems = assemble(cohort, instances(root, cohort))
    assert all(problem.asset == "source_file" for problem in problems)
    return files, reasons(problems)


def _uid(folder: Path) -> str:
    return str(pydicom.dcmread(next(folder.iterdir())).SeriesInstanceUID)


@pytest.fixture
def two_phases(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    written_series(root / "a", "Arterial phase", series_number=5)
    written_series(root / "b", "Portal venous", series_number=6)
    return root


def _one_phase(**rule: object) -> CohortFile:
    images = DicomImages(layout="dicom", rules=[PhaseRule(phase="AP", **rule)])
    return dicom_cohort(phases=["AP"], images=images)


def test_series_get_their_phase(two_phases: Path) -> None:
    files, problems = _assembled(two_phases)
    assert problems == ""
    assert of_kind(files, "image") == [("P1", "AP")] * 6 + [("P1", "PVP")] * 6
    assert files[0].series_instance_uid == _uid(two_phases / "a")
    assert (files[0].fits, files[0].path) == ("AP", "a/IM00001.dcm")


def test_odd_names_in_nested_folders_are_one_series(tmp_path: Path) -> None:
    for at, file in enumerate(written_series(tmp_path / "given")):
        folder = tmp_path / "root" / "DICOM" / f"S{at % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder / f"{9 - at}")
    files, problems = _assembled(tmp_path / "root")
    assert (of_kind(files, "image"), problems) == ([("P1", "AP")] * 6, "")


def test_a_series_that_fits_no_phase_or_two(tmp_path: Path) -> None:
    written_series(tmp_path / "a", "Doe T2")
    written_series(tmp_path / "b", "arterial and venous", series_number=6)
    files, problems = _assembled(tmp_path)
    assert of_kind(files, "other") == [("P1", None)] * 12
    assert "of 6 files 6 fit no phase" in problems
    assert "of 6 files 6 fit AP and PVP" in problems
    assert _uid(tmp_path / "a") in problems
    assert "Doe" not in problems


def test_two_series_for_one_phase_are_both_refused(tmp_path: Path) -> None:
    written_series(tmp_path / "a")
    written_series(tmp_path / "b", series_number=7)
    files, problems = _assembled(tmp_path)
    assert of_kind(files, "other") == [("P1", None)] * 12
    assert problems.startswith("2 series fit phase AP: ")
    assert _uid(tmp_path / "a") in problems and _uid(tmp_path / "b") in problems


def _in_one_series(root: Path) -> None:
    """Two phases under one SeriesInstanceUID, as some scanners write dynamic series."""
    uid = _uid(root / "a")
    for file in (root / "b").iterdir():
        change(file, lambda data: setattr(data, "SeriesInstanceUID", uid))


def test_a_series_of_several_phases_is_split(two_phases: Path) -> None:
    _in_one_series(two_phases)
    files, problems = _assembled(two_phases)
    assert (of_kind(files, "image"), problems) == (
        [("P1", "AP")] * 6 + [("P1", "PVP")] * 6, "",
    )  # fmt: skip
    (two_phases / "b" / "IM00003.dcm").unlink()
    files, problems = _assembled(two_phases)
    assert of_kind(files, "image") == []
    assert "of 11 files 6 fit AP, 5 fit PVP; each file" in problems


def test_one_series_under_two_patients(tmp_path: Path) -> None:
    written_series(tmp_path)
    change(tmp_path / "IM00002.dcm", lambda data: setattr(data, "PatientID", "P2"))
    files, problems = _assembled(tmp_path)
    assert of_kind(files, "image") == []
    assert problems.count("is there for 2 patients") == 2
    assert "P2" not in problems


def test_copies_and_files_that_only_share_an_instance_uid(tmp_path: Path) -> None:
    files = written_series(tmp_path)
    shutil.copy(files[0], tmp_path / "copy")
    found, problems = _assembled(tmp_path)
    assert len(of_kind(found, "image")) == 6
    assert "1 of 7 files are copies and not used" in problems
    change(tmp_path / "copy", lambda data: setattr(data, "InstanceNumber", 77))
    found, problems = _assembled(tmp_path)
    assert of_kind(found, "image") == []
    assert "2 files differ but share a SOPInstanceUID" in problems


def test_files_without_a_patient(tmp_path: Path) -> None:
    for file in written_series(tmp_path):
        change(file, lambda data: setattr(data, "PatientID", ""))
    files, problems = _assembled(tmp_path)
    assert of_kind(files, "other") == [(None, None)] * 6
    assert problems == "6 DICOM files name no patient (PatientID is empty)"


def test_masks_follow_the_series_they_name(two_phases: Path) -> None:
    repeat = Repeat(format="rtstruct", roi="second", reader="reader_2", session=1)
    cohort = dicom_cohort(repeats=[repeat])
    write_rtstruct(two_phases / "RS1", ["Tumour", "second look"], _uid(two_phases / "a"))
    write_rtstruct(two_phases / "RS2", ["liver", "TUMOR"], _uid(two_phases / "b"))
    files, problems = _assembled(two_phases, cohort)
    masks = [(file.path, file.phase, file.reader_id, file.session_id, file.is_reference)
             for file in files if file.kind == "mask"]  # fmt: skip
    assert problems == ""
    assert masks == [
        ("RS1", "AP", "reader_1", 1, True),
        ("RS1", "AP", "reader_2", 1, False),
        ("RS2", "PVP", "reader_1", 1, True),
    ]


def test_masks_without_their_series(two_phases: Path) -> None:
    write_rtstruct(two_phases / "RS1", ["Tumour"], None)
    write_rtstruct(two_phases / "RS22", ["Tumour"], "1.2.3.4.5")
    files, problems = _assembled(two_phases)
    assert of_kind(files, "mask") == [("P1", None)] * 2
    assert problems.count("no series that is the image of a phase (AP, PVP there)") == 2
    asked = []

    def by_geometry(path: str, phases: tuple[str, ...]) -> str:
        asked.append((path, phases))
        return phases[len(asked) - 1]

    files, found = assemble(dicom_cohort(), instances(two_phases), by_geometry)
    assert (of_kind(files, "mask"), found) == ([("P1", "AP"), ("P1", "PVP")], [])
    assert asked == [("RS1", ("AP", "PVP")), ("RS22", ("AP", "PVP"))]


def test_the_only_phase_of_a_patient_needs_no_reference(two_phases: Path) -> None:
    write_rtstruct(two_phases / "RS1", ["Tumour"], None)
    shutil.rmtree(two_phases / "b")
    files, problems = _assembled(two_phases)
    assert (of_kind(files, "mask"), problems) == ([("P1", "AP")], "")


def test_a_mask_drawn_on_another_series_is_not_given_to_a_phase(two_phases: Path) -> None:
    write_rtstruct(two_phases / "RS1", ["Tumour"], _uid(two_phases / "b"))
    files, problems = _assembled(two_phases, _one_phase(series_description="(?i)arterial"))
    assert of_kind(files, "mask") == []
    assert "which is the image of no phase" in problems


def test_regions_are_counted_not_named_and_two_masks_for_one_refused(two_phases: Path) -> None:
    uid = _uid(two_phases / "a")
    write_rtstruct(two_phases / "RS1", ["Doe liver", "Doe lung"], uid)
    files, problems = _assembled(two_phases)
    assert problems == "none of its 2 regions fits the `roi` of a delineation"
    assert of_kind(files, "mask") == []
    write_rtstruct(two_phases / "RS1", ["Tumour"], uid)
    write_rtstruct(two_phases / "RS22", ["Tumour"], uid)
    files, problems = _assembled(two_phases)
    assert problems.startswith("2 mask files fit one delineation: 1.2.3.")
    assert of_kind(files, "mask") == []


def test_stored_headers_are_enough(two_phases: Path) -> None:
    """What a store remembers of a header has neither the count of regions nor a fingerprint."""
    write_rtstruct(two_phases / "RS1", ["Tumour"], _uid(two_phases / "a"))
    read = instances(two_phases)
    kept = [Instance(e.path, e.kind, e.patient, "", "", e.series_instance_uid, e.sop_instance_uid,
                     e.referenced_uid, e.fits) for e in read]  # fmt: skip
    assert assemble(dicom_cohort(), kept) == assemble(dicom_cohort(), read)


@pytest.mark.needs("sts")
def test_real_patients(sts_root: Path) -> None:
    rules = [PhaseRule(phase="MR_T1", modality="^MR$"), PhaseRule(phase="PET", modality="^PT$")]
    cohort = dicom_cohort(
        phases=["MR_T1", "PET"],
        images=DicomImages(layout="dicom", rules=rules),
        masks={"format": "rtstruct"},
    )
    files, problems = _assembled(sts_root / "dicom", cohort)
    assert problems == ""
    units = [(patient, phase) for patient in ("STS_002", "STS_008", "STS_025")
             for phase in ("MR_T1", "PET")]  # fmt: skip
    assert of_kind(files, "mask") == units
    counts = [of_kind(files, "image").count(unit) for unit in units]
    assert counts == [35, 48, 28, 51, 25, 47]
