"""What predictions are worth: metrics, tests between models, curves, and the queries of them."""

import numpy as np
import polars as pl
import pytest

from hccer.evaluation.comparison import paired_test, unpaired_test
from hccer.evaluation.delong import auc, delong
from hccer.evaluation.reliability import hosmer_lemeshow
from hccer.study.comparisons import make_subgroup_metric, strength_level
from hccer.study.context import StudyContext
from hccer.study.evaluation import metric_rows
from hccer.study.fits import make_model_fit
from hccer.study.predicted import parts_of
from hccer.study.predictions import make_prediction
from hccer.study.report_source import Source
from schemas.analysis import EvaluationSettings
from schemas.tables import CALIBRATION_CURVE, COMPARISON, DECISION_CURVE, ROC_CURVE, SUBGROUP_METRIC
from storage.reading import Reader
from storage.store import Store
from tests.hccer.planted import planted_study
from tests.hccer.planted_fits import metric, scores

QUERIES = (
    "model_performance", "paper_performance", "comparators", "calibration", "field_strength",
)  # fmt: skip


@pytest.mark.parametrize(("role", "seen"), [("train", True), ("validation", False)])
def test_the_goodness_of_fit_knows_on_whom_the_model_was_fitted(
    fitted: StudyContext, role: str, seen: bool
):
    rows = scores(fitted, "radiomics-LR", role=role)
    expected = hosmer_lemeshow(rows["y_true"], rows["y_score"], 10, seen)
    found = metric(fitted, "radiomics-LR", role)
    assert found["hosmer_lemeshow"]["value"] == pytest.approx(expected.chi2, rel=1e-9)
    assert found["hosmer_lemeshow_p"]["value"] == pytest.approx(expected.p_value, rel=1e-9)


def test_two_fits_are_compared_on_the_patients_both_predict(fitted: StudyContext):
    keys = ["cohort_id", "patient_id"]
    first, second = (scores(fitted, each, role="train") for each in ("RCR-LR", "staging-BCLC"))
    both = first.join(second, on=keys)
    stacked = np.stack([both["y_score"], both["y_score_right"]])
    expected = paired_test(delong(both["y_true"], stacked), 0, 1)
    row = fitted.own(COMPARISON).row(
        by_predicate=(pl.col("fit_id_a") == "RCR-LR") & (pl.col("fit_id_b") == "staging-BCLC")
        & (pl.col("role") == "train"), named=True,
    )  # fmt: skip
    assert row["n"] == len(both) == len(second) == 131
    assert row["p_value"] == pytest.approx(expected.p_value, rel=1e-12)
    assert row["difference"] == pytest.approx(expected.difference, rel=1e-12)
    tests = fitted.own(COMPARISON).group_by("role", "test").len().sort("role").rows()
    assert tests == [("train", "paired", 36), ("train, validation", "unpaired", 9),
                     ("validation", "paired", 36)]  # fmt: skip


def test_field_strengths_are_compared(fitted: StudyContext):
    rows = fitted.own(SUBGROUP_METRIC).filter(fit_id="radiomics-LR", role="train")
    assert rows["level"].to_list() == ["1.5 T", "3 T"] and rows["n"].sum() == 132
    strength = fitted.rows("select patient_id, field_strength_t as t from lake.acquisition")
    of_level = scores(fitted, "radiomics-LR", role="train").join(strength, on="patient_id")
    low, high = (
        auc(of_level.filter(t=t)["y_true"], of_level.filter(t=t)["y_score"]) for t in (1.5, 3.0)
    )
    assert rows["auc"].to_list() == pytest.approx([low.value, high.value], rel=1e-12)
    p_value = unpaired_test(low, high).p_value
    assert rows["p_value"].to_list() == pytest.approx([p_value, p_value], rel=1e-12)
    assert rows["detectable"].n_unique() == 1
    assert 0.1 < rows["detectable"][0] < 0.4


