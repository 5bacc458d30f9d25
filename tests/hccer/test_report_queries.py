"""Queries over a few rows whose answer is known: parts, ties, excluded patients, no threshold."""

import polars as pl
import pytest
from scipy.stats import spearmanr

import sql
from hccer.clinical.factors import declared_factors
from hccer.report.items import Item, items, patient_sections, sections
from hccer.report.tables import printed
from hccer.study.network_models import AS_PUBLISHED
from schemas.registry import Cohort, Study
from schemas.tables import (
    CHOICE_OPTIMISM,
    COMPARISON,
    EXCLUSION,
    EXTRACTION,
    EXTRACTION_VALUE,
    FEATURE_DEFINITION,
    IMAGE,
    METRIC,
    MODEL_FIT,
    NESTED_PREDICTION,
    PATIENT,
    PREDICTION,
    SEGMENTATION,
    SPLIT,
    SUBGROUP_METRIC,
    WORTH,
)
from storage.reading import Reader
from storage.store import Store
from tests.hccer.planted import insert

RATES = ("accuracy", "sensitivity", "specificity", "ppv", "npv")
LR = {"study_id": "s", "fit_id": "radiomics-LR"}


def report(store: Store, name: str) -> pl.DataFrame:
    return Reader(store.home).query(sql.load("report")[name].text, {"study": "s"})


def named(store: Store, name: str, **parameters: str) -> pl.DataFrame:
    return Reader(store.home).named(name, parameters)


def test_of_several_cohorts_the_auc_beside_the_nested_one_is_that_of_all_together(store: Store):
    insert(store, MODEL_FIT, [{**LR, "model": "radiomics", "algorithm": "LR"}])
    areas = {"a": (30, 0.62), "b": (6, 1.0), "a + b": (36, 0.66)}
    insert(store, METRIC, [
        {**LR, "cohort_id": cohort, "role": role, "metric": "auc", "n": n, "value": value}
        for cohort, (n, value) in areas.items() for role in ("train", "validation")
    ])  # fmt: skip
    insert(store, WORTH, [{"study_id": "s", "model": "LR", "auc": 0.6, "kept": "{}"}])
    insert(store, NESTED_PREDICTION, [
        {"study_id": "s", "model": "LR", "permutation": 0, "repeat": 1, "cohort_id": "a",
         "patient_id": f"P{y_true}", "y_true": y_true, "y_score": 0.2 + y_true / 2}
        for y_true in (0, 1)
    ])  # fmt: skip
    store.registry.put(Study(study_id="s", title="", preset="paper", file_json="{}"))
    for rows in (named(store, "pipeline_worth", study="s"), report(store, "nested_auc")):
        assert rows.select("training_auc", "validation_auc").rows() == [(0.66, 0.66)]


def test_an_excluded_patient_with_a_row_leaves_once(store: Store):
    ids = [f"P{number}" for number in range(10)]
    insert(store, PATIENT, [{"cohort_id": "a", "patient_id": each} for each in ids])
    insert(store, EXCLUSION, [
        {"cohort_id": "a", "patient_id": each, "position": 1, "reason": "prior treatment"}
        for each in ids[:3]
    ])  # fmt: skip
    insert(store, SPLIT, [
        {"study_id": "s", "cohort_id": "a", "patient_id": each, "repeat": 0, "fold": 0,
         "role": "unused" if at < 4 else "train",
         "reason": "excluded: prior treatment" if at < 3 else "no outcome"}
        for at, each in enumerate(ids)
    ])  # fmt: skip
    assert report(store, "attrition").select("step", "excluded", "remaining").rows() == [
        ("recruited", None, 10), ("prior treatment", 3, 7), ("not usable: no outcome", 1, 6),
    ]  # fmt: skip


def test_a_fit_that_calls_nobody_misjudges_every_event(store: Store):
    insert(store, PREDICTION, [
        {"study_id": "s", "fit_id": fit_id, "cohort_id": "a", "patient_id": f"P{number}",
         "role": "validation", "permutation": 0, "y_true": number % 2, "y_score": number / 10,
         "threshold": threshold}
        for fit_id, threshold in (("calls nobody", None), ("calls all", 0.0))
        for number in range(5)
    ])  # fmt: skip
    (evidence,) = report(store, "checklist_error_analysis")["evidence"]
    assert evidence.startswith("2 fits misjudge 2 to 3 of the test patients")


