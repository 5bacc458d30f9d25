"""What stays of a study's networks: embeddings, maps, weights, and the queries that show them."""

import weakref

import numpy as np
import polars as pl
import pytest
import torch

import sql
from hccer.deep import training as deep_training
from hccer.doctor import examine
from hccer.study import STEPS, materialise
from hccer.study.attribution import sample
from hccer.study.context import StudyContext
from hccer.study.scored import network_scores
from schemas.errors import HccerError
from schemas.tables import (
    ATTRIBUTION,
    EMBEDDING,
    NETWORK,
    NETWORK_PATIENT,
    PREDICTION,
    SEGMENTATION,
    SPLIT,
)
from storage.checkpoints import Checkpoints
from storage.compaction import compact
from storage.places import byte_places
from storage.reading import Reader
from storage.retention import remove_study
from storage.store import Change
from tests.hccer.deep_study import DL, units
from tests.hccer.planted_crops import DEEP, FOLDS, SIZE, SLICES, override
from tests.hccer.planted_study import named_query


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


def test_a_network_that_saw_a_patient_does_not_score_them_as_unseen(
    own: StudyContext, monkeypatch: pytest.MonkeyPatch
):
    """The folds changed, and the networks could not be trained again."""
    assert offending(own, "unseen_prediction") == 0
    rows = own.own(SPLIT).with_columns(
        fold=pl.when(pl.col("fold") > 0).then(FOLDS + 1 - pl.col("fold")).otherwise(0)
        .cast(pl.Int32)
    )  # fmt: skip
    own.store.commit([Change(SPLIT, delete=rows.select(SPLIT.key), insert=rows)], "swapped")

    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("no electricity")

    monkeypatch.setattr(deep_training, "train", failing)
    with pytest.raises(HccerError, match="no electricity"):
        materialise(own, "network")
    sentence = r"fold 1, was trained on \d+ patients whom it would now score as unseen: run the"
    for name in ("model_fit", "prediction", "embedding"):
        with pytest.raises(HccerError, match=sentence):
            materialise(own, name)
    assert own.own(PREDICTION).filter(role="out_of_fold").is_empty()
    assert offending(own, "unseen_prediction") == 0
    saw = own.own(NETWORK_PATIENT).filter(fit_id=DL, fold=1).head(1)
    bad = own.own(PREDICTION).filter(fit_id=DL, role="validation").head(1).with_columns(
        saw["cohort_id"], saw["patient_id"], fold=pl.lit(1, pl.Int32), repeat=pl.lit(1, pl.Int32)
    )  # fmt: skip
    own.store.commit([Change(PREDICTION, insert=bad)], "by another hand")
    assert offending(own, "unseen_prediction") == 1


def test_a_failed_network_keeps_no_tensor_while_the_next_one_scores(
    own: StudyContext, monkeypatch: pytest.MonkeyPatch
):
    held: list[weakref.ref] = []

    def failing(*_: object) -> None:
        tensor = torch.zeros(3)
        assert not any(each() is not None for each in held)
        held.append(weakref.ref(tensor))
        raise HccerError("the memory of this machine does not hold a batch")

    monkeypatch.setattr("hccer.deep.scoring.score", failing)
    with pytest.raises(HccerError, match="does not hold a batch"):
        list(network_scores(own))
    assert len(held) == len(own.own(NETWORK)) > 1


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
