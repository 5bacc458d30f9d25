"""What a study cannot be made of: one sentence with numbers, and nothing half written."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from hccer.pipeline.rows import frame
from hccer.study import STEPS, StudyContext, materialise
from hccer.study import nested as nested_step
from hccer.study import selecting as selecting_step
from schemas.errors import HccerError, InvalidFileError
from schemas.preset import load_preset
from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.tables import (
    CHOICE_OPTIMISM,
    FEATURE_RELIABILITY,
    MODEL_FIT,
    PREDICTION,
    READING,
    RISK_FACTOR,
    STAGING_SCORE,
    STUDY_TABLES,
    WORTH,
)
from storage.store import Change, Store
from tests.hccer.planted_tables import EVENTS, PATIENTS, plant

VALIDATION = {
    "n_splits": 3, "n_repeats": 1, "n_permutations": 1,
    "chain": {"reliability": {"fewest_repeats": 2, "threshold": 0.5},
              "selection": {"n_splits": 3}},
}  # fmt: skip
# these read voxels, and the registered cohort
UNPLANTED = ("delineation_agreement", "report")


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without workers, which take seconds to start."""

    def serial(function: Callable, tasks: list, title: str) -> object:
        return ((task, function(task)) for task in tasks)

    for module in (nested_step, selecting_step):
        monkeypatch.setattr(module, "map_tasks", serial)


def study(
    store: Store,
    preset: str = "paper",
    *,
    development: tuple[str, ...] = ("planted",),
    external: tuple[str, ...] = (),
    split: dict | None = None,
    **validation: object,
) -> StudyContext:
    overrides = {"deep": False, "evaluation": {"resamples": 0}, "split": split or {},
                 "validation": {**VALIDATION, **validation}}  # fmt: skip
    file = StudyFile(id="s", endpoint="early_recurrence", phases=["AP"], preset=preset,
                     development=list(development), external=list(external),
                     overrides=overrides)  # fmt: skip
    text = file.model_dump_json()
    store.registry.put(Study(study_id="s", title="", preset=preset, file_json=text))
    return StudyContext(store, "s", "test")


def run(context: StudyContext, *steps: str) -> None:
    """These steps, or all that planted tables are enough for."""
    for name in steps or [each for each in STEPS if each not in UNPLANTED]:
        materialise(context, name)


def refused(context: StudyContext) -> str:
    """The sentence with which the study refuses: no table of it has a row, the lake stays."""
    before = context.store.snapshot()
    with pytest.raises(HccerError) as error:
        run(context)
    text = str(error.value)
    assert text.startswith("study s: ") and "\n" not in text
    assert context.store.snapshot() == before
    for table in STUDY_TABLES:
        assert context.rows(f"from lake.{table.name} where study_id = $study").is_empty()
    return text


def given(store: Store, training: Callable[[int], bool], *numbers: int) -> None:
    """A given split of these patients, of all where none are named."""
    for number in numbers or range(PATIENTS):
        part = "training" if training(number) else "validation"
        store.session.execute(
            f"update lake.patient set given_split = '{part}' where patient_id = 'P{number:02d}'"
        )


@pytest.mark.parametrize("event", [0, 1])
def test_one_class_only(store: Store, event: int):
    context = study(plant(store, y_true=np.full(PATIENTS, event)))
    said = refused(context)
    assert f"36 patients with {36 * event} events and {36 - 36 * event} non-events" in said


def test_fewer_patients_of_an_outcome_than_folds(store: Store):
    few = np.zeros(PATIENTS, dtype=int)
    few[:4] = 1
    said = refused(study(plant(store, y_true=few)))
    assert "5 folds need 5 patients of each outcome: there are 4 events and 32 non-events" in said
    assert "(overrides: split.parts, validation.n_splits; or more patients)" in said


def test_fewer_than_the_outer_and_the_inner_folds(store: Store):
    few = np.zeros(PATIENTS, dtype=int)
    few[[0, 1, 2, 6, 12, 18]] = 1
    plant(store, y_true=few)
    said = refused(study(store, n_splits=7))
    assert "7 folds need 7 patients of each outcome: there are 6 events" in said
    given(store, lambda number: True)
    said = refused(study(store, chain={**VALIDATION["chain"], "selection": {"n_splits": 5}}))
    assert "5 folds need 5 patients of each outcome: there are 4 events and" in said
    assert "nested cross-validation: " in said
    assert "overrides.validation: n_splits, chain.selection.n_splits" in said


