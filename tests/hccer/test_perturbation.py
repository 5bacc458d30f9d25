"""Tumours drawn again by a machine: the surface, the rows, and what a study makes of them."""

import numpy as np
import polars as pl
import pytest
import SimpleITK as sitk

import sql
from hccer.agreement.icc import icc
from hccer.imaging.perturbation import evenly_chosen, perturbed
from hccer.pipeline import Context, materialise
from hccer.study.agreement import make_delineation_agreement
from hccer.study.context import StudyContext
from hccer.study.features import role_rows, study_patients
from hccer.study.reliability import make_feature_reliability
from schemas.perturbation import PerturbationSettings
from schemas.preset import load_preset, preset_names, settings_id
from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.tables import DELINEATION_AGREEMENT, FEATURE_RELIABILITY
from storage.reading import Reader
from storage.retention import remove_patient, remove_study
from storage.store import Store
from tests.hccer.planted_study import plant_split
from tests.support import SMALL, run_pipeline

RADIUS_MM = 20.0
OVERRIDES = {**SMALL, "validation": {"chain": {"reliability": {"fewest_repeats": 2}}}}
PERTURBED = "from lake.segmentation where origin = 'perturbed' order by all"


def ball(spacing_mm: tuple[float, float, float] = (1.0, 1.0, 2.0)) -> sitk.Image:
    size = [int(70 / each) for each in spacing_mm]
    axes = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(size, spacing_mm, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    inside = (x**2 + y**2 + z**2 < RADIUS_MM**2).transpose(2, 1, 0)
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing(spacing_mm)
    image.SetOrigin((-7.0, 3.0, 11.0))
    return image


def again(mask: sitk.Image, seed: int, **settings: float) -> np.ndarray:
    drawn = perturbed(mask, np.random.default_rng(seed), PerturbationSettings(**settings))
    assert drawn.GetPixelIDValue() == sitk.sitkUInt8
    for name in ("GetSize", "GetSpacing", "GetOrigin", "GetDirection"):
        assert getattr(drawn, name)() == getattr(mask, name)()
    return sitk.GetArrayFromImage(drawn) > 0


def radii_mm(drawn: np.ndarray, mask: sitk.Image) -> np.ndarray:
    """Distance of the outer voxels from the centre of the ball."""
    outer = drawn & ~sitk.GetArrayFromImage(
        sitk.BinaryErode(sitk.GetImageFromArray(drawn.astype(np.uint8)), (1, 1, 1))
    ).astype(bool)
    middle = (np.array(mask.GetSize()) - 1) / 2
    return np.linalg.norm((np.argwhere(outer)[:, ::-1] - middle) * mask.GetSpacing(), axis=1)


def test_the_surface_moves_as_far_as_the_settings_say():
    mask = ball((1.0, 1.0, 1.0))
    strays = [radii_mm(again(mask, seed, sd_mm=2.0, size_sd_mm=0.0), mask) for seed in range(12)]
    still = radii_mm(again(mask, 0, sd_mm=1e-6, size_sd_mm=0.0), mask)
    moved = np.sqrt(np.mean([np.var(each) for each in strays]) - np.var(still))
    assert moved == pytest.approx(2.0, abs=0.5)
    sizes = [radii_mm(again(mask, seed, sd_mm=1e-6, size_sd_mm=2.0), mask) for seed in range(40)]
    assert np.std([each.mean() for each in sizes]) == pytest.approx(2.0, abs=0.6)
    assert all(np.std(each) < 0.6 for each in sizes)


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 2.0), (0.7, 0.7, 5.0), (4.0, 4.0, 4.0)])
def test_the_same_state_draws_the_same_and_farther_is_less_alike(spacing_mm: tuple):
    mask = ball(spacing_mm)
    reference = sitk.GetArrayFromImage(mask) > 0
    assert np.array_equal(again(mask, 1), again(mask, 1))
    assert not np.array_equal(again(mask, 1), again(mask, 2))

    def alike(sd_mm: float) -> float:
        drawn = [again(mask, seed, sd_mm=sd_mm) for seed in range(5)]
        return np.mean([2 * (d & reference).sum() / (d.sum() + reference.sum()) for d in drawn])

    assert 1 > alike(0.5) > alike(1.5) > alike(4.0) > 0.5


