"""Which files are taken, and that none is taken from outside the cohort root."""

import os
from pathlib import Path

import pytest

from hccer.ingest import crawl
from hccer.ingest.discovery import Problem, SourceFile, missing
from schemas.cohort_file import CohortFile
from schemas.cohort_parts import Clinical


def cohort(images: str = "{patient}/{phase}.nii.gz", masks: str = "{patient}/{phase}_m.nii.gz"):
    return CohortFile(id="c", title="c", phases=["AP", "DP"],
                      images={"layout": "nifti", "pattern": images},
                      masks={"pattern": masks})  # fmt: skip


def discover(given: CohortFile, root: Path) -> tuple[list[SourceFile], list[Problem]]:
    found = crawl.discover(given, root)
    return found.files, found.problems


def fill(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def test_files_are_matched_by_pattern(tmp_path: Path):
    root = fill(tmp_path, "p 1/AP.nii.gz", "p 1/AP_m.nii.gz", "p 1/XP.nii.gz", "p2/DP.nii.gz",
                "p2/sub/DP.nii.gz", "AP.nii.gz", "p2/DP.json")  # fmt: skip
    files, problems = discover(cohort(), root)
    assert problems == []
    assert [(f.kind, f.patient_id, f.phase) for f in files] == [
        ("image", "p 1", "AP"),
        ("mask", "p 1", "AP"),
        ("image", "p2", "DP"),
        ("header", "p2", "DP"),
    ]


def test_a_name_that_stands_twice_must_agree(tmp_path: Path):
    root = fill(tmp_path, "p1/p1_AP.nii.gz", "p1/p2_AP.nii.gz")
    files, _ = discover(cohort("{patient}/{patient}_{phase}.nii.gz"), root)
    assert [file.path for file in files] == ["p1/p1_AP.nii.gz"]


def test_two_files_for_one_thing_are_refused(tmp_path: Path):
    root = fill(tmp_path, "p1/a_AP.nii.gz", "p1/b_AP.nii.gz", "p1/a_DP.nii.gz")
    files, problems = discover(cohort("{patient}/*_{phase}.nii.gz"), root)
    assert [file.phase for file in files] == ["DP"]
    assert problems[0].reason.startswith("2 files fit one image: p1/a_AP.nii.gz, p1/b_AP.nii.gz")


def test_links_out_of_the_root_are_refused(tmp_path: Path):
    outside = fill(tmp_path / "outside", "secret.nii.gz", "p9/AP.nii.gz")
    root = fill(tmp_path / "root", "p1/AP.nii.gz")
    (root / "p1" / "DP.nii.gz").symlink_to(outside / "secret.nii.gz")
    (root / "p9").symlink_to(outside / "p9")
    (root / "p2").mkdir()
    (root / "p2" / "AP.nii.gz").symlink_to(root / "p1" / "AP.nii.gz")
    files, problems = discover(cohort(), root)
    assert sorted(file.path for file in files) == ["p1/AP.nii.gz", "p2/AP.nii.gz"]
    assert sorted(problem.source for problem in problems) == ["p1/DP.nii.gz", "p9"]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["p/AP.nii.gz", "p/AP_m.nii.gz"], [("image", "no image of phase DP")]),
        (["p/AP.nii.gz", "p/DP.nii.gz", "p/AP_m.nii.gz"], [("segmentation", "image without mask")]),
        (["p/AP.nii.gz", "p/AP_m.nii.gz", "p/DP_m.nii.gz"],
         [("segmentation", "mask without image")]),
    ],
)  # fmt: skip
def test_what_a_patient_lacks_is_said(tmp_path: Path, paths: list, expected: list):
    files, _ = discover(cohort(), fill(tmp_path, *paths))
    assert [(each.asset, each.reason) for each in missing(cohort(), files)] == expected


def test_a_missing_clinical_file_is_said(tmp_path: Path):
    clinical = Clinical(file="c.csv", patient="id")
    named = cohort().model_copy(update={"clinical": clinical})
    _, problems = discover(named, fill(tmp_path, "p/AP.nii.gz"))
    assert [(each.asset, each.source) for each in problems] == [("source_file", "c.csv")]


def test_a_path_that_can_be_read_in_two_ways_is_refused(tmp_path: Path):
    phases = ["T1", "T1_post"]
    given = cohort("{phase}_{patient}.nii.gz", "m/{phase}_{patient}.nii.gz")
    given = given.model_copy(update={"phases": phases})
    files, problems = discover(given, fill(tmp_path, "T1_P1.nii.gz", "T1_post_P1.nii.gz"))
    assert [(file.patient_id, file.phase) for file in files] == [("P1", "T1")]
    assert problems[0].source == "T1_post_P1.nii.gz"
    assert "image of post_P1, T1; image of P1, T1_post" in problems[0].reason


def test_phases_that_begin_alike_are_told_apart_where_the_layout_can(tmp_path: Path):
    given = cohort().model_copy(update={"phases": ["T1", "T1_post"]})
    files, problems = discover(given, fill(tmp_path, "P1/T1.nii.gz", "P1/T1_post.nii.gz"))
    assert [file.phase for file in files] == ["T1", "T1_post"]
    assert problems == []


def test_a_mask_is_never_taken_for_an_image(tmp_path: Path):
    given = cohort("{phase}/{patient}.nii.gz", "{phase}/{patient}_seg.nii.gz")
    files, problems = discover(given, fill(tmp_path, "AP/p1.nii.gz", "AP/p1_seg.nii.gz"))
    assert [(file.kind, file.patient_id) for file in files] == [("image", "p1"), ("mask", "p1")]
    assert problems == []


def test_odd_names_and_loops_are_refused_not_fatal(tmp_path: Path):
    root = fill(tmp_path, "p1/AP.nii.gz")
    (root / "loop").symlink_to(root / "loop")
    (root / "p1" / os.fsdecode(b"\xff\xfe.nii.gz")).touch()
    files, problems = discover(cohort(), root)
    assert [file.path for file in files] == ["p1/AP.nii.gz"]
    assert sorted(problem.source for problem in problems) == ["loop", "p1/\\udcff\\udcfe.nii.gz"]
