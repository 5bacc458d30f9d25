"""The networks of a study: trained once, remembered, scored honestly, explained."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

import sql
from hccer.deep import attribution as deep_attribution
from hccer.deep import training as deep_training
from hccer.deep.samples import Samples
from hccer.deep.scoring import score
from hccer.doctor import examine
from hccer.parallel import CRASHED
from hccer.study import STEPS, materialise, networks, on_device
from hccer.study.attribution import sample
from hccer.study.context import StudyContext
from hccer.study.crop_samples import crop_samples, cropped
from hccer.study.crops import crop_settings_id
from hccer.study.features import model_inputs, role_rows
from hccer.study.network_fits import Fit, wanted_fits
from hccer.study.scored import network_scores
from schemas.deep import DeepSettings
from schemas.errors import HccerError
from schemas.registry import Study
from schemas.tables import (
    ATTRIBUTION,
    CROP,
    EMBEDDING,
    EXTRACTION,
    EXTRACTION_VALUE,
    FEATURE_DEFINITION,
    IMAGE,
    METRIC,
    MODEL_FIT,
    NETWORK,
    NETWORK_PATIENT,
    PREDICTION,
    REJECTED,
    SEGMENTATION,
    SETTINGS,
    SPLIT,
    TRAINING_CURVE,
)
from storage.checkpoints import Checkpoints
from storage.home import Home
from storage.places import byte_places
from storage.reading import Reader
from storage.retention import compact, remove_study
from storage.store import Change, Store
from tests.hccer.planted import insert
from tests.hccer.planted_crops import DEEP, FOLDS, SIZE, SLICES, insert_crops, override, plant_crops
from tests.hccer.planted_study import named_query

NET = "ResNet-10-128"
DL, JOINT = f"DL-{NET}", f"DLRCR-{NET}"
UNITS = [(fit, fold) for fit in (DL, JOINT) for fold in range(FOLDS + 1)]
TABLES = ("network", "model_fit", "prediction", "embedding", "attribution", "metric", "comparison")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> StudyContext:
    """A study with everything of its networks made; only to be read."""
    store = Store.open(Home(tmp_path_factory.mktemp("deep") / "home"))
    context = plant_crops(store)
    with pytest.MonkeyPatch.context() as patch:
        in_process(patch)
        for name in TABLES:
            materialise(context, name)
    return context


def in_process(patch: pytest.MonkeyPatch) -> None:
    """Workers would take seconds each to import torch."""
    patch.setattr(on_device, "map_tasks", lambda function, tasks, _: (
        (task, function(task)) for task in tasks
    ))  # fmt: skip


@pytest.fixture
def own(made: StudyContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyContext:
    """A copy of that study that a test may change."""
    in_process(monkeypatch)
    made.store.close()
    made.store.registry.engine.dispose()
    shutil.copytree(made.store.home.path, tmp_path / "home")
    return StudyContext(Store.open(Home(tmp_path / "home")), "s", "again")


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the networks that are trained from now on."""
    names, train = [], deep_training.train

    def counted(samples, network, settings, joined_names=(), **options):
        names.append(f"{network}, {len(samples)} patients, {len(joined_names)} joined")
        return train(samples, network, settings, joined_names, **options)

    monkeypatch.setattr(deep_training, "train", counted)
    return names


def units(context: StudyContext) -> dict[tuple[str, int], str]:
    rows = context.own(NETWORK).select("fit_id", "fold", "weights_sha256").rows()
    return {(fit_id, fold): weights for fit_id, fold, weights in rows}


# --- training


def test_one_network_of_all_and_one_without_each_fold(made: StudyContext):
    networks, seen = made.own(NETWORK), made.own(NETWORK_PATIENT)
    assert networks.select("fit_id", "fold").rows() == UNITS
    split = made.own(SPLIT)
    train = split.filter(repeat=0, role="train").select("patient_id")
    fold_of = dict(split.filter(repeat=1).select("patient_id", "fold").rows())
    for row in networks.iter_rows(named=True):
        of_network = seen.filter(fit_id=row["fit_id"], fold=row["fold"])
        wanted = {each for (each,) in train.rows() if fold_of[each] != row["fold"]}
        assert set(of_network["patient_id"]) == wanted
        counts = dict(of_network["part"].value_counts().rows())
        assert counts == {"fitted": row["n"], "stopping": row["n_stopping"]}
        curve = made.own(TRAINING_CURVE).filter(fit_id=row["fit_id"], fold=row["fold"])
        assert curve["epoch"].to_list() == list(range(1, row["epochs"] + 1))
        assert json.loads(row["inputs"]) == [] or row["model"] == "DLRCR"