def test_who_is_drawn_again_is_spread_over_the_sizes():
    assert evenly_chosen([5.0, 1.0, 3.0, 2.0, 4.0, 6.0], 2) == [0, 3]
    assert evenly_chosen([], 3) == []


def test_presets_ask_for_none():
    assert all(load_preset(name).perturbation is None for name in preset_names())
    chosen = load_preset("paper", {"perturbation": {}}).perturbation
    assert chosen == PerturbationSettings()


def ask(store: Store, name: str, **perturbation: object) -> StudyContext:
    """Register a study that has tumours drawn again; without fields it asks for none."""
    overrides = OVERRIDES | ({"perturbation": perturbation} if perturbation else {})
    file = StudyFile(id=name, endpoint="early_recurrence", phases=["AP", "PVP"],
                     development=["phantom"], overrides=overrides)  # fmt: skip
    text = file.model_dump_json()
    store.registry.put(Study(study_id=name, title="", preset="paper", file_json=text))
    return StudyContext(store, name, "test")


def computed(store: Store) -> dict[str, int]:
    outcomes = run_pipeline(store, "phantom")
    return {name: each.computed for name, each in outcomes.items() if each.computed}


def offenders(store: Store) -> dict[str, int]:
    """Errors that the checks find, by check."""
    checks = {name: each for name, each in sql.load("checks").items()
              if each.fields["severity"] == "error"}  # fmt: skip
    found = {name: len(store.rows(check.text)) for name, check in checks.items()}
    return {name: count for name, count in found.items() if count}


def test_delineations_are_added_once_and_only_where_a_study_asks(phantom_store: Store):
    manual = phantom_store.rows("from lake.segmentation order by all")
    context = ask(phantom_store, "moved", sd_mm=1.0, n_repeats=2)
    assert computed(phantom_store) == {"settings": 2, "perturbation": 16, "extraction": 16}
    drawn = phantom_store.rows(PERTURBED)
    assert len(drawn) == 4 * 2 * 2 and not drawn["is_reference"].any()
    assert drawn["reader_id"].unique().to_list() == [f"perturbed-{context.perturbation_id}"]
    assert drawn["mask_sha256"].n_unique() == 16 and set(drawn["session_id"]) == {1, 2}
    there = phantom_store.rows("from lake.segmentation where origin = 'manual' order by all")
    assert there.equals(manual)
    made = phantom_store.rows("from lake.perturbation order by all")
    assert made["dice"].is_between(0.7, 0.99).all()
    for row in drawn.iter_rows(named=True):
        mask = sitk.ReadImage(str(phantom_store.blobs.path(row["mask_sha256"])))
        assert sitk.GetArrayViewFromImage(mask).sum() == row["voxel_count"]
    assert offenders(phantom_store) == {}
    before = phantom_store.snapshot()
    assert computed(phantom_store) == {} and phantom_store.snapshot() == before
    overview = Reader(phantom_store.home).query("from cohort_overview").row(0, named=True)
    assert (overview["segmentations"], overview["perturbed"]) == (12, 16)
    lineage = Reader(phantom_store.home).query("from lineage where mask_origin = 'perturbed'")
    assert len(lineage) == 16 and lineage["mask_file_sha256"].null_count() == 0
    remove_study(phantom_store, "moved")
    run_pipeline(phantom_store, "phantom")
    assert phantom_store.rows("from lake.segmentation order by all").equals(manual)
    assert phantom_store.rows("from lake.perturbation").is_empty()
    assert len(phantom_store.rows("from lake.extraction")) == len(manual)


