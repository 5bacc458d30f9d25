"""The tables registration and crop: made once, kept up to date, read as arrays."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import SimpleITK as sitk
import torch

import sql
from hccer.deep.description import describe
from hccer.deep.loader import COLUMNS, crop_arrays
from hccer.deep.resident import resident
from hccer.deep.samples import Samples
from hccer.pipeline import Context, materialise
from hccer.study.context import StudyContext
from hccer.study.crops import crop_recipe, crop_settings_id, study_crops
from schemas.deep import DeepSettings
from schemas.errors import HccerError
from schemas.preset import settings_text
from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.tables import CROP, REGISTRATION
from storage.home import Home
from storage.lineage import Outcome
from storage.retention import remove_patient, remove_study
from storage.store import Change, Store
from tests.hccer.fading import COHORT, FADING, SHIFT_MM, write, write_cohort
from tests.hccer.scenes import SPACING_MM, scene
from tests.support import register

SIZE = 16
CHECKS = ("crop_shape", "crop_slices", "registration_fit")
NAMES = "source_file", "image", "segmentation", "settings", "registration", "crop"


def study(store: Store, name: str = "s", phases: tuple = ("AP", "PVP", "DP"), **crop) -> None:
    overrides = {"imaging": {"crop": {"size": SIZE, **crop}}}
    file = StudyFile(id=name, endpoint="early_recurrence", phases=list(phases),
                     development=[COHORT], overrides=overrides)  # fmt: skip
    row = Study(study_id=name, title="", preset="paper", file_json=file.model_dump_json())
    store.registry.put(row)


def made(store: Store, run_id: str = "test") -> tuple[Outcome, Outcome]:
    outcomes = [materialise(Context(store, COHORT, run_id), name) for name in NAMES]
    return outcomes[-2], outcomes[-1]


def counts(outcome: Outcome) -> tuple[int, int, int]:
    return outcome.computed, outcome.reused, outcome.rejected


def flagged(store: Store) -> list[str]:
    return [name for name in CHECKS if len(store.rows(sql.load("checks")[name].text))]


def refusals(store: Store) -> list[tuple]:
    return store.rows("select asset, patient_id, phase, reason from lake.rejected "
                      "order by all").rows()  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished store and its files; only to be copied."""
    folder = tmp_path_factory.mktemp("crops")
    store = Store.open(Home(folder / "home"))
    register(store, write_cohort(folder / "files"), folder / "files")
    study(store)
    assert [counts(each) for each in made(store)] == [(4, 0, 0), (2, 0, 0)]
    store.close()
    store.registry.engine.dispose()
    return folder


@pytest.fixture
def files(done: Path, tmp_path: Path) -> Path:
    """A copy of the files that a test may change."""
    return Path(shutil.copytree(done / "files", tmp_path / "files"))


@pytest.fixture
def own(done: Path, files: Path, home: Home) -> Store:
    """A copy of the finished store on its own files."""
    shutil.copytree(done / "home", home.path)
    store = Store.open(home)
    register(store, files / "cohort.toml", files)
    return store


# ---- tumours at the ends of the image


def test_tumours_on_the_first_and_last_slice_are_cut_and_one_without_a_phase_is_not(
    own: Store, files: Path
):
    for patient, place in (("p0", 0), ("p1", -1)):
        file = files / f"{patient}_AP_mask.nii.gz"
        voxels = sitk.GetArrayFromImage(sitk.ReadImage(str(file)))
        flat = voxels.max(axis=0)
        voxels[:], voxels[place] = 0, flat
        write(file, voxels)
    for phase in ("AP", "DP"):
        for kind in ("image", "mask"):
            name = f"{phase}_{kind}.nii.gz"
            shutil.copy(files / f"p0_{name}", files / f"p2_{name}")
    image = files / "p2_AP_image.nii.gz"
    voxels = sitk.GetArrayFromImage(sitk.ReadImage(str(image)))
    write(image, voxels + 1)  # not the voxels of another patient
    made(own)
    cut = own.rows("select patient_id, slice_index, area_mm2 > 0 as tumour from lake.crop "
                   "order by patient_id, position").rows()  # fmt: skip
    assert cut == [("p0", 0, True), ("p0", 1, False), ("p0", 2, False),
                   ("p1", 9, False), ("p1", 10, False), ("p1", 11, True)]  # fmt: skip
    refused = [row for row in refusals(own) if row[0] == "crop"]
    assert refused == [("crop", "p2", None, "no image of PVP")]


# ---- the tables


def test_a_second_run_computes_nothing(own: Store):
    made(own, "moved")  # the files lie elsewhere now
    before = own.snapshot()
    assert [counts(each) for each in made(own, "again")] == [(0, 4, 0), (0, 2, 0)]
    assert own.snapshot() == before
    assert flagged(own) == []