def test_a_given_split_whose_training_part_has_one_outcome(store: Store):
    given(plant(store), lambda number: number % 2 == 1)
    said = refused(study(store))
    assert "training part: 18 patients with 18 events and 0 non-events: both are needed" in said


def test_more_inner_folds_than_training_events(store: Store):
    plant(store)
    given(store, lambda number: number % 2 == 0 or number < 6)
    said = refused(study(store, chain={**VALIDATION["chain"], "selection": {"n_splits": 4}}))
    assert "training part: 4 folds need 4 patients of each outcome: there are 3 events" in said


def test_inner_folds_of_inner_folds_where_the_algorithm_is_chosen_in_training(store: Store):
    plant(store)
    given(store, lambda number: number % 2 == 0 or number < 6)
    chain = {**VALIDATION["chain"], "selection": {"n_splits": 3}}
    said = refused(study(store, "honest", chain=chain))
    assert "training part: 3 folds need 3 patients of each outcome: there are 2 events" in said


def test_too_few_drawn_again_in_training(store: Store):
    plant(store)
    chain = {**VALIDATION["chain"], "reliability": {"fewest_repeats": 12}}
    said = refused(study(store, chain=chain))
    assert "training part: intra: " in said and "were drawn again, 12 are needed" in said


def test_an_external_cohort_without_features_is_refused_first(store: Store):
    said = refused(study(plant(store), external=["other"]))
    assert "external cohort other has no features: run it first" in said


@pytest.mark.parametrize("west", ["development", "external"])
def test_the_same_image_under_two_patients(store: Store, west: str):
    plant(store, cohort=halves)
    store.session.execute(
        "update lake.image set voxel_sha256 = "
        "(select voxel_sha256 from lake.image where cohort_id = 'east' and patient_id = 'P01') "
        "where cohort_id = 'west' and patient_id = 'P02'"
    )
    cohorts = {"development": ["east"], "external": []}
    cohorts[west].append("west")
    said = refused(study(store, **cohorts))
    assert "east/P01 and west/P02 have the same image (such pairs: 1): the same patient" in said


@pytest.mark.long
def test_everybody_in_training_is_a_study_that_chooses_on_nobody(store: Store):
    given(plant(store), lambda number: True)
    context = study(store)
    run(context)
    rows = context.own(CHOICE_OPTIMISM)
    assert len(rows) == 5 and set(rows["reason"]) == {
        "nobody is in the validation part: there is nothing to choose on"
    }
    assert len(context.own(WORTH)) == 3


# --- whose split is given


def halves(number: int) -> str:
    return "east" if number % 4 < 2 else "west"


def test_a_split_that_some_patients_of_a_cohort_lack(store: Store):
    given(plant(store), lambda number: number < 20, *range(33))
    said = refused(study(store))
    assert said == ("study s: 33 of 36 patients of cohort planted have a given_split: give one to "
                    "all patients of a cohort, or to none")  # fmt: skip


def test_a_patient_who_cannot_be_used_needs_no_part(store: Store):
    given(plant(store), lambda number: number < 20, *range(33))
    store.session.execute("delete from lake.outcome where patient_id >= 'P33'")
    context = study(store)
    run(context, "split")
    rows = context.rows("from lake.split where repeat = 0").group_by("role").len()
    assert dict(rows.rows()) == {"train": 20, "validation": 13, "unused": 3}


def test_one_cohort_brings_its_split_and_the_other_is_dealt(store: Store):
    plant(store, cohort=halves)
    east = [number for number in range(PATIENTS) if halves(number) == "east"]
    given(store, lambda number: number < 30, *east)
    context = study(store, development=["east", "west"], split={"parts": 4})
    run(context, "split")
    rows = context.rows("from lake.split where repeat = 0")
    trained = rows.filter(cohort_id="east", role="train")["patient_id"].to_list()
    assert sorted(trained) == [f"P{number:02d}" for number in east if number < 30]
    west = rows.filter(cohort_id="west").group_by("role", "y_true").len().sort("role", "y_true")
    # nine events and nine others, dealt into four parts of which one validates
    assert sorted(west.filter(role="validation")["len"]) == [2, 3]
    assert west["len"].sum() == PATIENTS - len(east)