def test_the_settings_name_the_networks():
    deep = DeepSettings(networks=("ResNet-18", "ResNet-34"), joint="ResNet-18",
                        out_of_fold=("ResNet-34", "DLRCR"))  # fmt: skip
    assert wanted_fits(deep, [1, 2]) == [
        Fit("DL", "ResNet-18", 0), Fit("DL", "ResNet-34", 0), Fit("DLRCR", "ResNet-18", 0),
        Fit("DL", "ResNet-34", 1), Fit("DL", "ResNet-34", 2),
        Fit("DLRCR", "ResNet-18", 1), Fit("DLRCR", "ResNet-18", 2),
    ]  # fmt: skip


def test_what_is_joined_is_selected_on_the_networks_own_patients(own: StudyContext):
    """Features of validation patients, or of the fold left out, change nothing."""
    before, rng = units(own), np.random.default_rng(1)
    fold = own.own(SPLIT).filter(repeat=1, fold=1)
    outside = own.own(SPLIT).filter(repeat=0, role="validation")
    drawn = "select extraction_id from lake.extraction where patient_id in $patients"
    for patients, same in (
        (outside, set(UNITS)),
        (fold, {(DL, f) for f in range(3)} | {(JOINT, 1)}),
    ):
        ids = own.store.rows(drawn, {"patients": patients["patient_id"].to_list()})
        values = own.store.rows("from lake.extraction_value").join(ids, on="extraction_id")
        noise = values.with_columns(value=pl.Series(rng.normal(size=len(values))))
        own.store.commit([Change(EXTRACTION_VALUE, delete=ids, insert=noise)], "noise")
        materialise(own, "network")
        assert {each for each, sha256 in units(own).items() if before[each] == sha256} >= same


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "MemoryError"),
        (RuntimeError("CUDA error: unspecified launch failure\nmore"),
         "CUDA error: unspecified launch failure"),
        (HccerError("the memory of A small GPU does not hold it"), "the memory of A small GPU"),
    ],
)  # fmt: skip
def test_a_network_that_cannot_be_trained_leaves_the_others(
    own: StudyContext, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
):
    train, before = deep_training.train, units(own)

    def broken(samples: Samples, network: str, settings: DeepSettings, names=(), **options):
        if names and len(samples) == 50:
            raise error
        return train(samples, network, settings, names, **options)

    monkeypatch.setattr(deep_training, "train", broken)
    forget(own)
    with pytest.raises(HccerError) as raised:
        materialise(own, "network")
    assert str(raised.value).startswith(f"study s: {JOINT}: {sentence}")
    assert "\n" not in str(raised.value)
    assert units(own) == {key: value for key, value in before.items() if key != (JOINT, 0)}


def test_a_map_that_cannot_be_made_is_a_reason(own: StudyContext, monkeypatch: pytest.MonkeyPatch):
    def full(*given: object) -> None:
        raise RuntimeError("CUDA error: unspecified launch failure\nmore")

    with monkeypatch.context() as patch:
        patch.setattr(deep_attribution, "attribution", full)
        materialise(afresh(own), "attribution")
    reasons = own.own(ATTRIBUTION)["reason"].unique().to_list()
    assert reasons == ["CUDA error: unspecified launch failure"]
    assert materialise(own, "attribution").computed == 2
    assert own.own(ATTRIBUTION)["reason"].null_count() == 8


def test_a_worker_that_dies_costs_its_patients_map_alone(
    own: StudyContext, monkeypatch: pytest.MonkeyPatch
):
    def first_dies(function, tasks, title):
        return ((task, function(task) if number else None) for number, task in enumerate(tasks))

    with monkeypatch.context() as patch:
        patch.setattr(on_device, "map_tasks", first_dies)
        materialise(afresh(own), "attribution")
    rows = own.own(ATTRIBUTION)
    assert rows["reason"].drop_nulls().unique().to_list() == [CRASHED]
    assert rows.filter(derivation="")["patient_id"].n_unique() == 1
    assert rows.filter(pl.col("derivation") != "").height == 4
    assert materialise(own, "attribution").computed == 1
    assert own.own(ATTRIBUTION)["reason"].null_count() == 8