def test_rows_say_what_was_done(own: Store):
    moved = own.rows("from lake.registration order by patient_id, phase")
    assert moved["phase"].to_list() == ["DP", "PVP"] * 2
    assert set(moved["fixed_phase"]) == {"AP"}
    assert (moved["shift_mm"] - SHIFT_MM).abs().max() < min(SPACING_MM)
    assert (moved["metric_after"] > moved["metric_before"]).all()
    assert (moved["overlap"] == 1).all()
    cut = own.rows("from lake.crop order by patient_id, position")
    assert cut["position"].to_list() == [1, 2, 3] * 2
    assert set(cut["phases"]) == {"AP,PVP,DP"}
    assert cut["shape"].to_list() == [[3, SIZE, SIZE]] * 6
    steps = own.rows("select step, asked_by from lake.settings where step in "
                     "('registration', 'crop') order by step")  # fmt: skip
    assert steps.rows() == [("crop", "study s"), ("registration", "study s")]
    quality = own.session.execute(
        "with registration as (from lake.registration) "
        + sql.load("queries")["registration_quality"].text, {"cohort": COHORT}).pl()  # fmt: skip
    assert quality["images"].to_list() == [2, 2]


def test_a_changed_mask_makes_that_patient_anew(own: Store, files: Path):
    kept = "select derivation from lake.crop where patient_id = 'p0'"
    before = own.rows(kept)
    voxels = scene(place=(34, 30)).tumour
    voxels[2] = voxels[3]
    write(files / "p1_AP_mask.nii.gz", voxels)
    assert [counts(each) for each in made(own, "changed")] == [(2, 2, 0), (1, 1, 0)]
    assert own.rows(kept).equals(before)
    assert len(own.rows("from lake.crop")) == 6


def test_a_mask_of_a_later_phase_decides_nothing(own: Store, files: Path):
    voxels = scene(place=(34, 30)).tumour
    voxels[2] = voxels[3]
    write(files / "p1_PVP_mask.nii.gz", voxels)
    assert [counts(each) for each in made(own, "changed")] == [(0, 4, 0), (0, 2, 0)]


def test_another_size_cuts_again_and_registers_nothing(own: Store):
    study(own, size=24)
    registered, cut = made(own, "larger")
    assert (counts(registered), counts(cut)) == ((0, 4, 0), (2, 0, 0))
    assert own.rows("select distinct shape from lake.crop").item().to_list() == [3, 24, 24]


def test_two_studies_live_side_by_side_until_one_goes(own: Store):
    study(own, "two", phases=("AP", "DP"))
    assert [counts(each) for each in made(own, "two")] == [(0, 4, 0), (2, 2, 0)]
    found = own.rows("select distinct phases from lake.crop order by 1")["phases"].to_list()
    assert found == ["AP,DP", "AP,PVP,DP"]
    remove_study(own, "s")
    assert [counts(each) for each in made(own, "one")] == [(0, 2, 0), (0, 2, 0)]
    assert own.rows("select distinct phases from lake.crop").item() == "AP,DP"
    remove_study(own, "two")
    assert [counts(each) for each in made(own, "none")] == [(0, 0, 0), (0, 0, 0)]
    assert len(own.rows("from lake.crop")) == len(own.rows("from lake.registration")) == 0


def test_the_first_phase_is_the_one_that_stays(own: Store):
    study(own, "turned", phases=("DP", "AP"))
    assert [counts(each) for each in made(own, "turned")] == [(2, 4, 0), (2, 2, 0)]
    fixed = own.rows("select fixed_phase, phase from lake.registration where fixed_phase = 'DP'")
    assert fixed.rows() == [("DP", "AP")] * 2


# ---- what cannot be used


def test_bad_phases_are_refused_and_the_others_go_on(own: Store, files: Path):
    given = scene(vessel=FADING["PVP"], place=(30, 30)).image
    write(files / "p0_PVP_image.nii.gz", given, origin_mm=(900.0, 0.0, 0.0))
    write(files / "p0_PVP_mask.nii.gz", scene().tumour, origin_mm=(900.0, 0.0, 0.0))
    registered, cut = made(own, "apart")
    assert (counts(registered), counts(cut)) == ((0, 3, 1), (0, 1, 1))
    found = refusals(own)
    assert found[0] == ("crop", "p0", None, "PVP not registered to AP")
    assert found[1][:3] == ("registration", "p0", "PVP")
    assert found[1][3].startswith("not registered to AP: the images do not overlap")
    assert [counts(each) for each in made(own, "again")] == [(0, 3, 1), (0, 1, 1)]
    write(files / "p0_PVP_image.nii.gz", given)
    write(files / "p0_PVP_mask.nii.gz", scene(place=(30, 30)).tumour)
    assert [counts(each) for each in made(own, "mended")] == [(1, 3, 0), (1, 1, 0)]
    assert refusals(own) == []


def test_a_missing_phase_and_a_missing_mask_are_named(own: Store, files: Path):
    for name in ("p0_DP_image", "p0_DP_mask", "p1_AP_mask"):
        (files / f"{name}.nii.gz").unlink()
    made(own, "missing")
    reasons = {row[1]: row[3] for row in refusals(own) if row[0] == "crop"}
    assert reasons == {"p0": "no image of DP", "p1": "no reference delineation of AP"}
    assert len(own.rows("from lake.crop")) == 0