def test_what_headers_write_is_a_nominal_field_strength(fresh: Store):
    context = planted_study(fresh, "hcc")
    make_model_fit(context)
    make_prediction(context)
    fresh.session.execute(
        "update lake.acquisition set field_strength_t = case when field_strength_t = 3 "
        "then if(hash(patient_id) % 2 = 0, 2.89362, 3) else 1.494 end"
    )
    make_subgroup_metric(context)
    rows = context.own(SUBGROUP_METRIC).filter(fit_id="radiomics-LR", role="train")
    assert rows["level"].to_list() == ["1.5 T", "3 T"] and rows["n"].sum() == 132
    curves = Source(fresh.home, "hcc").named("roc_field_strength")
    assert set(curves.filter(role="train")["series"]) == {"1.5 T", "3 T"}
    assert [strength_level(each, 0.5) for each in (0.2, 1.16, 7)] == ["0.5 T", "1 T", "7 T"]


def test_curves_begin_and_end_where_they_must(fitted: StudyContext):
    roc = fitted.own(ROC_CURVE).filter(fit_id="CR-LR", role="train")
    ends = roc.select("threshold", "sensitivity", "specificity").rows()
    assert ends[0] == (None, 0, 1) and ends[-1][1:] == (1, 0)
    decision = fitted.own(DECISION_CURVE).filter(fit_id="CR-LR", role="train")
    assert decision["threshold"].to_list() == [round(0.01 * n, 2) for n in range(1, 100)]
    assert decision["net_benefit"][0] == pytest.approx(decision["treat_all"][0])
    groups = fitted.own(CALIBRATION_CURVE).filter(fit_id="radiomics-LR", role="train")
    assert groups["n"].sum() == 132 and groups["predicted"].is_sorted()
    inside = groups.filter(pl.col("observed").is_between("ci_low", "ci_high"))
    assert len(inside) == len(groups) == 10


def test_several_development_cohorts_are_also_evaluated_together():
    rows = [
        {"fit_id": "CR-LR", "cohort_id": cohort, "role": role, "patient": f"{cohort}/{number}",
         "y_true": number % 2, "y_score": number / 10, "threshold": None, "fold": 0,
         "y_prob": number / 10}
        for cohort, role in (("a", "train"), ("b", "train"), ("c", "external"))
        for number in range(6)
    ]  # fmt: skip
    found = parts_of(pl.DataFrame(rows, schema_overrides={"threshold": pl.Float64}), ["a", "b"])
    sizes = {(part.cohort_id, part.role): len(part.y_true) for part in found}
    assert sizes == {
        ("a", "train"): 6, ("b", "train"): 6, ("c", "external"): 6, ("a + b", "train"): 12
    }  # fmt: skip
    assert all((part.threshold == np.inf).all() for part in found)


def test_a_part_with_one_outcome_has_rates_and_no_area():
    row = {"fit_id": "CR-LR", "cohort_id": "a", "role": "external", "threshold": 0.5, "fold": 0,
           "y_true": 1}  # fmt: skip
    rows = [{**row, "patient": str(n), "y_score": 0.3 + n / 10} for n in range(4)]
    (part,) = parts_of(pl.DataFrame(rows).with_columns(y_prob="y_score"), ["a"])
    found = {each["metric"]: each["value"] for each in metric_rows(part, EvaluationSettings())}
    assert (found["auc"], found["specificity"], found["calibration_slope"]) == (None, None, None)
    assert found["sensitivity"] == 0.5
    assert not any(name.startswith("recalibrated") for name in found)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_answers(fitted: StudyContext, name: str):
    assert len(Reader(fitted.store.home).named(name, {"study": "hcc"}))


def test_the_papers_numbers_stand_beside_ours(fitted: StudyContext):
    rows = Reader(fitted.store.home).named("paper_performance", {"study": "hcc"})
    assert len(rows) == 20
    for row in rows.filter(model="CR").iter_rows(named=True):
        for name in ("auc", "interval", "accuracy", "sensitivity", "specificity"):
            assert row[name] == row[f"paper_{name}"], name
    tests = rows.filter(model="CR").select("role", "paper_p_value", "p_value").rows()
    assert tests == [("train", None, None), ("validation", "0.334", 0.334)]
    noted = rows.filter(pl.col("note").is_not_null())
    assert noted["model"].to_list() == ["radiomics", "DL", "DL", "DLRCR", "DLRCR"]
    assert noted["paper_p_value"][0] == "0.436" and "Table 4" in noted["note"][0]
    assert noted.filter(pl.col("model") != "radiomics")["auc"].null_count() == 4