def afresh(context: StudyContext) -> StudyContext:
    """The study without its maps."""
    named = pl.DataFrame({"study_id": ["s"]})
    context.store.commit([Change(ATTRIBUTION, delete=named)], "forgotten")
    return context


def test_on_a_gpu_nothing_is_handed_to_workers(own: StudyContext, monkeypatch: pytest.MonkeyPatch):
    """Each would open a context of its own there; here the processor stands for it."""
    before = units(own)
    monkeypatch.setattr(on_device, "uses_gpu", lambda: True)
    monkeypatch.setattr(networks, "uses_gpu", lambda: True)
    monkeypatch.delattr(on_device, "map_tasks")
    forget(own)
    materialise(own, "network")
    assert units(own) == before
    assert materialise(afresh(own), "attribution").computed == 2


def test_a_second_run_trains_nothing(own: StudyContext, trained: list[str]):
    before = units(own)
    for name in TABLES:
        assert materialise(own, name).computed == 0, name
    assert not trained
    assert units(own) == before


def test_a_changed_label_retrains_what_saw_it(own: StudyContext, trained: list[str]):
    split, before = own.own(SPLIT), units(own)
    changed = split.filter(repeat=1, fold=1, role="train")["patient_id"][0]
    new = split.filter(patient_id=changed).with_columns(y_true=1 - pl.col("y_true"))
    keys = new.select(SPLIT.key)
    own.store.commit([Change(SPLIT, delete=keys, insert=new)], "another outcome")
    outcome = materialise(own, "network")
    assert (outcome.computed, outcome.reused) == (4, 2)
    assert len(trained) == 4
    same = {each for each, sha256 in units(own).items() if before[each] == sha256}
    assert same == {(DL, 1), (JOINT, 1)}


def test_what_is_no_longer_asked_for_goes(own: StudyContext):
    fewer = override(own, deep={**DEEP, "out_of_fold": ["DLRCR"]})
    outcome = materialise(fewer, "network")
    assert (outcome.computed, outcome.reused, outcome.removed) == (0, 4, 2)
    for table in (NETWORK, NETWORK_PATIENT, TRAINING_CURVE):
        assert fewer.own(table).filter(fit_id=DL)["fold"].unique().to_list() == [0]


def test_a_killed_training_goes_on_from_its_checkpoint(own: StudyContext, monkeypatch):
    """The finished network stays, the other one does not begin again, and ends as it would have."""
    training = {**DEEP["training"], "epochs": 4}
    longer = override(own, deep={**DEEP, "training": training, "out_of_fold": []})
    epochs, put = [], Checkpoints.put

    def killed(self: Checkpoints, derivation: str, content: bytes) -> None:
        put(self, derivation, content)
        epochs.append(derivation)
        if len(set(epochs)) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoints, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        materialise(longer, "network")
    monkeypatch.undo()
    in_process(monkeypatch)
    assert longer.own(NETWORK).filter(epochs=4).select("fit_id", "fold").rows() == [(DL, 0)]
    checkpoints = Checkpoints(longer.store.home, "s")
    assert checkpoints.get(epochs[-1]) is not None
    resumed, train = [], deep_training.train
    monkeypatch.setattr(
        deep_training, "train",
        lambda *given, resume=None, **more: resumed.append(resume) or train(
            *given, resume=resume, **more),
    )  # fmt: skip
    outcome = materialise(longer, "network")
    assert (outcome.computed, outcome.reused) == (1, 1)
    assert [each is not None for each in resumed] == [True]
    assert not checkpoints.folder.exists()
    done = units(longer)
    forget(longer)
    materialise(longer, "network")
    assert units(longer) == done


def forget(context: StudyContext) -> None:
    named = pl.DataFrame({"study_id": ["s"]})
    tables = (NETWORK, NETWORK_PATIENT, TRAINING_CURVE)
    context.store.commit([Change(table, delete=named) for table in tables], "forgotten")


def test_a_damaged_checkpoint_costs_its_epochs_alone(own: StudyContext):
    before = units(own)
    key = own.own(NETWORK)["derivation"][0]
    forget(own)
    Checkpoints(own.store.home, "s").put(key, b"torn")
    materialise(own, "network")
    assert units(own) == before


# --- patients without crops, presets without networks


def test_a_patient_without_a_crop_is_named(own: StudyContext):
    gone = pl.DataFrame({"cohort_id": ["planted"], "patient_id": ["P07"]})
    own.store.commit([Change(CROP, delete=gone)], "a crop is lost")
    with pytest.raises(HccerError, match=r"1 of 50 patients have no crop of AP \(P07 of planted\)"):
        materialise(own, "network")