def test_a_test_of_two_field_strengths_is_counted_once_and_training_not(store: Store):
    insert(store, SUBGROUP_METRIC, [
        {**LR, "cohort_id": "a", "role": role, "subgroup": "field_strength_t", "level": level,
         "p_value": p_value}
        for role, p_value in (("train", 0.01), ("validation", 0.02), ("external", 0.5))
        for level in ("1.5 T", "3 T")
    ])  # fmt: skip
    assert report(store, "checklist_confounders").rows() == [
        ("yes", "AUC by field_strength_t: 2 fits and parts tested, 1 with P < 0.05")
    ]


@pytest.mark.parametrize(("other", "answer"), [("v2", "partly"), ("v1", "no")])
def test_an_image_in_two_parts_is_an_overlap(store: Store, other: str, answer: str):
    for cohort, role, voxels in (("a", "train", "v1"), ("b", "external", other)):
        place = {"cohort_id": cohort, "patient_id": "P", "phase": "AP"}
        insert(store, IMAGE, [{**place, "voxel_sha256": voxels}])
        insert(store, SPLIT, [{**place, "study_id": "s", "repeat": 0, "fold": 0, "role": role}])
    assert report(store, "checklist_overlap")["answer"].to_list() == [answer]


def test_a_rank_correlation_with_volume_gives_ties_the_mean_of_their_ranks(store: Store):
    volumes, values = [5.0, 1.0, 3.0, 3.0, 9.0, 2.0], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    place = {"cohort_id": "a", "phase": "AP", "reader_id": "one", "session_id": "1"}
    drawn = [{**place, "patient_id": f"P{at}", "is_reference": True, "origin": "manual",
              "volume_ml": volume} for at, volume in enumerate(volumes)]  # fmt: skip
    insert(store, SEGMENTATION, drawn)
    insert(store, EXTRACTION, [
        {**place, "patient_id": row["patient_id"], "settings_id": "x", "extraction_id": at,
         "engine": "fast"}
        for at, row in enumerate(drawn)
    ])  # fmt: skip
    insert(store, FEATURE_DEFINITION, [
        {"cohort_id": "a", "settings_id": "x", "feature_name": "f", "position": 1}
    ])  # fmt: skip
    insert(store, EXTRACTION_VALUE, [
        {"extraction_id": at, "feature_name": "f", "value": value}
        for at, value in enumerate(values)
    ])  # fmt: skip
    store.registry.put(Cohort(cohort_id="a", title="", synthetic=True, root="", file_json="{}"))
    (found,) = named(store, "volume_confounding", cohort="a", phase="AP").to_dicts()
    assert found["n"] == 6
    assert found["rank_correlation"] == round(spearmanr(values, volumes).statistic, 3)


@pytest.mark.parametrize(("best", "corrects"), [("KNN", False), ("LR", True)])
def test_the_optimism_of_the_best_is_no_correction_of_another(
    store: Store, best: str, corrects: bool
):
    insert(store, MODEL_FIT, [
        {"study_id": "s", "fit_id": f"radiomics-{name}", "model": "radiomics", "algorithm": name,
         "choice": AS_PUBLISHED if name == "LR" else None}
        for name in ("LR", "KNN")
    ])  # fmt: skip
    insert(store, CHOICE_OPTIMISM, [
        {"study_id": "s", "algorithm": name, "n": 33, "auc": 0.6, "best": name == best,
         "optimism": 0.042317 if name == best else None}
        for name in ("LR", "KNN")
    ])  # fmt: skip
    shown = report(store, "table_optimism").select("algorithm", "reported", "best").rows()
    assert shown == [("KNN", False, best == "KNN"), ("LR", True, best == "LR")]
    ((answer, evidence),) = report(store, "checklist_model_selection").rows()
    assert answer == "partly"
    assert evidence.startswith(
        f"radiomics LR: {AS_PUBLISHED}; choosing {best}, the best on these validation patients, "
        "would add 0.042 to its AUC"
    )
    assert ("no correction of the reported one" in evidence) != corrects


def test_rates_stand_with_their_intervals_and_events_with_their_patients(store: Store):
    insert(store, MODEL_FIT, [{**LR, "model": "radiomics", "algorithm": "LR"}])
    insert(store, METRIC, [
        {**LR, "cohort_id": "a + b", "role": "train", "metric": metric, "n": 3, "value": 0.5,
         "ci_low": 0.25, "ci_high": 0.75}
        for metric in ("auc", *RATES)
    ])  # fmt: skip
    insert(store, PREDICTION, [
        {**LR, "cohort_id": cohort, "patient_id": "P", "role": role, "permutation": permutation,
         "y_true": 1, "y_score": 0.5}
        for cohort, role, permutation in (
            ("a", "train", 0), ("b", "train", 0), ("a", "validation", 0), ("c", "train", 0),
            ("a", "train", 1))
    ])  # fmt: skip
    (row,) = report(store, "table_2").to_dicts()
    assert (row["n"], row["events"]) == (3, 2)
    for rate in RATES:
        assert [row[rate], row[f"{rate}_low"], row[f"{rate}_high"]] == [0.5, 0.25, 0.75]
    for name in ("table_2", "table_4", "table_s6", "table_staging"):
        (item,) = (each for each in items(sections()) if each.id == name)
        intervals = {each.of[0] for each in item.columns if each.show == "interval"}
        assert intervals == {"auc", *RATES}


