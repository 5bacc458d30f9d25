"""A cohort through every step: first run, second run, and what a change recomputes."""

import json
import os
import shutil
from pathlib import Path

import polars as pl
import pytest
import SimpleITK as sitk
from polars.testing import assert_frame_equal

from hccer.pipeline import Context, materialise
from schemas.errors import HccerError
from schemas.tables import COHORT_TABLES
from storage.compaction import cited_snapshots
from storage.reading import Reader
from storage.store import Store
from tests.phantom import write_phantom
from tests.support import PHANTOM_FILE, register, run_pipeline, small_study

VALUES = (
    "select patient_id, phase, reader_id, settings_id, feature_name, value "
    "from lake.extraction_value join lake.extraction using (extraction_id) order by all"
)


@pytest.fixture
def changing_store(phantom_store: Store, own_phantom: Path) -> Store:
    """The finished phantom, its root a copy that the test may change."""
    register(phantom_store, PHANTOM_FILE, own_phantom)
    materialise(Context(phantom_store, "phantom", "settle"), "source_file")
    return phantom_store


def rows(store: Store, table: str) -> pl.DataFrame:
    return store.rows(f"from lake.{table} order by all")


def computed(store: Store, run_id: str) -> dict[str, int]:
    outcomes = run_pipeline(store, "phantom", run_id)
    return {name: each.computed for name, each in outcomes.items() if each.computed}


def test_a_phantom_cohort_is_stored_whole(phantom_store: Store):
    counts = {
        table: len(rows(phantom_store, table))
        for table in ("patient", "outcome", "image", "acquisition", "segmentation", "extraction")
    }
    assert counts == {
        "patient": 4, "outcome": 4, "image": 8, "acquisition": 8, "segmentation": 12,
        "extraction": 12,
    }  # fmt: skip
    assert len(rows(phantom_store, "extraction_value")) == 12 * 107
    assert rows(phantom_store, "rejected").is_empty()
    assert rows(phantom_store, "patient")["ast_u_l"].null_count() == 0


def test_a_second_run_computes_nothing_and_commits_nothing(phantom_store: Store):
    before = phantom_store.snapshot()
    assert computed(phantom_store, "again") == {}
    assert phantom_store.snapshot() == before


def test_two_bin_widths_stand_side_by_side(phantom_store: Store):
    before = phantom_store.rows(VALUES)
    small_study(phantom_store, "phantom", name="wide", setting={"binWidth": 50})
    assert computed(phantom_store, "wide") == {
        "settings": 1, "feature_definition": 107, "extraction": 12,
    }  # fmt: skip
    after = phantom_store.rows(VALUES)
    assert len(after) == 2 * len(before)
    assert_frame_equal(after.join(before, on=after.columns, how="semi"), before)
    contrast = "feature_name = 'original_glcm_Contrast'"
    values = phantom_store.rows(f"select distinct value from ({VALUES}) where {contrast}")
    assert len(values) == 24


def test_one_mask_replaced_recomputes_that_patient_and_phase(
    changing_store: Store, own_phantom: Path
):
    before = changing_store.rows(VALUES)
    file = own_phantom / "PH_002" / "PVP_reader_1.nii.gz"
    mask = sitk.ReadImage(str(file))
    sitk.WriteImage(sitk.BinaryErode(mask, (1, 1, 1)), str(file))
    assert computed(changing_store, "mask") == {
        "source_file": 1, "segmentation": 1, "image_quality": 2, "extraction": 1,
    }  # fmt: skip
    after = changing_store.rows(VALUES)
    changed = after.join(before, on=after.columns, how="anti")
    assert changed.select("patient_id", "phase").unique().rows() == [("PH_002", "PVP")]
    assert len(after) == len(before)


def test_a_repeat_of_one_reader_leaves_the_others_alone(changing_store: Store, own_phantom: Path):
    (own_phantom / "PH_001" / "AP_reader_2.nii.gz").unlink()
    run_pipeline(changing_store, "phantom", "less")
    readers = changing_store.rows(
        "select reader_id from lake.extraction where patient_id = 'PH_001' and phase = 'AP'"
    )
    assert readers["reader_id"].to_list() == ["reader_1"]
    assert len(rows(changing_store, "extraction_value")) == 11 * 107