def test_a_refused_crop_leaves_the_patient_out(own: StudyContext):
    gone = pl.DataFrame({"cohort_id": ["planted"], "patient_id": ["P07"]})
    own.store.commit([Change(CROP, delete=gone)], "a crop is refused")
    insert(own.store, REJECTED, [{"cohort_id": "planted", "patient_id": "P07", "asset": "crop",
                                  "settings_id": crop_settings_id(own),
                                  "reason": "empty mask"}])  # fmt: skip
    for name in TABLES:
        materialise(own, name)
    assert "P07" not in own.own(NETWORK_PATIENT)["patient_id"]
    scored = own.own(PREDICTION).filter(patient_id="P07")["fit_id"].to_list()
    assert "radiomics-LR" in scored
    assert not {DL, JOINT} & set(scored)


def test_a_preset_without_networks_has_none(own: StudyContext):
    without = override(own, deep=False)
    for name in TABLES:
        materialise(without, name)
    for table in (NETWORK, NETWORK_PATIENT, TRAINING_CURVE, EMBEDDING, ATTRIBUTION):
        assert without.own(table).is_empty(), table.name
    assert set(without.own(MODEL_FIT)["model"]) == {"radiomics", "CR", "RCR"}


# --- what is made of them


def test_networks_are_fits(made: StudyContext):
    fits = {row["fit_id"]: row for row in made.own(MODEL_FIT).to_dicts()}
    networks = {row["fit_id"]: row for row in made.own(NETWORK).filter(fold=0).to_dicts()}
    for fit_id, network in networks.items():
        fit = fits[fit_id]
        assert fit["artifact_sha256"] == network["weights_sha256"]
        assert fit["threshold"] == network["threshold"]
        assert fit["n"] == 50
        assert fit["prevalence"] == 0.5
    # the paper's ResNet-10 is not among them, so the choice is made out of fold
    assert fits[DL]["choice"] == "chosen in training"
    rows = made.own(PREDICTION).filter(fit_id=DL, role="out_of_fold")
    inside = [roc_auc_score(*fold.select("y_true", "y_score").to_numpy().T)
              for _, fold in rows.group_by("fold", maintain_order=True)]  # fmt: skip
    assert fits[DL]["inner_auc"] == pytest.approx(np.mean(inside))
    metrics = made.own(METRIC).filter(fit_id=DL, role="out_of_fold")
    assert dict(metrics.select("metric", "value").rows())["auc_within"] == pytest.approx(
        np.mean(inside)
    )


def test_the_published_network_is_marked(own: StudyContext):
    published = override(own, published={"deep": NET})
    materialise(published, "model_fit")
    fit = published.own(MODEL_FIT).filter(fit_id=DL).row(0, named=True)
    assert fit["choice"] == "chosen on validation (as published)"
    assert fit["inner_auc"] is None


def test_everyone_is_scored_by_a_network_that_may(made: StudyContext):
    rows = made.own(PREDICTION).filter(fit_id=JOINT)
    assert dict(rows["role"].value_counts().rows()) == {
        "train": 50, "validation": 10, "out_of_fold": 50
    }  # fmt: skip
    unseen = rows.filter(role="out_of_fold")
    keys = ["fit_id", "fold", "cohort_id", "patient_id"]
    assert unseen.join(made.own(NETWORK_PATIENT), on=keys).is_empty()
    folds = made.own(SPLIT).select("cohort_id", "patient_id", "repeat", "fold")
    assert len(unseen.join(folds, on=folds.columns)) == 50
    own_threshold = made.own(NETWORK).select("fit_id", "fold", "threshold")
    placed = rows.join(own_threshold, on=["fit_id", "fold"])
    assert (placed["threshold"] == placed["threshold_right"]).all()


def test_a_prediction_is_what_the_stored_weights_say(made: StudyContext):
    network = made.own(NETWORK).filter(fit_id=DL, fold=2).row(0, named=True)
    rows = made.own(PREDICTION).filter(fit_id=DL, fold=2)
    patients = cropped(made, role_rows(made, "train"))
    patients = patients.join(rows, on=["cohort_id", "patient_id"], how="semi")
    found = score(made.store.weights.get(network["weights_sha256"]), crop_samples(made, patients))
    stored = patients.join(rows, on=["cohort_id", "patient_id"], maintain_order="left")
    np.testing.assert_allclose(found.y_score, stored["y_score"], rtol=1e-5)
    assert roc_auc_score(stored["y_true"], stored["y_score"]) > 0.7