def test_another_reference_is_perturbed_anew_and_checks_see_an_old_one(phantom_store: Store):
    ask(phantom_store, "moved", sd_mm=1.0)
    run_pipeline(phantom_store, "phantom")
    kept = phantom_store.rows(PERTURBED)
    session = phantom_store.session
    session.execute("update lake.segmentation set mask_sha256 = (select any_value(mask_sha256) "
                    "from lake.segmentation where patient_id = 'PH_004' and phase = 'PVP' and "
                    "reader_id = 'reader_2') where patient_id = 'PH_004' and phase = 'AP' "
                    "and is_reference")  # fmt: skip
    assert offenders(phantom_store) == {"perturbed_reference": 1}
    outcome = materialise(Context(phantom_store, "phantom", "test"), "perturbation")
    assert (outcome.computed, outcome.reused) == (1, 7)
    after = phantom_store.rows(PERTURBED)
    changed = after.join(kept, on=["patient_id", "phase", "mask_sha256"], how="anti")
    assert changed.select("patient_id", "phase").rows() == [("PH_004", "AP")]
    (lost,) = after.filter(patient_id="PH_001", phase="AP")["mask_sha256"]
    phantom_store.blobs.delete([lost])
    outcome = materialise(Context(phantom_store, "phantom", "test"), "perturbation")
    assert outcome.computed == 1 and phantom_store.blobs.get(lost)


def test_neither_names_nor_the_order_of_patients_decide_a_voxel(phantom_store: Store):
    ask(phantom_store, "moved", sd_mm=1.0, patients=2)
    run_pipeline(phantom_store, "phantom")
    made = phantom_store.rows("select reference_sha256, mask_sha256 from lake.perturbation")
    assert phantom_store.rows("select distinct patient_id from lake.perturbation").height == 2
    for table in ("segmentation", "perturbation"):
        phantom_store.session.execute(f"update lake.{table} set patient_id = 'X' || "
                                      "(900 - substr(patient_id, 4)::int)")  # fmt: skip
    phantom_store.session.execute("delete from lake.segmentation where origin = 'perturbed'")
    phantom_store.session.execute("delete from lake.perturbation")
    materialise(Context(phantom_store, "phantom", "test"), "perturbation")
    again = phantom_store.rows("select reference_sha256, mask_sha256 from lake.perturbation")
    assert set(again.rows()) == set(made.rows())


@pytest.mark.long
def test_a_patient_who_withdraws_takes_them_along(phantom_store: Store):
    ask(phantom_store, "moved", sd_mm=1.0)
    run_pipeline(phantom_store, "phantom")
    theirs = phantom_store.rows("select mask_sha256 from lake.perturbation where "
                                "patient_id = 'PH_003'")["mask_sha256"]  # fmt: skip
    remove_patient(phantom_store, "phantom", "PH_003")
    run_pipeline(phantom_store, "phantom")
    assert "PH_003" not in phantom_store.rows("from lake.perturbation")["patient_id"]
    assert len(phantom_store.rows(PERTURBED)) == 6
    assert not set(theirs) & set(phantom_store.blobs)


def test_a_tumour_that_shrinks_to_nothing_is_a_reason(phantom_store: Store):
    ask(phantom_store, "gone", sd_mm=0.1, size_sd_mm=1000.0, random_state=3)
    run_pipeline(phantom_store, "phantom")
    refused = phantom_store.rows("from lake.rejected where asset = 'perturbation'")
    assert not refused.is_empty() and refused["reason"].str.contains("encloses no voxel").any()
    assert len(refused) + len(phantom_store.rows(PERTURBED)) == 8
    assert computed(phantom_store) == {}


def train_everyone(store: Store, name: str) -> None:
    patients = store.rows("select cohort_id, patient_id from lake.patient order by all")
    plant_split(store, [{**row, "role": "train", "y_true": i % 2}
                        for i, row in enumerate(patients.to_dicts())])  # fmt: skip
    store.session.execute(f"update lake.split set study_id = '{name}'")


