"""Clinical-radiological factors and their logistic models, against the paper's own tables."""

import json

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from pydantic import ValidationError

from hccer.clinical.factors import Factor, coded_factors, declared_factors
from hccer.clinical.logistic import logistic_fit, separated
from hccer.clinical.risk_factors import risk_factors
from schemas.clinical import ClinicalRow
from schemas.errors import HccerError
from tests.support import SHARED

GOLD = SHARED / "gold"
needs_gold = pytest.mark.skipif(not GOLD.is_dir(), reason="../shared/gold is not there")


def paper() -> dict:
    return json.loads((GOLD / "paper_cr_reconstruction.json").read_text())


def from_counts(counts: dict) -> tuple[pl.DataFrame, np.ndarray]:
    cells = [("exposed_ER", 1, 1), ("unexp_ER", 0, 1), ("exposed_NER", 1, 0), ("unexp_NER", 0, 0)]
    exposed = np.concatenate([np.full(counts[name], one) for name, one, _ in cells])
    y_true = np.concatenate([np.full(counts[name], event) for name, _, event in cells])
    ids = [str(row) for row in range(len(y_true))]
    return pl.DataFrame({"patient_id": ids, counts["var"]: exposed.astype(float)}), y_true


@needs_gold
def test_univariate_odds_ratios_are_those_of_the_paper():
    for counts in paper()["univariate"]:
        row = risk_factors(*from_counts(counts)).univariate[0]
        found = (row.odds_ratio, row.ci_low, row.ci_high, row.p_value)
        expected = (counts["OR"], counts["lo"], counts["hi"], counts["p"])
        assert found == pytest.approx(expected, rel=1e-6)


@needs_gold
def test_final_model_is_that_of_the_paper():
    rows = pl.read_csv(GOLD / "paper_cr_reconstructed_165.csv")
    rows = rows.filter(pl.col("cohort") == "training")
    names = {"id": "patient_id", "ast_gt40": "ast", "diameter_gt5cm": "diameter"}
    coded = rows.rename(names).select("patient_id", "ast", "diameter")
    found = risk_factors(coded, rows["early_recurrence"].to_numpy())
    assert found.independent == ("ast", "diameter")
    for row, name in zip(found.final, ("ast", "diam"), strict=True):
        gold = paper()["OR"][name]
        assert (row.odds_ratio, row.ci_low, row.ci_high, row.p_value) == pytest.approx(
            (gold["or"], gold["lo"], gold["hi"], gold["p"]), rel=1e-6
        )
        assert row.n == 132
    assert found.model.coefficients == pytest.approx(list(paper()["coef"].values()), rel=1e-6)
    assert round(found.final[0].odds_ratio, 3) == 2.489
    assert round(found.final[0].p_value, 4) == 0.0221


def test_logistic_fit_is_statsmodels():
    rng = np.random.default_rng(1)
    X = rng.normal([60, 0.3, 900], [10, 0.5, 300], size=(120, 3))
    y = (X[:, 0] / 10 + rng.normal(size=120) * 2 > 6).astype(float)
    fit = logistic_fit(X, y, ["age", "x", "afp"])
    gold = sm.Logit(y, sm.add_constant(X)).fit(disp=0, tol=1e-12)
    assert fit.coefficients == pytest.approx(gold.params, rel=1e-7)
    assert fit.standard_errors == pytest.approx(gold.bse, rel=1e-6)
    assert fit.p_value == pytest.approx(gold.pvalues, rel=1e-5)
    assert fit.log_likelihood == pytest.approx(gold.llf, rel=1e-10)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([0, 0, 0, 1, 1, 1], "a: it separates 3 events from 3 non-events"),
        ([0, 0, 1, 1, 1, 1], "a: it separates"),
        ([2, 2, 2, 2, 2, 2], "a has one value in all 6 patients"),
    ],
)
def test_what_has_no_maximum_is_a_sentence(X: list, words: str):
    y = np.array([0, 0, 0, 1, 1, 1.0])
    with pytest.raises(HccerError, match=words):
        logistic_fit(np.array(X, dtype=float)[:, None], y, ["a"])
    coded = pl.DataFrame({"patient_id": list("uvwxyz"), "a": [float(x) for x in X]})
    found = risk_factors(coded, y)
    assert words in found.univariate[0].reason
    assert found.reason.startswith("none of 1 factors")