def test_too_few_slices_are_refused(own: Store):
    study(own, slices=13)
    _, cut = made(own, "many")
    assert counts(cut) == (0, 0, 2)
    assert refusals(own)[0][3] == "not cut: the image has 12 slices, a crop needs 13"


def test_a_lost_blob_is_tried_again(own: Store):
    study(own, margin_mm=5.0)
    lost = own.rows("select image_sha256 from lake.image where patient_id = 'p0' "
                    "and phase = 'PVP'").item()  # fmt: skip
    blob = own.blobs.path(lost)
    content = blob.read_bytes()
    context = Context(own, COHORT, "lost")
    materialise(context, "settings")
    blob.unlink()
    assert counts(materialise(context, "crop")) == (1, 0, 1)
    blob.write_bytes(content)
    assert counts(materialise(Context(own, COHORT, "found"), "crop")) == (1, 1, 0)


@pytest.mark.long
def test_a_removed_patient_leaves_nothing(own: Store):
    remove_patient(own, COHORT, "p0")
    for table in (REGISTRATION, CROP):
        found = own.rows(f"select distinct patient_id from lake.{table.name}")
        assert found["patient_id"].to_list() == ["p1"]


def test_checks_name_what_is_wrong(own: Store):
    crops = own.rows("from lake.crop")
    own.commit([Change(CROP, delete=crops.select(CROP.key), insert=crops.with_columns(
        mask=pl.lit(b"1"), slice_index=pl.col("slice_index") * 2))], "spoilt")  # fmt: skip
    moved = own.rows("from lake.registration")
    own.commit([Change(REGISTRATION, delete=moved.select(REGISTRATION.key),
                       insert=moved.with_columns(shift_mm=pl.lit(40.0)))], "spoilt")  # fmt: skip
    assert flagged(own) == list(CHECKS)


# ---- as arrays


def test_a_study_reads_its_crops_in_the_order_of_its_patients(own: Store):
    context = StudyContext(own, "s", "test")
    patients = pl.DataFrame({"cohort_id": [COHORT] * 2, "patient_id": ["p1", "p0"]})
    crops = study_crops(context, patients)
    assert crops.tensors.shape == (2, 3, 3, SIZE, SIZE)
    assert crops.masks.dtype == bool
    for number, name in enumerate(patients["patient_id"]):
        rows = own.rows("from lake.crop where patient_id = ? order by position", [name])
        assert crops.tensors[number].tobytes() == b"".join(rows["tensor"])
        assert crops.masks[number].astype(np.uint8).tobytes() == b"".join(rows["mask"])
        assert crops.spacing_mm[number] == rows["spacing_mm"][0]
        assert crops.area_mm2[number].tolist() == rows["area_mm2"].to_list()


def test_a_patient_without_crop_is_told(own: Store):
    context = StudyContext(own, "s", "test")
    patients = pl.DataFrame({"cohort_id": [COHORT] * 2, "patient_id": ["p1", "nobody"]})
    with pytest.raises(HccerError, match="study s: 1 of 2 patients have no crop"):
        study_crops(context, patients)
    with pytest.raises(HccerError, match="there are no crops"):
        study_crops(context, patients[1:])


def test_the_settings_say_what_decides_a_crop(own: Store):
    context = StudyContext(own, "s", "test")
    text = own.rows("select text from lake.settings where settings_id = ?",
                    [crop_settings_id(context)]).item()  # fmt: skip
    assert text == settings_text(crop_recipe(context))


@pytest.mark.parametrize("slices", ["samples", "channels"])
def test_what_a_network_reads_is_what_the_rows_hold(own: Store, slices: str):
    query = f"select {', '.join(COLUMNS)} from lake.crop order by patient_id, position"
    crops = crop_arrays(own.session.execute(query).to_arrow_reader(4), slices=3)
    n = len(crops)
    samples = Samples(crops.tensors, None, np.zeros(n, int), crops.masks, np.zeros(n, str))
    description = describe(samples, "ResNet-10", DeepSettings(slices=slices), ())
    images = resident(samples, description, torch.device("cpu")).images.numpy()
    rows = own.session.execute(query).fetchall()
    for number, (tensor, mask, shape, *_) in enumerate(rows):
        wanted = np.frombuffer(tensor, "<f4").reshape(shape)
        patient, position = divmod(number, 3)
        found = images[number] if slices == "samples" else images[patient, position::3]
        assert (found == wanted).all()
        drawn = np.frombuffer(mask, np.uint8).reshape(shape[1:])
        assert (crops.masks[patient, position] == drawn).all()
    assert len(rows) == 3 * n == 6


def test_slices_of_one_half_crop_and_of_two_shapes_are_refused(own: Store):
    query = f"select {', '.join(COLUMNS)} from lake.crop order by patient_id, position"
    with pytest.raises(HccerError, match="6 slices are no crops of 4 slices each"):
        crop_arrays(own.session.execute(query).to_arrow_reader(4), slices=4)
    other = f"select * replace ([3, 8, 32] as shape) from ({query})"
    both = [
        batch for each in (query, other) for batch in own.session.execute(each).to_arrow_reader(4)
    ]
    with pytest.raises(HccerError, match="differ in shape"):
        crop_arrays(both, slices=3)
