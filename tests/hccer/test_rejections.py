"""Bad cases become rows with a reason; everyone else is processed, with unchanged values."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import SimpleITK as sitk
from polars.testing import assert_frame_equal

from hccer.ingest.check import check_cohort
from hccer.ingest.files import read_cohort_file
from schemas.cohort_parts import Limits
from storage.store import Store
from tests.phantom import write_phantom
from tests.support import PHANTOM_FILE, register, run_pipeline, small_study

VALUES = (
    "select patient_id, phase, reader_id, feature_name, value from lake.extraction_value "
    "join lake.extraction using (extraction_id) order by all"
)


def volume(file: Path) -> sitk.Image:
    return sitk.ReadImage(str(file))


def truncate(root: Path) -> None:
    file = root / "PH_001" / "AP.nii.gz"
    file.write_bytes(file.read_bytes()[:2000])


def reshape_mask(root: Path) -> None:
    file = root / "PH_002" / "AP_reader_1.nii.gz"
    sitk.WriteImage(volume(file)[:, :, 1:], str(file))


def empty_mask(root: Path) -> None:
    file = root / "PH_003" / "AP_reader_1.nii.gz"
    sitk.WriteImage(volume(file) * 0, str(file))


def small_lesion(root: Path) -> None:
    file = root / "PH_006" / "PVP_reader_1.nii.gz"
    sitk.WriteImage(sitk.BinaryErode(volume(file), (4, 4, 2)), str(file))


def constant_image(root: Path) -> None:
    file = root / "PH_005" / "PVP.nii.gz"
    sitk.WriteImage(volume(file) * 0 + 7, str(file))


def no_label(root: Path) -> None:
    file = root / "clinical.csv"
    lines = [line.rsplit(",", 1)[0] + "," if line.startswith("PH_006") else line
             for line in file.read_text().splitlines()]  # fmt: skip
    file.write_text("\n".join(lines) + "\n")


EXPECTED = {
    ("PH_001", "AP", "image"): "unreadable: truncated",
    ("PH_002", "AP", "segmentation"): "mask has 36 x 36 x 19 voxels, its image 36 x 36 x 20",
    ("PH_003", "AP", "segmentation"): "empty mask: every voxel is 0",
    ("PH_005", "PVP", "image"): "constant image: every voxel is 7",
    ("PH_006", "PVP", "segmentation"): "the lesion is 3.4 mm wide, less than 10 mm (limits.min",
    ("PH_006", None, "outcome"): "no label: recurrence is empty",
}


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    good, bad = (tmp_path_factory.mktemp(name) for name in ("good", "bad"))
    write_phantom(good, 6)
    write_phantom(bad, 6)
    for damage in (truncate, reshape_mask, empty_mask, constant_image, small_lesion, no_label):
        damage(bad)
    return good, bad


def test_bad_cases_are_rows_and_the_others_are_unchanged(store: Store, roots: tuple[Path, Path]):
    small_study(store, "phantom")
    register(store, PHANTOM_FILE, roots[0])
    run_pipeline(store, "phantom", "good")
    good = store.rows(VALUES)
    register(store, PHANTOM_FILE, roots[1])
    run_pipeline(store, "phantom", "bad")
    rejected = store.rows("from lake.rejected")
    reasons = {(row["patient_id"], row["phase"], row["asset"]): row["reason"]
               for row in rejected.iter_rows(named=True)}  # fmt: skip
    assert len(rejected) == len(EXPECTED)
    assert set(reasons) == set(EXPECTED)
    assert all(reasons[key].startswith(start) for key, start in EXPECTED.items())
    bad = {unit[:2] for unit in EXPECTED if unit[1]}
    kept = good.filter(~pl.struct("patient_id", "phase").is_in(
        [{"patient_id": p, "phase": f} for p, f in bad]))  # fmt: skip
    assert_frame_equal(store.rows(VALUES), kept)
    patients = store.rows("select count(*) as n from lake.patient")
    assert patients.item() == 6


def test_a_bad_case_is_not_tried_again_until_it_changes(store: Store, roots: tuple[Path, Path]):
    small_study(store, "phantom")
    register(store, PHANTOM_FILE, roots[1])
    run_pipeline(store, "phantom", "first")
    before = store.snapshot()
    run_pipeline(store, "phantom", "second")
    assert store.snapshot() == before
    register(store, PHANTOM_FILE, roots[0])
    outcomes = run_pipeline(store, "phantom", "mended")
    assert outcomes["image"].computed == 2
    assert store.rows("from lake.rejected").is_empty()


def test_check_reports_the_same_before_anything_is_stored(roots: tuple[Path, Path]):
    cohort, root = read_cohort_file(PHANTOM_FILE, roots[1])
    report = check_cohort(cohort, root)
    found = {(each.patient_id, each.phase, each.asset): each.reason for each in report.problems}
    assert set(found) == set(EXPECTED)
    assert all(found[key].startswith(start) for key, start in EXPECTED.items())
    cohort, root = read_cohort_file(PHANTOM_FILE, roots[0])
    assert check_cohort(cohort, root).problems == []


def test_a_roi_that_pyradiomics_refuses_is_a_reason(store: Store, own_phantom: Path):
    file = own_phantom / "PH_004" / "AP_reader_1.nii.gz"
    mask = volume(file)
    voxels = sitk.GetArrayFromImage(mask) * 0
    voxels[10, 18, 18] = 1
    single = sitk.GetImageFromArray(voxels.astype(np.uint8))
    single.CopyInformation(mask)
    sitk.WriteImage(single, str(file))
    register(store, PHANTOM_FILE, own_phantom, limits=Limits(minimum_diameter_mm=0))
    small_study(store, "phantom")
    run_pipeline(store, "phantom")
    row = store.rows("from lake.rejected").row(0, named=True)
    assert (row["patient_id"], row["phase"], row["asset"]) == ("PH_004", "AP", "extraction")
    assert row["reason"]
    assert store.rows("select count(*) as n from lake.extraction").item() == 11
