"""What the pipeline is worth: nested folds as rows, resumed, added up; the price of choosing."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from hccer.pipeline.rows import frame
from hccer.study import fold_rows
from hccer.study import nested as nested_step
from hccer.study.context import StudyContext
from hccer.study.features import role_rows, study_patients
from hccer.study.nested import content, make_nested_prediction, nested_models
from hccer.study.splitting import make_split
from hccer.study.worth import make_choice_optimism, make_worth, nested_scores, optimism_rows
from hccer.validation.nested import FoldTask, evaluate_task
from hccer.validation.patients import Repeats
from schemas.analysis import EvaluationSettings, PublishedChoice
from schemas.errors import HccerError
from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.tables import (
    CHOICE_OPTIMISM,
    NESTED_PREDICTION,
    PREDICTION,
    SPLIT,
    WORTH,
)
from storage.reading import Reader
from storage.store import Change, Store
from tests.hccer.planted_tables import FEATURES, PATIENTS, plant

CHAIN = {"reliability": {"fewest_repeats": 2, "threshold": 0.5}, "selection": {"n_splits": 3}}
FEW = {"n_splits": 3, "n_repeats": 2, "n_permutations": 2, "chain": CHAIN}


def study(store: Store, **validation: object) -> StudyContext:
    overrides = {"validation": {**FEW, **validation}}
    file = StudyFile(id="s", endpoint="early_recurrence", phases=["AP"], development=["planted"],
                     overrides=overrides)  # fmt: skip
    store.registry.put(
        Study(study_id="s", title="", preset="paper", file_json=file.model_dump_json())
    )
    return StudyContext(store, "s", "test")


@pytest.fixture
def planted(store: Store) -> Store:
    """36 patients with 6 features, 12 of them drawn again by both readers, and two factors."""
    return plant(store)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without workers, which take seconds to start."""

    def serial(function, tasks, title):
        return ((task, function(task)) for task in tasks)

    monkeypatch.setattr(nested_step, "map_tasks", serial)


def test_folds_are_those_of_the_split_and_scores_those_of_the_chain(planted: Store):
    context = study(planted)
    make_split(context)
    done = make_nested_prediction(context)
    assert (done.computed, done.reused, done.removed) == (4 * 3, 0, 0)
    rows = context.own(NESTED_PREDICTION)
    assert len(rows) == PATIENTS * 4 * 3 and set(rows["model"]) == {"LR", "CR", "RCR"}
    keys = ["cohort_id", "patient_id", "repeat", "fold", "y_true"]
    folds = context.own(SPLIT).filter(pl.col("repeat") > 0).select(keys)
    for model in ("LR", "CR", "RCR"):
        own = rows.filter(permutation=0, model=model).select(keys)
        assert own.sort(keys).equals(folds.sort(keys))

    patients = role_rows(context, "train", "validation")
    inputs, _ = study_patients(context, patients)
    settings, task = context.preset.validation, FoldTask(2, 0, 1)
    expected = evaluate_task(inputs, task, settings, ("LR", "CR", "RCR"))
    for scores in expected:
        stored = rows.filter(permutation=2, repeat=1, fold=2, model=scores.model)
        named = dict(stored.select("patient_id", "y_score").rows())
        ids = patients["patient_id"][scores.rows].to_list()
        assert [named[each] for each in ids] == pytest.approx(scores.y_score, rel=1e-9)
        assert json.loads(stored["kept"][0]) == scores.kept


@pytest.mark.usefixtures("in_process")
def test_what_stands_is_not_done_again(planted: Store):
    context = study(planted)
    make_split(context)
    make_nested_prediction(context)
    snapshot, rows = planted.snapshot(), context.own(NESTED_PREDICTION)
    again = make_nested_prediction(context)
    assert (again.computed, again.reused, planted.snapshot()) == (0, 12, snapshot)

    other = study(planted, n_repeats=3, n_permutations=1)
    make_split(other)
    more = make_nested_prediction(other)
    assert (more.computed, more.reused, more.removed) == (3, 9, 3)
    old = rows.filter(pl.col("permutation") < 2)
    assert len(old.join(other.own(NESTED_PREDICTION), on=rows.columns, nulls_equal=True)) == len(
        old
    )

    changed = study(planted, random_state=5)
    make_split(changed)
    assert make_nested_prediction(changed).reused == 0