def test_out_of_fold_is_evaluated_with_the_thresholds_of_the_folds(made: StudyContext):
    rows = made.own(PREDICTION).filter(fit_id=DL, role="out_of_fold")
    right = ((rows["y_score"] >= rows["threshold"]) == (rows["y_true"] == 1)).mean()
    found = made.own(METRIC).filter(fit_id=DL, role="out_of_fold", metric="accuracy")
    assert found["value"][0] == pytest.approx(right)
    assert found["n"][0] == 50
    both = made.rows("from lake.comparison where role = 'out_of_fold'")
    assert both.select("fit_id_a", "fit_id_b", "n").rows() == [(DL, JOINT, 50)]


def with_external(context: StudyContext) -> StudyContext:
    """The study with an external cohort of six patients who have crops."""
    file = context.file.model_copy(update={"external": ["outer"]})
    row = Study(study_id="s", title="", preset=file.preset, file_json=file.model_dump_json())
    context.store.registry.put(row)
    insert(context.store, SPLIT, [
        {"study_id": "s", "cohort_id": "outer", "patient_id": f"X{number}", "repeat": 0, "fold": 0,
         "role": "external", "y_true": number % 2, "content_sha256": f"{number:064d}"}
        for number in range(6)
    ])  # fmt: skip
    outer = StudyContext(context.store, "s", "outer")
    insert_crops(outer, outer.own(SPLIT).filter(cohort_id="outer"))
    return outer


def test_external_patients_are_scored_by_the_networks_of_all_training_patients(own: StudyContext):
    outer = with_external(own)
    found = {
        (network["fit_id"], network["fold"]): patients.filter(role="external").height
        for network, patients, _ in network_scores(outer, pl.col("model") == "DL")
    }
    assert found == {(DL, 0): 6, (DL, 1): 0, (DL, 2): 0}


def copy_features(context: StudyContext, first: int, where: str, **changes: pl.Expr) -> None:
    """Reference delineations with their features once more, for other patients or phases.

    Args:
        first: added to the numbers of their extractions.
        where: of which patients, in SQL.
        changes: columns that are others.
    """
    store, number = context.store, pl.col("extraction_id") + first
    masks = store.rows(f"from lake.segmentation where is_reference and {where}")
    drawn = store.rows(f"select e.* from lake.extraction e semi join lake.segmentation s "
                       "on e.mask_sha256 = s.mask_sha256 and s.is_reference "
                       f"where {where}")  # fmt: skip
    values = store.rows("from lake.extraction_value").join(drawn, on="extraction_id", how="semi")
    store.commit([
        Change(SEGMENTATION, insert=masks.with_columns(**changes)),
        Change(EXTRACTION, insert=drawn.with_columns(number, **changes)),
        Change(EXTRACTION_VALUE, insert=values.with_columns(number)),
    ], "features copied")  # fmt: skip


def plant_external_features(context: StudyContext) -> None:
    """The external patients' features are those of six patients of the development cohort."""
    six = "patient_id in ('P00', 'P01', 'P02', 'P03', 'P04', 'P05')"
    who = pl.col("patient_id").str.replace("P0", "X")
    copy_features(context, 10_000, six, cohort_id=pl.lit("outer"), patient_id=who)
    features = context.store.rows("from lake.feature_definition where cohort_id = 'planted'")
    features = features.with_columns(cohort_id=pl.lit("outer"))
    context.store.commit([Change(FEATURE_DEFINITION, insert=features)], "features copied")


def test_the_joint_network_is_measured_on_an_external_cohort(own: StudyContext):
    outer = with_external(own)
    plant_external_features(outer)
    before = units(outer)
    for name in ("network", "model_fit", "prediction", "metric"):
        materialise(outer, name)
    assert units(outer) == before
    rows = outer.own(PREDICTION).filter(fit_id=JOINT, role="external")
    assert rows.select("cohort_id", "fold").unique().rows() == [("outer", 0)]
    assert rows["patient_id"].to_list() == [f"X{number}" for number in range(6)]
    network = outer.own(NETWORK).filter(fit_id=JOINT, fold=0).row(0, named=True)
    patients = cropped(outer, role_rows(outer, "external")).sort("patient_id")
    joined = model_inputs(outer, patients).select(json.loads(network["inputs"])).to_numpy()
    assert joined.shape == (6, 2)
    found = score(outer.store.weights.get(network["weights_sha256"]),
                  crop_samples(outer, patients, joined))  # fmt: skip
    np.testing.assert_allclose(rows["y_score"], found.y_score, rtol=1e-5)
    metrics = outer.own(METRIC).filter(fit_id=JOINT, role="external")
    told = {row["metric"]: row for row in metrics.iter_rows(named=True)}
    assert told["auc"]["n"] == 6
    assert told["auc"]["value"] == pytest.approx(roc_auc_score(rows["y_true"], rows["y_score"]))
    above = rows["y_score"].to_numpy() >= network["threshold"]
    assert told["accuracy"]["value"] == pytest.approx((above == rows["y_true"].to_numpy()).mean())