def test_nobody_has_an_outcome_or_features(store: Store):
    plant(store)
    store.session.execute("delete from lake.outcome where patient_id < 'P30'")
    store.session.execute("delete from lake.extraction where patient_id >= 'P30'")
    said = refused(study(store))
    assert "30 patients: no outcome early_recurrence; 6 patients: features of 0 of 1 phases" in said


def test_a_constant_feature_is_never_kept(store: Store):
    def constant(values: np.ndarray) -> np.ndarray:
        return np.where(np.arange(len(values)) == 4, 7.0, values)

    context = study(plant(store, changed=constant))
    run(context, "split", "feature_reliability", "feature_screen", "feature_selection")
    rows = context.own(FEATURE_RELIABILITY).filter(feature_name="f4")
    assert not rows["kept"].any() and rows["icc"].null_count() == 2
    assert (
        "f4" not in context.rows("from lake.feature_screen where study_id = $study")["feature_name"]
    )


def test_without_any_feature_left_every_model_predicts_the_prevalence(store: Store):
    def constant(values: np.ndarray) -> np.ndarray:
        return np.full(len(values), 7.0)

    context = study(plant(store, changed=constant))
    run(context)
    fits = context.own(MODEL_FIT).filter(model="radiomics")
    assert (fits["n_features"] == 0).all() and fits["reason"].null_count() == 0
    assert fits["reason"].str.contains(r"no feature|0 features").all(), fits["reason"].to_list()
    predicted = context.own(PREDICTION).filter(fit_id="radiomics-LR")
    assert predicted["y_score"].n_unique() == 1
    worth = context.own(WORTH).filter(model="LR").row(0, named=True)
    assert worth["by_prevalence"] == 1 and worth["auc_within"] == 0.5


def test_missing_laboratory_values_are_reasons(store: Store):
    context = study(plant(store))
    store.session.execute("update lake.patient set age_years = null, alt_u_l = null")
    run(context)
    scores = context.own(STAGING_SCORE)
    assert scores["score"].null_count() == len(scores) > 0
    assert scores["reason"].str.contains(r"not computable because .* missing").all()
    final = context.own(RISK_FACTOR).filter(analysis="final").row(0, named=True)
    assert final["reason"].startswith("none of 18 factors has P < 0.05")
    (clinical,) = context.own(MODEL_FIT).filter(model="CR").to_dicts()
    assert clinical["n_features"] == 0 and clinical["reason"].startswith("none of 18 factors")
    assert context.own(WORTH)["model"].to_list() == ["LR"]


def test_a_reading_that_no_factor_knows(store: Store):
    context = study(plant(store))
    readings = [{"cohort_id": "planted", "patient_id": f"P{number:02d}", "reader_id": "consensus",
                 "item": "necrosis", "value": "perhaps" if number == 5 else "absent"}
                for number in range(PATIENTS)]  # fmt: skip
    store.commit([Change(READING, insert=frame(READING, readings))], "planted")
    with pytest.raises(HccerError) as error:
        run(context, "split", "risk_factor")
    said = str(error.value)
    assert "planted/P05" in said and "'perhaps'" in said


def test_a_field_that_no_preset_has():
    with pytest.raises(InvalidFileError, match=r"overrides\.perturbation\.sdmm: Extra inputs"):
        load_preset("paper", {"perturbation": {"sdmm": 1}})
    with pytest.raises(InvalidFileError, match=r"overrides\.validation\.chain\.factors"):
        load_preset("paper", {"validation": {"chain": {"factors": ["age"]}}})
    with pytest.raises(InvalidFileError, match=r"perturbation\.n_repeats: .*greater than or equal"):
        load_preset("paper", {"perturbation": {"n_repeats": 0}})


def test_a_study_that_was_refused_is_whole_once_the_data_are(store: Store):
    context = study(plant(store, y_true=np.zeros(PATIENTS, dtype=int)))
    refused(context)
    for patient, event in enumerate(EVENTS):
        store.session.execute(
            f"update lake.outcome set value = {event} where patient_id = 'P{patient:02d}'"
        )
    run(context, "split")
    roles = context.rows("select role, count(*) as n from lake.split where repeat = 0 group by all")
    assert dict(roles.rows()) == {"train": 28, "validation": 8}
    assert pl.Series(context.rows("from lake.split")["reason"]).null_count() == 2 * PATIENTS
