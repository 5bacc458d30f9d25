"""The networks of a study: trained once, remembered, and only those that are asked for."""

import json

import numpy as np
import polars as pl
import pytest

from hccer.deep import attribution as deep_attribution
from hccer.deep import training as deep_training
from hccer.deep.samples import Samples
from hccer.parallel import CRASHED
from hccer.study import materialise, networks, on_device
from hccer.study.context import StudyContext
from hccer.study.crops import crop_settings_id
from hccer.study.network_fits import Fit, wanted_fits
from schemas.deep import DeepSettings
from schemas.errors import HccerError
from schemas.tables import (
    ATTRIBUTION,
    CROP,
    EMBEDDING,
    EXTRACTION_VALUE,
    MODEL_FIT,
    NETWORK,
    NETWORK_PATIENT,
    PREDICTION,
    REJECTED,
    SPLIT,
    TRAINING_CURVE,
)
from storage.checkpoints import Checkpoints
from storage.store import Change
from tests.hccer.deep_study import DL, JOINT, TABLES, UNITS, in_process, units
from tests.hccer.planted import insert
from tests.hccer.planted_crops import DEEP, override


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
    assert materialise(own, "attribution").computed == 0


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