def test_late_fusion_reads_the_phases_in_the_studys_order(own: StudyContext):
    """Each phase has its branch; what one of them says does not depend on the other phase."""
    file = own.file.model_copy(update={"phases": ["PVP", "AP"]})
    row = Study(study_id="s", title="", preset=file.preset, file_json=file.model_dump_json())
    own.store.registry.put(row)
    deep = {**DEEP, "fusion": "late", "slices": "samples", "out_of_fold": []}
    late = override(StudyContext(own.store, "s", "late"), deep=deep)
    copy_features(late, 20_000, "cohort_id = 'planted'", phase=pl.lit("PVP"))
    insert_crops(late, late.own(SPLIT).filter(repeat=0))
    for name in ("network", "embedding", "attribution"):
        materialise(late, name)
    weights = late.store.weights.get(units(late)[DL, 0])
    patients = cropped(late, role_rows(late, "train")).sort("patient_id")
    samples = crop_samples(late, patients)
    held = late.store.rows(
        "select phases, tensor, shape from lake.crop order by patient_id, position"
    )
    first = np.frombuffer(held["tensor"][0], "<f4").reshape(held["shape"][0])
    assert held["phases"][0] == "PVP,AP"
    assert (samples.tensors[0, 0] == first).all()
    stored = late.own(EMBEDDING).filter(fit_id=DL, role="train").sort("patient_id")["values"]
    vectors = np.array(stored.to_list())
    assert vectors.shape == (50, 2 * 128)
    tensors = samples.tensors.copy()
    tensors[:, :, 1] = 0  # without AP
    without = score(weights, replace(samples, tensors=tensors)).embedding
    np.testing.assert_allclose(without[:, :128], vectors[:, :128], atol=1e-5)
    assert np.abs(without[:, 128:] - vectors[:, 128:]).max() > 0.01
    assert set(late.own(ATTRIBUTION)["channel"]) == {"all", "PVP", "AP"}


def test_an_external_cohort_without_crops_is_refused(own: StudyContext):
    outer = with_external(own)
    gone = pl.DataFrame({"cohort_id": ["outer"]})
    own.store.commit([Change(CROP, delete=gone)], "no crops")
    with pytest.raises(HccerError, match=r"6 of 66 patients have no crop of AP \(X0 of outer, .*"):
        materialise(outer, "embedding")
    insert(own.store, REJECTED, [
        {"cohort_id": "outer", "patient_id": f"X{number}", "asset": "crop", "reason": "empty mask",
         "settings_id": crop_settings_id(own)} for number in range(6)
    ])  # fmt: skip
    with pytest.raises(HccerError, match=r"no crop of external cohort outer can be used \(empty"):
        materialise(outer, "embedding")


# --- lineage


def test_a_prediction_goes_back_to_its_crop_and_images(own: StudyContext):
    crops = crop_settings_id(own)
    insert(own.store, SETTINGS, [{"cohort_id": "planted", "settings_id": crops, "step": "crop",
                                  "asked_by": "study r, study s", "text": "{}"}])  # fmt: skip
    insert(own.store, IMAGE, [{"cohort_id": "planted", "patient_id": "P05", "phase": "AP",
                               "image_sha256": "voxels", "source": "P05/AP.dcm",
                               "series_instance_uid": "1.2.3"}])  # fmt: skip
    reader = Reader(own.store.home)
    back = reader.query(f"from lineage_prediction('s', '{DL}', 'planted', 'P05')")
    weights = units(own)
    fold = own.own(SPLIT).filter(repeat=1, patient_id="P05")["fold"][0]
    assert back.select("role", "fold", "artifact_sha256", "phase").rows() == [
        ("train", 0, weights[DL, 0], "AP"), ("out_of_fold", fold, weights[DL, fold], "AP")
    ]  # fmt: skip
    assert set(back["series_instance_uid"]) == {"1.2.3"}
    assert set(back["crop_settings_id"]) == {crops}
    assert set(back["extraction_derivation"]) == {None}
    forward = reader.query("select asset, count(*) as n from lineage_forward('voxels') group by 1")
    assert dict(forward.filter(pl.col("asset").is_in(["crop", *TABLES])).rows()) == {
        "crop": 1, "network": 4, "embedding": 4, "prediction": 4
    }  # fmt: skip