def test_a_new_patient_folder_adds_only_that_patient(
    changing_store: Store, own_phantom: Path, tmp_path: Path
):
    before = changing_store.rows(VALUES)
    write_phantom(tmp_path / "others", 2, seed=9)
    shutil.copytree(tmp_path / "others" / "PH_002", own_phantom / "PH_900")
    assert computed(changing_store, "new") == {
        "source_file": 4, "patient": 1, "image": 2, "acquisition": 2, "segmentation": 2,
        "image_quality": 2, "extraction": 2,
    }  # fmt: skip
    after = changing_store.rows(VALUES)
    new = after.join(before, on=after.columns, how="anti")
    assert new["patient_id"].unique().to_list() == ["PH_900"]
    refused = rows(changing_store, "rejected")
    assert refused.select("patient_id", "asset").rows() == [("PH_900", "outcome")]


def test_voxels_of_two_patients_are_used_for_neither(changing_store: Store, own_phantom: Path):
    before = changing_store.rows(VALUES)
    shutil.copytree(own_phantom / "PH_002", own_phantom / "PH_900")
    run_pipeline(changing_store, "phantom", "twins")
    both = ["PH_002", "PH_900"]
    for table in ("segmentation", "image_quality", "extraction"):
        assert not set(both) & set(rows(changing_store, table)["patient_id"])
    refused = rows(changing_store, "rejected").filter(asset="segmentation")
    assert sorted(refused["patient_id"]) == sorted(both * 2)
    assert refused["reason"].str.contains("the same voxels stand under PH_").all()
    shutil.rmtree(own_phantom / "PH_900")
    run_pipeline(changing_store, "phantom", "settled")
    assert_frame_equal(changing_store.rows(VALUES), before)
    assert rows(changing_store, "rejected").is_empty()


def test_a_second_nodule_counts_only_where_all_are_asked_for(
    changing_store: Store, own_phantom: Path
):
    before = changing_store.rows(VALUES)
    file = own_phantom / "PH_002" / "AP_reader_1.nii.gz"
    mask = sitk.ReadImage(str(file))
    mask[2:4, 2:4, 2:4] = 1
    sitk.WriteImage(mask, str(file))
    assert computed(changing_store, "nodule")["extraction"] == 1
    assert_frame_equal(changing_store.rows(VALUES), before)
    small_study(changing_store, "phantom", name="every", nodules="all")
    run_pipeline(changing_store, "phantom", "every")
    after = changing_store.rows(VALUES).join(before, on="settings_id", how="anti")
    unit = ["patient_id", "phase", "reader_id", "feature_name"]
    changed = after.join(before, on=[*unit, "value"], how="anti")
    assert changed.select("patient_id", "phase").unique().rows() == [("PH_002", "AP")]
    pair = changed.join(before, on=unit).filter(feature_name="original_shape_VoxelVolume")
    assert pair["value"].item() > pair["value_right"].item()


def test_a_patient_folder_taken_away_leaves_no_row(changing_store: Store, own_phantom: Path):
    shutil.rmtree(own_phantom / "PH_003")
    run_pipeline(changing_store, "phantom", "gone")
    for table in ("image", "segmentation", "extraction"):
        assert "PH_003" not in rows(changing_store, table)["patient_id"].to_list()
    orphans = "from lake.extraction_value anti join lake.extraction using (extraction_id)"
    assert changing_store.rows(orphans).is_empty()


def test_a_file_touched_but_not_changed_recomputes_nothing(
    changing_store: Store, own_phantom: Path
):
    for file in own_phantom.rglob("*.nii.gz"):
        file.touch()
    assert set(computed(changing_store, "touched")) == {"source_file"}


def test_a_lost_root_loses_no_row(changing_store: Store, own_phantom: Path):
    before = {name: rows(changing_store, name) for name in ("image", "extraction_value")}
    own_phantom.rename(own_phantom.with_name("moved"))
    with pytest.raises(HccerError, match="the root of cohort phantom is gone"):
        run_pipeline(changing_store, "phantom", "lost")
    own_phantom.mkdir()
    with pytest.raises(HccerError, match="is the disk mounted"):
        run_pipeline(changing_store, "phantom", "empty")
    for name, frame in before.items():
        assert_frame_equal(rows(changing_store, name), frame)


def test_a_sidecar_fills_the_acquisition(changing_store: Store, own_phantom: Path):
    header = {"Manufacturer": "ACME", "MagneticFieldStrength": 3, "RepetitionTime": 0.0035,
              "EchoTime": 0.0012, "FlipAngle": 12, "PatientName": "nobody"}  # fmt: skip
    (own_phantom / "PH_001" / "AP.json").write_text(json.dumps(header))
    (own_phantom / "PH_002" / "AP.json").write_text("[not json")
    run_pipeline(changing_store, "phantom", "sidecar")
    found = rows(changing_store, "acquisition").filter(manufacturer="ACME").row(0, named=True)
    assert (found["patient_id"], found["phase"]) == ("PH_001", "AP")
    assert found["field_strength_t"] == 3
    assert found["repetition_time_ms"] == pytest.approx(3.5)
    assert found["echo_time_ms"] == pytest.approx(1.2)
    refused = rows(changing_store, "rejected").row(0, named=True)
    assert (refused["asset"], refused["source"]) == ("acquisition", "PH_002/AP.json")
    assert len(rows(changing_store, "acquisition")) == 8