def test_two_columns_may_separate_together():
    X = np.array([[0, 1], [1, 0], [2, 3], [3, 2], [1, 1.5], [2, 1.2]])
    y = (X.sum(axis=1) > 3.1).astype(float)
    assert not separated(X[:, :1], np.array([0, 1, 0, 1, 1, 0]))
    assert separated(X, y)
    with pytest.raises(HccerError, match="a, b: in 6 patients one of them follows"):
        logistic_fit(np.column_stack([X[:, 0], 3 - 2 * X[:, 0]]), y, ["a", "b"])


def test_declared_factors_are_coded_as_in_the_paper():
    factors = declared_factors()
    assert len(factors) == 18
    columns = {name for each in factors for name in each.reads}
    assert columns <= set(ClinicalRow.model_fields)
    patients = pl.DataFrame({
        "patient_id": ["a", "b", "c"], "sex": ["male", "female", None],
        "age_years": [50.0, 60.0, 70.0], "hepatitis_b": [True, False, None],
        "hepatitis_c": [None, False, False], "afp_iu_ml": [400.0, 400.1, None],
        "alt_u_l": [50.0, 51.0, 1.0], "ast_u_l": [40.0, 40.5, float("nan")],
        "ggt_u_l": [60.0, 61.0, 1.0], "tbil_umol_l": [19.0, 20.0, 1.0],
        "alb_g_l": [40.0, 39.9, 41.0], "child_pugh_class": ["A", "B", None],
        "diameter_cm": [5.0, 5.1, 1.0], "tumour_count": [1, 2, 3],
    })  # fmt: skip
    items = [each.item for each in factors if each.item]
    readings = pl.DataFrame([
        {"patient_id": patient, "item": item, "value": value}
        for item in items
        for patient, value in (
            ("a", "non_smooth" if item == "tumour_margin" else "absent"),
            ("b", "smooth" if item == "tumour_margin" else "present"),
        )
    ])  # fmt: skip
    coded = coded_factors(patients, readings)
    assert coded.columns == ["patient_id", *[each.name for each in factors]]
    assert coded.row(0)[1:] == (1, 50, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1)
    assert coded.row(1)[1:] == (0, 60, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0)
    assert coded.row(2)[1:7] == (None, 70, None, None, 0, None)
    assert coded.row(2)[13:] == (None,) * 6


def test_wrong_readings_and_columns_are_sentences():
    factor = (Factor(name="n", title="n", item="necrosis", one="absent", zero="present"),)
    patients = pl.DataFrame({"patient_id": ["a"]})
    odd = pl.DataFrame({"patient_id": ["a"], "item": ["necrosis"], "value": ["some"]})
    with pytest.raises(HccerError, match="necrosis of patient a is 'some': absent or present"):
        coded_factors(patients, odd, factor)
    twice = pl.concat([odd, odd])
    with pytest.raises(HccerError, match="patient a has several readings of necrosis"):
        coded_factors(patients, twice, factor)
    with pytest.raises(HccerError, match="the patients have no column sex, age_years"):
        coded_factors(patients)
    with pytest.raises(ValidationError, match="needs one of above"):
        Factor(name="n", title="n", column="sex")


def test_factors_that_follow_from_each_other_are_named_and_make_no_model():
    y_true = np.concatenate([np.repeat([0.0, 1.0], [70, 30]), np.repeat([0.0, 1.0], [30, 70])])
    cause = np.repeat([0.0, 1.0], 100)
    ids = [str(each) for each in range(200)]
    found = risk_factors(pl.DataFrame({"patient_id": ids, "a": cause, "b": 1 - cause}), y_true)
    assert [row.p_value < 0.05 for row in found.univariate] == [True, True]
    assert (found.multivariate, found.independent, found.model) == ((), (), None)
    assert "follows from" in found.reason


def test_a_factor_that_another_explains_is_not_independent():
    cause = np.repeat([0.0, 1.0], 100)
    y_true = np.concatenate([np.repeat([0.0, 1.0], [70, 30]), np.repeat([0.0, 1.0], [30, 70])])
    echo = np.where(np.arange(200) % 5 == 0, 1 - cause, cause)
    coded = pl.DataFrame({"patient_id": [str(i) for i in range(200)], "cause": cause, "echo": echo})
    found = risk_factors(coded, y_true)
    assert [row.p_value < 0.05 for row in found.univariate] == [True, True]
    assert [row.p_value < 0.05 for row in found.multivariate] == [True, False]
    assert found.independent == ("cause",)
    assert found.final[0].odds_ratio == pytest.approx((70 / 30) ** 2)
    missing = coded.with_columns(cause=pl.when(pl.col("echo") == 1).then("cause"))
    assert risk_factors(missing, y_true).univariate[0].n == int((echo == 1).sum())