@pytest.mark.usefixtures("in_process")
def test_a_killed_run_goes_on_where_it_was(planted: Store, monkeypatch: pytest.MonkeyPatch):
    context = study(planted)
    make_split(context)
    monkeypatch.setattr(fold_rows, "FOLDS_PER_COMMIT", 3)

    def killed(function, tasks, title):
        for place, task in enumerate(tasks):
            if place == 2:
                raise KeyboardInterrupt
            yield task, function(task)

    with monkeypatch.context() as patch:
        patch.setattr(nested_step, "map_tasks", killed)
        with pytest.raises(KeyboardInterrupt):
            make_nested_prediction(context)
    with pytest.raises(HccerError, match="study s: 6 of 12 nested folds are not done"):
        make_worth(context)
    rest = make_nested_prediction(context)
    assert (rest.computed, rest.reused) == (6, 6)
    units = context.own(NESTED_PREDICTION).select(NESTED_PREDICTION.unit).unique()
    assert len(units) == 12


@pytest.mark.usefixtures("in_process")
def test_worth_is_the_auc_of_the_stored_scores(planted: Store):
    context = study(planted)
    make_split(context)
    make_nested_prediction(context)
    assert make_worth(context).computed == 3
    assert make_worth(context).computed == 0
    rows = context.own(NESTED_PREDICTION)
    aucs = {
        key: roc_auc_score(part["y_true"], part["y_score"])
        for key, part in rows.group_by("model", "permutation", "repeat")
    }
    for row in context.own(WORTH).iter_rows(named=True):
        of_model = {key[1:]: auc for key, auc in aucs.items() if key[0] == row["model"]}
        repeats = [auc for (permutation, _), auc in of_model.items() if permutation == 0]
        chance = [auc for (permutation, _), auc in of_model.items() if permutation]
        assert (row["repeats"], row["permutations"]) == (2, 2)
        assert row["auc"] == pytest.approx(np.mean(repeats))
        assert row["sd"] == pytest.approx(np.std(repeats, ddof=1))
        cut = rows.filter(permutation=0, model=row["model"]).with_columns(
            event=pl.col("y_true") == 1,
            called=(pl.col("y_score") >= pl.col("threshold")).fill_null(False),
        )
        right = pl.col("called") == pl.col("event")
        for name, among in (("accuracy", pl.lit(True)), ("sensitivity", pl.col("event")),
                            ("specificity", ~pl.col("event"))):  # fmt: skip
            share = cut.filter(among).group_by("repeat").agg(right.mean().alias("share"))
            assert row[name] == pytest.approx(share["share"].mean()), name
        assert row["p_value"] == pytest.approx((1 + sum(np.array(chance) >= row["auc"])) / 3)
    best = context.own(WORTH).filter(model="LR").row(0, named=True)
    assert best["auc"] > 0.8 and json.loads(best["kept"])["features"] == FEATURES
    assert json.loads(best["algorithms"]) == {"LR": 6}

    reader = Reader(planted.home)
    drawn = reader.named("permuted_auc", {"study": "s"})
    assert {row[:3]: row[3] for row in drawn.rows()} == pytest.approx(aucs, abs=1e-4)
    assert set(reader.named("pipeline_worth", {"study": "s"})["model"]) == {"LR", "CR", "RCR"}


@pytest.mark.usefixtures("in_process")
def test_too_few_drawn_again_is_one_sentence_before_any_work(
    planted: Store, monkeypatch: pytest.MonkeyPatch
):
    good = study(planted, n_repeats=1, n_permutations=0)
    make_split(good)
    make_nested_prediction(good)
    context = study(planted, chain={**CHAIN, "reliability": {"fewest_repeats": 10}})
    monkeypatch.delattr(nested_step, "map_tasks")
    with pytest.raises(HccerError) as error:
        make_split(context)
    text = str(error.value)
    assert text.startswith("study s: nested cross-validation: intra: ") and "\n" not in text
    assert "of 24 training patients were drawn again, 10 are needed" in text
    assert "chain.reliability.fewest_repeats" in text
    assert len(good.own(NESTED_PREDICTION)) == 3 * PATIENTS


def test_models_by_preset_and_factors(planted: Store):
    context = study(planted)
    make_split(context)
    inputs, _ = study_patients(context, role_rows(context, "train", "validation"))
    assert nested_models(inputs, PublishedChoice(radiomics="LR")) == ("LR", "CR", "RCR")
    assert nested_models(inputs, None) == ("LR", "CR", "RCR", "honest")
    inputs = replace(inputs, factors=inputs.factors * np.nan)
    assert nested_models(inputs, PublishedChoice(radiomics="LR")) == ("LR",)


@pytest.mark.usefixtures("in_process")
def test_models_by_name(planted: Store):
    named = ["KNN", "RCR", "honest"]
    context = study(planted, n_repeats=1, n_permutations=0, models=named)
    make_split(context)
    make_nested_prediction(context)
    make_worth(context)
    assert set(context.own(WORTH)["model"]) == set(named)


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        (["LR", "forest"], "models.1: Input should be 'LR', 'SVM'"),
        (["LR", "LR"], "each value stands once"),
        ([], "at least 1 item"),
    ],
)
def test_models_that_there_are_not(planted: Store, models: list[str], sentence: str):
    with pytest.raises(HccerError, match=sentence):
        study(planted, models=models).preset  # noqa: B018