# --- embeddings


def test_unseen_embeddings_are_of_patients_whom_the_network_never_saw(made: StudyContext):
    view = Reader(made.store.home).query("from unseen_embedding where study_id = 's'")
    roles = dict(view.filter(fit_id=DL)["role"].value_counts().rows())
    assert roles == {"validation": 10, "out_of_fold": 50}
    keys = ["fit_id", "fold", "cohort_id", "patient_id"]
    assert view.join(made.own(NETWORK_PATIENT), on=keys).is_empty()
    assert view.group_by("fit_id", "cohort_id", "patient_id").len()["len"].max() == 1
    assert set(view.filter(fit_id=DL)["values"].list.len()) == {128}
    assert dict(made.own(EMBEDDING).filter(fit_id=DL)["role"].value_counts().rows())["train"] == 50


def offending(context: StudyContext, name: str) -> int:
    return len(context.store.rows(sql.load("checks")[name].text))


def test_the_checks_find_who_was_seen_and_is_shown_as_unseen(own: StudyContext):
    assert offending(own, "unseen_embedding") == offending(own, "network_patients_known") == 0
    hidden = pl.DataFrame({"study_id": ["s"], "fit_id": [DL], "fold": [1]})
    who = own.own(NETWORK_PATIENT).filter(fit_id=DL, fold=0).select(NETWORK_PATIENT.key).head(1)
    own.store.commit([Change(NETWORK_PATIENT, delete=who)], "one is forgotten")
    assert offending(own, "unseen_embedding") == 1
    assert offending(own, "network_patients_known") > 0
    own.store.commit([Change(NETWORK_PATIENT, delete=hidden)], "a network forgets all")
    assert offending(own, "unseen_embedding") == 1


def test_embeddings_of_another_training_are_not_shown(own: StudyContext):
    changed = pl.lit("0" * 64).alias("weights_sha256")
    rows = own.own(EMBEDDING).filter(fit_id=DL, fold=0).with_columns(changed)
    keys = rows.select("study_id", "fit_id", "fold").unique()
    own.store.commit([Change(EMBEDDING, delete=keys, insert=rows)], "of weights now gone")
    view = Reader(own.store.home).query(f"from unseen_embedding where fit_id = '{DL}'")
    assert set(view["role"]) == {"out_of_fold"}


# --- attribution


def test_maps_of_the_event_on_the_largest_slice(made: StudyContext):
    rows = made.own(ATTRIBUTION)
    assert len(rows) == 2 * 2 * 2  # patients, all and AP alone, trained and random weights
    assert set(rows["position"]) == {SLICES}
    assert set(rows["channel"]) == {"all", "AP"}
    for row in rows.drop_nulls("map").iter_rows(named=True):
        found = np.frombuffer(row["map"], "<f4").reshape(row["shape"])
        assert found.shape == (SIZE, SIZE)
        assert found.min() >= 0 and found.max() == pytest.approx(1)
        shares = [row[name] for name in ("share_tumour", "share_margin", "share_outside")]
        assert sum(shares) == pytest.approx(1)
    assert set(rows.filter(weights="trained")["correlation"].drop_nulls()) <= {1.0}
    assert (rows.filter(weights="random")["correlation"].drop_nulls() < 0.99).all()


def test_some_patients_stand_for_all():
    patients = pl.DataFrame({
        "role": ["train"] * 40 + ["validation"] * 12,
        "y_true": [number % 4 == 0 for number in range(52)],
        "content_sha256": [f"{number * 31 % 97:064d}" for number in range(52)],
    }).with_columns(pl.col("y_true").cast(int))  # fmt: skip
    chosen = sample(patients, 8)
    assert set(chosen["role"]) == {"validation"}
    assert chosen["y_true"].sum() == 2
    assert sample(patients.reverse(), 8).rows() == chosen.rows()
    assert sample(patients, 20).filter(role="validation").height == 12
    assert sample(patients, 0).height == 52