def test_the_paper_stands_beside_the_same_model_and_once(store: Store):
    networks = ("ResNet-10", "ResNet-18")
    insert(store, MODEL_FIT, [
        *({"study_id": "s", "fit_id": f"DL-{name}", "model": "DL", "algorithm": name}
          for name in networks),
        {"study_id": "s", "fit_id": "staging-NLR", "model": "staging", "algorithm": "NLR"},
        {"study_id": "s", "fit_id": "staging-ALBI", "model": "staging", "algorithm": "ALBI"},
    ])  # fmt: skip
    fits = (*(f"DL-{name}" for name in networks), "staging-NLR", "staging-ALBI")
    insert(store, METRIC, [
        {"study_id": "s", "fit_id": fit, "cohort_id": "a", "role": "validation", "metric": "auc",
         "n": 33, "value": 0.64449}
        for fit in fits
    ])  # fmt: skip
    insert(store, COMPARISON, [
        {"study_id": "s", "fit_id_a": fit, "fit_id_b": "staging-NLR", "cohort_id": "a",
         "role": "validation", "test": "paired", "n": 33, "p_value": 0.5}
        for fit in fits[:2]
    ])  # fmt: skip
    insert(store, SUBGROUP_METRIC, [
        {"study_id": "s", "fit_id": fit, "cohort_id": "a", "role": "validation", "level": "3 T",
         "subgroup": "field_strength_t", "auc": 0.64449}
        for fit in ("radiomics-LR", "DL-ResNet-10")
    ])  # fmt: skip
    networks = report(store, "beside_performance").filter(model="DL", role="validation")
    assert networks.select("algorithm", "paper_auc", "auc").rows() == [
        ("ResNet-10", 0.826, 0.64449)
    ]
    systems = report(store, "beside_comparators").select("system", "paper_auc", "auc").rows()
    assert systems == [("NLR", 0.483, 0.64449)]
    strengths = report(store, "beside_field_strength").select("fit_id", "paper_auc", "auc").rows()
    assert strengths == [("radiomics-LR", 0.762, 0.64449)]
    assert named(store, "paper_performance", study="s")["auc"].drop_nulls().unique().item() == 0.644


SHOWN = [each for each in (*items(sections()), *items(patient_sections()))
         if each.columns and each.is_queried]  # fmt: skip


@pytest.mark.parametrize("item", SHOWN, ids=lambda item: item.id)
def test_a_printed_number_is_rounded_once(item: Item):
    folder, name = item.source
    text = sql.load(folder)[name].text
    called = [macro.text for macro in sql.load("macros").values() if f"{macro.name}(" in text]
    assert all("round(" not in each for each in (text, *called))
    for column in item.columns:
        tested = column.of[0].endswith(("p_value", "q_value")) and column.show != "text"
        assert not tested or column.show == "p", column.head


@pytest.mark.parametrize(("p_value", "text"), [(1 / 9, "≤0.111"), (2 / 9, "0.222")])
def test_the_smallest_p_of_the_permutations_is_told_from_others(
    store: Store, p_value: float, text: str
):
    insert(store, WORTH, [
        {"study_id": "s", "model": "LR", "auc": 0.6, "permutations": 8, "p_value": p_value}
    ])  # fmt: skip
    insert(store, NESTED_PREDICTION, [
        {"study_id": "s", "model": "LR", "permutation": 0, "repeat": repeat, "cohort_id": "a",
         "patient_id": f"P{at}", "y_true": at % 2, "y_score": 0.5}
        for at in range(5) for repeat in (1, 2)
    ])  # fmt: skip
    frame = report(store, "table_worth")
    assert frame.select("model", "n", "events").rows() == [("radiomics (LR)", 5, 2)]
    (item,) = (each for each in items(sections()) if each.id == "table_worth")
    (row,) = printed(item, frame).rows
    assert text in [cell.text for cell in row]


def test_tables_and_figures_give_factors_the_same_titles(store: Store):
    titles = Reader(store.home).query("select factor, title from factor_titles(true)").rows()
    told = {name: title.replace("µ", "u").replace("≥", ">=") for name, title in titles}
    declared = {each.name: each.title for each in declared_factors()}
    assert told == {**declared, "event": "Event"}
