"""The table image_quality, and what its checks flag."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import SimpleITK as sitk

import sql
from hccer.pipeline import Context, materialise
from hccer.pipeline.rows import frame
from schemas.tables import IMAGE, IMAGE_QUALITY, SEGMENTATION, TABLES
from storage.lineage import Outcome
from storage.store import Change, Store
from tests.hccer.scenes import SPACING_MM, scene
from tests.support import register

CHECKS = ("phase_order", "flipped_mask", "several_nodules", "voxels_twice", "mask_at_border")

# ---- the table


FADING = {"AP": 600.0, "PVP": 450.0, "DP": 330.0}


def write_cohort(root: Path, **swaps: str) -> Path:
    """Three patients, three phases; `p1_AP="PVP"` puts the signal of PVP under the name AP."""
    for number, phase in itertools.product(range(3), FADING):
        vessel = FADING[swaps.get(f"p{number}_{phase}", phase)]
        given = scene(vessel=vessel, place=(30 + 4 * number, 30))
        for kind, voxels in (("image", given.image), ("mask", given.tumour)):
            write(root / f"p{number}_{phase}_{kind}.nii.gz", voxels)
    (root / "cohort.toml").write_text(
        'id = "fading"\ntitle = "Fading"\nphases = ["AP", "PVP", "DP"]\ncontrast = true\n'
        '[images]\nlayout = "nifti"\npattern = "{patient}_{phase}_image.nii.gz"\n'
        '[masks]\npattern = "{patient}_{phase}_mask.nii.gz"\n'
        "[identity]\npseudonymous = true\n"
    )
    return root / "cohort.toml"


def write(file: Path, voxels: np.ndarray) -> None:
    image = sitk.GetImageFromArray(voxels.astype(np.int16 if "image" in file.name else np.uint8))
    image.SetSpacing(SPACING_MM)
    sitk.WriteImage(image, str(file))


def flip(file: Path, axis: int) -> None:
    write(file, np.flip(sitk.GetArrayFromImage(sitk.ReadImage(str(file))), axis))


def made(store: Store, run_id: str = "test") -> Outcome:
    for name in ("source_file", "image", "segmentation"):
        materialise(Context(store, "fading", run_id), name)
    return materialise(Context(store, "fading", run_id), "image_quality")


def flagged(store: Store, check: str) -> list[tuple]:
    found = store.rows(f"from ({sql.load('checks')[check].text}) order by all")
    columns = [name for name in ("patient_id", "phase") if name in found.columns]
    return found.select(columns).rows()


def test_a_cohort_is_measured_once_and_passes_its_checks(store: Store, tmp_path: Path):
    register(store, write_cohort(tmp_path), tmp_path)
    assert made(store).computed == 9
    rows = store.rows("from lake.image_quality order by patient_id, position")
    assert rows["position"].to_list() == [1, 2, 3] * 3
    assert rows["overlap"].min() == 1
    assert not any(flagged(store, name) for name in CHECKS if name != "voxels_twice")
    before = store.snapshot()
    assert (again := made(store, "again")).computed == 0
    assert again.reused == 9
    assert store.snapshot() == before


def test_swapped_phases_and_a_flipped_mask_are_flagged(store: Store, tmp_path: Path):
    register(store, write_cohort(tmp_path, p1_PVP="DP", p1_DP="PVP", p2_AP="PVP", p2_PVP="AP"),
             tmp_path)  # fmt: skip
    flip(tmp_path / "p0_DP_mask.nii.gz", axis=2)
    made(store)
    assert flagged(store, "phase_order") == [("p1",), ("p2",)]
    assert flagged(store, "flipped_mask") == [("p0", "DP")]
    seen = store.rows(sql.load("checks")["phase_order"].text)["seen"]
    assert sorted(seen) == ["AP, DP, PVP", "PVP, AP, DP"]


def test_a_changed_mask_measures_that_patient_again_in_all_phases(store: Store, tmp_path: Path):
    register(store, write_cohort(tmp_path), tmp_path)
    made(store)
    flip(tmp_path / "p1_AP_mask.nii.gz", axis=2)
    assert made(store, "changed").computed == 3
    (tmp_path / "p2_AP_mask.nii.gz").unlink()
    assert (gone := made(store, "gone")).computed == 2
    assert gone.removed == 1
    assert len(store.rows("from lake.image_quality")) == 8


def test_without_contrast_no_order_is_expected(store: Store, tmp_path: Path):
    register(store, write_cohort(tmp_path, p1_AP="DP", p1_DP="AP"), tmp_path, contrast=False)
    made(store)
    assert store.rows("from lake.image_quality")["position"].null_count() == 9
    assert flagged(store, "phase_order") == []


def test_a_lost_blob_is_rejected_and_tried_again(store: Store, tmp_path: Path):
    register(store, write_cohort(tmp_path), tmp_path)
    for name in ("source_file", "image", "segmentation"):
        materialise(Context(store, "fading", "test"), name)
    lost = "select image_sha256 from lake.image where patient_id = 'p0' and phase = 'AP'"
    blob = store.blobs.path(store.rows(lost).item())
    content = blob.read_bytes()
    blob.unlink()
    outcome = materialise(Context(store, "fading", "test"), "image_quality")
    reasons = store.rows("select reason, derivation from lake.rejected")
    assert (outcome.computed, outcome.rejected) == (8, 1)
    assert reasons.row(0)[0].startswith("its stored volume: unreadable")
    assert reasons.row(0)[1] is None
    blob.write_bytes(content)
    assert materialise(Context(store, "fading", "again"), "image_quality").computed == 1
    assert store.rows("from lake.rejected").is_empty()


# ---- the checks, on planted rows

GOOD = {
    "image_quality": [
        {"patient_id": "a", "phase": "AP", "position": 1, "vessel_to_organ": 2.6, "coverage": 1.0,
         "overlap": 0.8, "overlap_flipped": 0.9},
        {"patient_id": "a", "phase": "PVP", "position": 2, "vessel_to_organ": 1.6, "coverage": 1.0,
         "overlap": 0.05, "overlap_flipped": 0.1},
        {"patient_id": "a", "phase": "DP", "position": 3},
    ],
    "segmentation": [{"patient_id": "a", "phase": "AP", "component_count": 1}],
    "image": [{"patient_id": "a", "phase": "AP", "voxel_sha256": "1"},
              {"patient_id": "a", "phase": "PVP", "voxel_sha256": "2"}],
}  # fmt: skip
BAD = {
    "phase_order": {"patient_id": "a", "phase": "DP", "position": 3, "vessel_to_organ": 1.7},
    "flipped_mask": {"patient_id": "b", "phase": "AP", "overlap": 0.3, "overlap_flipped": 0.7},
    "mask_at_border": {"patient_id": "b", "phase": "AP", "coverage": 0.999},
    "several_nodules": {"patient_id": "b", "phase": "AP", "component_count": 2},
    "voxels_twice": {"cohort_id": "d", "patient_id": "b", "phase": "AP", "voxel_sha256": "1"},
}
FILLED = {"VARCHAR": "x", "INTEGER": 1, "BIGINT": 1, "DOUBLE": 1.0, "BOOLEAN": True}


def rows_of(table: str, rows: list[dict]) -> pl.DataFrame:
    required = {column.name: FILLED[column.type] for column in TABLES[table].columns
                if not column.nullable} | {"cohort_id": "c"}  # fmt: skip
    origin = {"origin": "manual"} if table == "segmentation" else {}
    return frame(TABLES[table], [{**required, **origin, **row} for row in rows])


def planted(store: Store, check: str, bad: bool) -> Iterator[tuple]:
    name = sql.load("checks")[check].fields["table"]
    rows = {(row["patient_id"], row["phase"]): row for row in GOOD[name]}
    if bad:
        rows[BAD[check]["patient_id"], BAD[check]["phase"]] = BAD[check]
    store.commit([Change(TABLES[name], insert=rows_of(name, list(rows.values())))], "planted")
    return store.rows(sql.load("checks")[check].text).iter_rows()


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_passes_on_good_rows_and_only_warns(store: Store, check: str):
    assert list(planted(store, check, bad=False)) == []
    assert sql.load("checks")[check].fields["severity"] == "warn"


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_names_the_bad_row(store: Store, check: str):
    found = list(planted(store, check, bad=True))
    assert len(found) == (2 if check == "voxels_twice" else 1)
    named = {row[1] for row in found}
    assert BAD[check]["patient_id"] in named


def test_the_tables_named_by_the_checks_are_those_declared():
    tables = {name: sql.load("checks")[name].fields["table"] for name in CHECKS}
    assert set(tables.values()) == {each.name for each in (IMAGE, IMAGE_QUALITY, SEGMENTATION)}