def test_a_study_uses_its_own_perturbations_and_nobody_elses(phantom_store: Store):
    mine = ask(phantom_store, "mine", sd_mm=0.7, n_repeats=2)
    far = ask(phantom_store, "far", sd_mm=3.0)
    none = ask(phantom_store, "none")
    run_pipeline(phantom_store, "phantom")
    for context in (mine, far, none):
        train_everyone(phantom_store, context.study_id)
        make_feature_reliability(context)
        make_delineation_agreement(context)
    rows = {each.study_id: each.own(FEATURE_RELIABILITY) for each in (mine, far, none)}
    said = {name: set(each.select("comparison", "origin", "n").rows())
            for name, each in rows.items()}  # fmt: skip
    by_hand = ("inter", "manual", 2)
    assert said["mine"] == said["far"] == {("intra", "perturbed", 4), by_hand}
    assert said["none"] == {("intra", "none", 0), by_hand}
    drawn = {each.study_id: each.own(DELINEATION_AGREEMENT) for each in (mine, far, none)}
    assert [len(drawn[name]) for name in ("mine", "far", "none")] == [4 + 16, 4 + 8, 4]
    moved = {name: each.filter(comparison="intra")["dice"].mean() for name, each in drawn.items()}
    assert moved["mine"] > moved["far"] + 0.05 and moved["none"] is None
    assert set(drawn["mine"].filter(origin="perturbed")["comparison"]) == {"intra"}


def test_the_icc_is_over_every_drawing(phantom_store: Store):
    context = ask(phantom_store, "mine", sd_mm=0.7, n_repeats=3)
    run_pipeline(phantom_store, "phantom")
    train_everyone(phantom_store, "mine")
    make_feature_reliability(context)
    name = "original_shape_MeshVolume"
    values = phantom_store.rows(
        "select patient_id, session_id, is_reference, value from lake.extraction_value "
        "join lake.extraction e using (extraction_id) join lake.segmentation using "
        "(cohort_id, patient_id, phase, reader_id, session_id) where feature_name = ? "
        "and phase = 'PVP' and (is_reference or origin = 'perturbed') "
        "order by patient_id, not is_reference, session_id",
        [name],
    )
    table = values["value"].to_numpy().reshape(1, 4, 4)
    (row,) = context.own(FEATURE_RELIABILITY).filter(
        phase="PVP", feature_name=name, comparison="intra"
    ).to_dicts()  # fmt: skip
    expected = icc(table, "ICC(A,1)")
    assert row["icc"] == pytest.approx(expected.icc[0])
    assert row["ci_low"] == pytest.approx(expected.ci_low[0])
    train, _ = study_patients(context, role_rows(context, "train"))
    assert train.intra.X.shape[:2] == (4, 3)


@pytest.mark.long
def test_another_studys_perturbations_change_no_content(phantom_store: Store):
    plain = ask(phantom_store, "none")
    run_pipeline(phantom_store, "phantom")
    names = ("segmentation", "feature_value")
    before = [plain.content(name) for name in names]
    other = ask(phantom_store, "far", sd_mm=3.0)
    run_pipeline(phantom_store, "phantom")
    assert [plain.content(name) for name in names] == before
    assert all(other.content(name) != known for name, known in zip(names, before, strict=True))


def test_features_of_perturbed_masks_are_computed_under_the_settings_that_ask(
    phantom_store: Store,
):
    ask(phantom_store, "mine", sd_mm=1.0)
    wide = OVERRIDES | {"radiomics": {**SMALL["radiomics"], "setting": {"binWidth": 50}}}
    file = StudyFile(id="wide", endpoint="early_recurrence", phases=["AP", "PVP"],
                     development=["phantom"], overrides=wide)  # fmt: skip
    text = file.model_dump_json()
    phantom_store.registry.put(Study(study_id="wide", title="", preset="paper", file_json=text))
    run_pipeline(phantom_store, "phantom")
    counts = phantom_store.rows(
        "select settings_id, count(*) as n from lake.extraction semi join "
        "(from lake.segmentation where origin = 'perturbed') using "
        "(cohort_id, patient_id, phase, reader_id, session_id) group by all"
    )
    small = settings_id(load_preset("paper", SMALL).radiomics)
    assert counts.rows() == [(small, 8)]
    steps = phantom_store.rows("select step, count(*) as n from lake.settings group by all")
    assert {"radiomics": 2, "perturbation": 1}.items() <= dict(steps.rows()).items()
    assert pl.Series(phantom_store.rows("from lake.rejected")["asset"]).is_empty()
