"""Which files are taken, and that none is taken from outside the cohort root."""

from pathlib import Path

import pytest

from hccer.ingest.discovery import discover, missing
from schemas.cohort_file import Clinical, CohortFile


def cohort(images: str = "{patient}/{phase}.nii.gz", masks: str = "{patient}/{phase}_m.nii.gz"):
    return CohortFile(id="c", title="c", phases=["AP", "DP"],
                      images={"layout": "nifti", "pattern": images},
                      masks={"pattern": masks})  # fmt: skip


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