def test_models_that_need_factors_say_so(planted: Store, monkeypatch: pytest.MonkeyPatch):
    context = study(planted, models=["LR", "CR", "RCR"])
    make_split(context)
    monkeypatch.setattr(nested_step, "_has_factors", lambda patients: False)
    with pytest.raises(HccerError, match="models: CR and RCR need clinical factors, and the study"):
        make_nested_prediction(context)


def test_content_is_that_of_every_part(planted: Store):
    context = study(planted)
    make_split(context)
    inputs, _ = study_patients(context, role_rows(context, "train", "validation"))
    again = Repeats(inputs.intra.rows, inputs.intra.X + 1)
    others = [
        replace(inputs, X=inputs.X + 1),
        replace(inputs, y_true=1 - inputs.y_true),
        replace(inputs, factors=inputs.factors + 1),
        replace(inputs, intra=again),
        replace(inputs, inter=again),
        replace(inputs, intra=None),
        replace(inputs, intra=None, inter=inputs.intra),
    ]
    assert len({content(each) for each in (inputs, *others)}) == 8
    assert content(replace(inputs, X=inputs.X.copy())) == content(inputs)


def test_scores_survive_the_table():
    same = {"study_id": "s", "cohort_id": "c", "permutation": 0, "repeat": 1, "fold": 2,
            "model": "LR", "algorithm": "LR", "by_prevalence": 1, "kept": '{"selected": 0}',
            "notes": '["why"]', "derivation": "d"}  # fmt: skip
    rows = [{**same, "patient_id": f"P{each}", "y_true": each, "y_score": 0.5} for each in (0, 1)]
    [(task, [scores])] = nested_scores(frame(NESTED_PREDICTION, rows)).items()
    assert task == FoldTask(0, 0, 1)
    assert scores.threshold == np.inf and scores.notes == ("why",) and scores.kept["selected"] == 0


def predictions(n: int, names: list[str], rng: np.random.Generator) -> list[dict]:
    return [
        {"cohort_id": "planted", "patient_id": f"P{each:02d}", "algorithm": name,
         "fit_id": f"radiomics-{name}", "role": "validation", "repeat": 0, "fold": 0,
         "permutation": 0, "study_id": "s", "y_true": each % 2, "y_score": rng.random(),
         "y_prob": 0.5, "derivation": "planted"}
        for each in range(n) for name in names
    ]  # fmt: skip


def test_the_best_on_noise_owes_its_auc_to_the_choice(planted: Store):
    context, names = study(planted), ["LR", "SVM", "KNN", "XGBoost", "MLP"]
    rows = predictions(30, names, np.random.default_rng(0))
    training = {**rows[0], "role": "train", "patient_id": "T"}
    clinical = {**rows[0], "fit_id": "RCR-LR", "patient_id": "C"}
    stored = frame(PREDICTION, [*rows, training, clinical])
    planted.commit([Change(PREDICTION, insert=stored)], "planted")
    assert make_choice_optimism(context).computed == 5
    assert make_choice_optimism(context).computed == 0
    found = context.own(CHOICE_OPTIMISM)
    assert set(found["n"]) == {30} and found["chosen"].sum() == pytest.approx(1)
    for row in found.iter_rows(named=True):
        own = [each for each in rows if each["algorithm"] == row["algorithm"]]
        auc = roc_auc_score([each["y_true"] for each in own], [each["y_score"] for each in own])
        assert row["auc"] == pytest.approx(auc)
    [best] = found.filter("best").to_dicts()
    assert best["auc"] == found["auc"].max() and best["optimism"] > 0
    assert best["corrected"] == pytest.approx(best["auc"] - best["optimism"])
    assert found.filter(~pl.col("best"))["optimism"].null_count() == 4
    assert len(Reader(planted.home).named("best_algorithm", {"study": "s"})) == 5


def test_too_few_validation_patients_are_a_reason():
    rows = pl.DataFrame(predictions(3, ["LR", "KNN"], np.random.default_rng(0)))
    found = optimism_rows(["LR", "KNN"], rows, EvaluationSettings())
    assert [row["best"] for row in found] == [False, False]
    assert all("2 patients of each outcome" in row["reason"] for row in found)


def test_without_predictions_it_says_what_to_make(planted: Store):
    with pytest.raises(HccerError, match="make `prediction`"):
        make_choice_optimism(study(planted))