def test_damaged_weights_are_a_reason_until_they_are_mended(own: StudyContext):
    sha256 = units(own)[DL, 0]
    path = own.store.weights.path(sha256)
    content = path.read_bytes()
    path.write_bytes(content[:-8])
    changed = override(own, deep={**DEEP, "attribution": {"patients": 3}})
    materialise(changed, "attribution")
    reasons = changed.own(ATTRIBUTION)["reason"].drop_nulls().unique().to_list()
    assert len(reasons) == 1 and "is damaged" in reasons[0]
    path.write_bytes(content)
    assert materialise(changed, "attribution").computed == 1
    assert changed.own(ATTRIBUTION)["reason"].null_count() == 12


# --- blobs


@pytest.mark.parametrize("name", ["prediction", "embedding"])
def test_damaged_weights_are_a_sentence_and_cost_their_own_rows_alone(own: StudyContext, name: str):
    table = {"prediction": PREDICTION, "embedding": EMBEDDING}[name]
    before = own.own(table)
    own.store.weights.path(units(own)[DL, 1]).write_bytes(b"nothing")
    own.store.commit([Change(table, delete=pl.DataFrame({"study_id": ["s"]}))], "forgotten")
    sentence = rf"study s: {DL}, fold 1: blob \w+ is damaged: delete"
    for _ in range(2):  # it does not stand as if it were whole
        with pytest.raises(HccerError, match=sentence):
            materialise(own, name)
    lost = (pl.col("fit_id") == DL) & (pl.col("fold") == 1)
    volatile = ("derivation", "run_id")
    there = before.filter(~lost).drop(volatile, strict=False)
    assert own.own(table).drop(volatile, strict=False).equals(there)
    materialise(own, "network")
    materialise(own, name)
    assert own.own(table).drop("run_id", strict=False).equals(before.drop("run_id", strict=False))


@pytest.mark.parametrize("damage", ["flipped", "empty", "gone"])
def test_damaged_or_lost_weights_are_trained_again(own: StudyContext, damage: str):
    before = units(own)
    path = own.store.weights.path(before[DL, 1])
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-1] + b"?" if damage == "flipped" else b"")
    assert materialise(own, "network").computed == 1
    assert units(own) == before
    assert path.read_bytes() == content
    for name in ("prediction", "embedding"):
        assert materialise(own, name).computed == 0


def test_weights_live_as_long_as_the_study(own: StudyContext):
    stray = own.store.weights.put(b"weights that nothing cites")
    compact(own.store)
    assert set(own.store.weights) == set(units(own).values())
    assert stray not in set(own.store.weights)
    Checkpoints(own.store.home, "s").put("half", b"done")
    remove_study(own.store, "s")
    assert not Checkpoints(own.store.home, "s").folder.exists()
    assert own.own(NETWORK).is_empty()


def test_the_search_for_identities_reads_what_weights_say_of_themselves(own: StudyContext):
    path = own.store.weights.path(units(own)[DL, 0])
    length = int.from_bytes(path.read_bytes()[:8], "little")
    Checkpoints(own.store.home, "s").put("half", path.read_bytes())
    places = dict(byte_places(own.store))
    read = places[str(path.relative_to(own.store.home.path))]
    assert len(read) == length and b"ResNet-10-128" in read
    assert places["checkpoints/s/half.safetensors"] == read


def test_the_doctor_looks_at_weights(own: StudyContext):
    masks = pl.DataFrame({"cohort_id": ["planted"]})  # planted: there are no files
    own.store.commit([Change(SEGMENTATION, delete=masks)], "no masks")
    assert examine(own.store.home)[-1].text.endswith("intact")
    own.store.weights.path(units(own)[DL, 0]).write_bytes(b"nothing")
    finding = examine(own.store.home)[-1]
    assert not finding.good and "is damaged: delete" in finding.text


# --- tables and queries


def test_the_step_shows_three_tables():
    assert [table.name for table in STEPS["network"].shows] == ["network_patient", "training_curve"]


@pytest.mark.parametrize(
    "name", ["network_summary", "training_curves", "deep_performance", "attribution_summary"]
)
def test_a_query_answers(made: StudyContext, name: str):
    rows = named_query(made, name)
    assert not rows.is_empty()
    if name == "network_summary":
        assert rows["joined"].to_list() == [0, 0, 0, 2, 2, 2]