def test_every_step_records_what_it_was_made_from(phantom_store: Store):
    assert cited_snapshots(phantom_store)
    for table in COHORT_TABLES:
        if table.deps and table.name not in ("rejected",):
            found = {edge.input for edge in _edges(phantom_store) if edge.asset == table.name}
            assert found == set(table.deps), table.name


def _edges(store: Store) -> list:
    from sqlmodel import Session, select

    from schemas.registry import LineageEdge

    with Session(store.registry.engine) as session:
        return list(session.exec(select(LineageEdge)))


def test_files_that_moved_keep_their_values_and_their_lineage(
    changing_store: Store, own_phantom: Path
):
    before = changing_store.rows(VALUES)
    (own_phantom / "sub").mkdir()
    for folder in own_phantom.glob("PH_*"):
        folder.rename(own_phantom / "sub" / folder.name)
    text = PHANTOM_FILE.read_text().replace('"{patient}/', '"sub/{patient}/')
    moved = own_phantom / "moved.toml"
    moved.write_text(text)
    register(changing_store, moved, own_phantom)
    assert "extraction" not in computed(changing_store, "moved")
    assert_frame_equal(changing_store.rows(VALUES), before)
    assert rows(changing_store, "rejected").is_empty()
    found = Reader(changing_store.home).query("from lineage")
    assert found["image_source"].str.starts_with("sub/").all()
    assert found["image_file_sha256"].null_count() == 0


def test_a_clinical_file_that_breaks_takes_nothing_out(changing_store: Store, own_phantom: Path):
    kept = {name: rows(changing_store, name) for name in ("patient", "outcome")}
    sheet = own_phantom / "clinical.csv"
    whole = sheet.read_text()
    for damage in (whole.replace("recurrence", "recurred"), None):
        if damage is None:
            sheet.unlink()
        else:
            sheet.write_text(damage)
        run_pipeline(changing_store, "phantom", "broken")
        for name, frame in kept.items():
            assert_frame_equal(rows(changing_store, name), frame)
        reasons = rows(changing_store, "rejected")["reason"].to_list()
        assert any("what is stored of it is kept" in reason for reason in reasons)
    sheet.write_text(whole)
    run_pipeline(changing_store, "phantom", "mended")
    assert rows(changing_store, "rejected").is_empty()


def test_a_folder_that_cannot_be_listed_takes_nothing_out(
    changing_store: Store, own_phantom: Path, monkeypatch: pytest.MonkeyPatch
):
    before = changing_store.rows(VALUES)
    scan = os.scandir

    def refuse(folder: object = ".") -> object:
        if str(folder).endswith("PH_002"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    run_pipeline(changing_store, "phantom", "shut")
    assert_frame_equal(changing_store.rows(VALUES), before)
    refused = rows(changing_store, "rejected").row(0, named=True)
    assert (refused["source"], refused["asset"]) == ("PH_002", "source_file")


def test_a_lost_blob_is_made_again(changing_store: Store):
    (lost,) = changing_store.rows(
        "select image_sha256 from lake.image where patient_id = 'PH_002' and phase = 'AP'"
    )["image_sha256"]
    changing_store.blobs.delete([lost])
    assert computed(changing_store, "mend") == {"image": 1}
    assert changing_store.blobs.get(lost)


def test_another_label_leaves_no_value_of_the_former(changing_store: Store, own_phantom: Path):
    for file in own_phantom.rglob("*_reader_?.nii.gz"):
        mask = sitk.ReadImage(str(file))
        mask[18, 18, 10] = 2
        sitk.WriteImage(mask, str(file))
    run_pipeline(changing_store, "phantom", "labels")
    small_study(changing_store, "phantom", name="small", setting={"binWidth": 50})
    text = PHANTOM_FILE.read_text()
    other = own_phantom / "other.toml"
    other.write_text(text.replace('reader_1.nii.gz"', 'reader_1.nii.gz"\nlabel = 2'))
    register(changing_store, other, own_phantom)
    run_pipeline(changing_store, "phantom", "label")
    labels = changing_store.rows(
        "select distinct e.label, s.label as other from lake.extraction as e "
        "join lake.segmentation as s using (cohort_id, patient_id, phase, reader_id, session_id)"
    )
    assert labels.filter(labels["label"] != labels["other"]).is_empty()
