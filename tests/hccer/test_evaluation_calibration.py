"""Calibration, against R (rms, ResourceSelection) and Python peers."""

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn import metrics

from hccer.evaluation.calibration import Recalibration, fit_recalibration, logistic_calibration
from hccer.evaluation.delong import auc
from hccer.evaluation.logistic import fit_logistic
from hccer.evaluation.reliability import (
    brier_score,
    calibration_bins,
    calibration_error,
    hosmer_lemeshow,
)
from hccer.evaluation.smooth import SmoothCalibration, smooth_calibration
from schemas.analysis import EvaluationSettings
from schemas.errors import HccerError
from tests.hccer.evaluated import (
    GOLD,
    SETS,
    asah,
    gold,
    miscalibrated,
    needs_gold,
    predictions,
)

EVALUATION = EvaluationSettings()


def smoothed(y: np.ndarray, p: np.ndarray) -> SmoothCalibration:
    return smooth_calibration(y, p, EVALUATION.smooth_share, EVALUATION.smooth_delta)


@needs_gold
@pytest.mark.parametrize("name", SETS)
def test_calibration_equals_rms(name: str):
    named = gold("calibration_gold.json")[SETS[name]]
    y, p = predictions(name)
    found = logistic_calibration(y, p)
    rms = named["calibration"]
    # glm's standard errors are those of its last step but one
    assert found.slope.value == pytest.approx(rms["slope"], abs=1e-6)
    assert found.slope.standard_error == pytest.approx(rms["slope_se"], rel=1e-4)
    assert [found.slope.ci_low, found.slope.ci_high] == pytest.approx(rms["slope_ci"], abs=5e-5)
    assert found.intercept.value == pytest.approx(rms["intercept_logistic"], abs=1e-6)
    assert found.in_the_large.value == pytest.approx(rms["calib_in_the_large"], abs=1e-6)
    assert found.in_the_large.standard_error == pytest.approx(rms["citl_se"], rel=1e-4)
    assert found.reason is None
    assert brier_score(y, p) == pytest.approx(named["brier"], rel=1e-9)
    assert auc(y, p).value == pytest.approx(named["auc"], rel=1e-9)


@needs_gold
@pytest.mark.parametrize("name", SETS)
def test_smooth_calibration_equals_rms(name: str):
    named = gold("calibration_gold.json")[SETS[name]]["val.prob"]
    found = smoothed(*predictions(name))
    assert found.e_max == pytest.approx(named["Emax"], rel=1e-6)
    assert found.e_90 == pytest.approx(named["E90"], rel=1e-6)
    assert found.e_avg == pytest.approx(named["Eavg"], rel=1e-6)


@needs_gold
@pytest.mark.parametrize("name", SETS)
def test_hosmer_lemeshow_equals_resource_selection(name: str):
    named = gold("calibration_gold.json")[SETS[name]]["hosmer_lemeshow"]
    y, p = predictions(name)
    found = hosmer_lemeshow(y, p)
    assert found.chi2 == pytest.approx(named["chisq"], rel=1e-9)
    assert (found.df, found.groups) == (named["df"], named["g"])
    assert found.p_value == pytest.approx(named["p"], rel=1e-9)
    bins = calibration_bins(y, p, edges="quantile")
    np.testing.assert_array_equal(np.array(named["observed"])[:, 1], bins.events)
    expected = np.array(named["expected"])[:, 1]
    np.testing.assert_allclose(bins.predicted * bins.n, expected, atol=1e-6)


@needs_gold
@pytest.mark.parametrize("name", SETS)
def test_calibration_error_equals_torchmetrics(name: str):
    named = gold("ece_torchmetrics_gold.json")[name]
    y, p = predictions(name)
    for bins in (5, 10, 15):
        found = calibration_error(y, p, bins)
        assert found == pytest.approx(named[f"ECE{bins}_l1"], abs=1e-9)
    assert calibration_error(y, p, norm="max") == pytest.approx(named["MCE10"], abs=1e-9)
    assert calibration_error(y, p, norm="l2") == pytest.approx(named["ECE10_l2"], abs=1e-9)


@needs_gold
def test_calibration_error_of_a_model_fitted_on_men_and_applied_to_women():
    named = gold("ece_torchmetrics_gold.json")["male2female"]
    y, markers = asah()
    frame = pl.read_csv(GOLD / "proc_aSAH.csv")
    men = (frame["gender"] == "Male").to_numpy()
    terms = [np.ones(len(y)), frame["age"].to_numpy(), markers["s100b"], markers["ndka"]]
    design = np.column_stack(terms)
    p = expit(design @ fit_logistic(design[men], y[men]).coefficients)
    assert calibration_error(y[~men], p[~men]) == pytest.approx(named["ECE10_l1"], abs=1e-9)
    assert calibration_error(y[~men], p[~men], norm="l2") == pytest.approx(
        named["ECE10_l2"], abs=1e-9
    )


@needs_gold
def test_logistic_fit_equals_r():
    named = gold("calibration_gold.json")["aSAH_glm"]
    y, markers = asah()
    frame = pl.read_csv(GOLD / "proc_aSAH.csv")
    male = (frame["gender"] == "Male").to_numpy()
    design = [np.ones(len(y)), frame["age"].to_numpy(), male, markers["s100b"], markers["ndka"]]
    found = fit_logistic(np.column_stack(design), y)
    np.testing.assert_allclose(found.coefficients, named["coef"], rtol=1e-6)
    np.testing.assert_allclose(found.standard_errors, named["se"], rtol=1e-4)


def test_calibration_equals_statsmodels():
    y, p = miscalibrated()
    found = logistic_calibration(y, p)
    line = sm.Logit(y, sm.add_constant(logit(p))).fit(disp=False)
    assert [found.intercept.value, found.slope.value] == pytest.approx(line.params, abs=1e-6)
    errors = [found.intercept.standard_error, found.slope.standard_error]
    assert errors == pytest.approx(line.bse, rel=1e-6)
    assert [found.slope.ci_low, found.slope.ci_high] == pytest.approx(line.conf_int()[1], abs=1e-6)
    offset = sm.GLM(y, np.ones(len(y)), sm.families.Binomial(), offset=logit(p)).fit()
    assert found.in_the_large.value == pytest.approx(offset.params[0], abs=1e-6)
    assert found.in_the_large.standard_error == pytest.approx(offset.bse[0], rel=1e-5)
    assert found.slope.value == pytest.approx(0.5, abs=0.1) and found.in_the_large.value > 0.3


def test_recalibration_takes_the_miscalibration_away():
    y, p = miscalibrated()
    better = fit_recalibration(y, p).apply(p)
    found = logistic_calibration(y, better)
    assert found.slope.value == pytest.approx(1) and found.intercept.value == pytest.approx(0)
    assert better.mean() == pytest.approx(y.mean())
    assert brier_score(y, better) < brier_score(y, p)
    assert auc(y, better).value == auc(y, p).value
    np.testing.assert_array_equal(Recalibration(0.4, 0.8).apply([0.0, 1.0]), [0, 1])


@pytest.mark.parametrize(
    ("y", "p", "reason"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], "separate the classes"),
        ([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.9], "separate the classes"),
        ([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], "separate the classes"),
        ([0, 1, 1, 0], [0.4] * 4, "do not vary"),
        ([1, 1], [0.4, 0.6], "same outcome"),
        ([0, 1, 1], [0, 0.4, 1], "2 of 3 probabilities are exactly 0 or 1"),
    ],
)
def test_calibration_without_a_solution_says_why(y: list, p: list, reason: str):
    found = logistic_calibration(y, p)
    assert np.isnan([found.slope.value, found.slope.ci_low, found.intercept.value]).all()
    assert reason in found.reason
    with pytest.raises(HccerError, match=f"recalibration is not possible: .*{reason}"):
        fit_recalibration(y, p)


def test_calibration_in_the_large_needs_no_slope():
    found = logistic_calibration([0, 1, 1, 1], [0.5] * 4)
    assert found.in_the_large.value == pytest.approx(np.log(3))
    assert logistic_calibration([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]).in_the_large.value < 1e-9


def test_clipping_gives_certain_predictions_a_logit():
    y, p = [0, 1, 0, 1, 1, 0], [0, 0.4, 0.6, 1, 0.3, 0.2]
    clipped = np.clip(p, 0.01, 0.99)
    assert logistic_calibration(y, p, clip=0.01) == logistic_calibration(y, clipped)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=25))
def test_calibration_always_ends_in_numbers_or_a_reason(rows: list):
    y, p = zip(*rows, strict=True)
    found = logistic_calibration(y, p, clip=1e-9)
    assert np.isnan(found.slope.value) == (found.reason is not None)
    smooth = smoothed(y, p)
    assert 0 <= smooth.e_avg <= smooth.e_max + 1e-12 and np.isfinite(smooth.observed).all()
    assert 0 <= calibration_error(y, p) <= calibration_error(y, p, norm="max") + 1e-12
    test = hosmer_lemeshow(y, p)
    assert np.isnan(test.p_value) == (test.groups < 3)


def test_smooth_calibration_of_few_distinct_predictions():
    y = np.r_[np.repeat([0, 1], 50), [1, 1, 0]]
    p = np.r_[np.full(100, 0.3), [0.7] * 3]
    found = smoothed(y, p)
    np.testing.assert_array_equal(found.predicted, [0.3, 0.7])
    assert found.observed[0] == pytest.approx(0.5)
    constant = smoothed(y, np.full(len(y), 0.3))
    assert constant.e_max == pytest.approx(y.mean() - 0.3)


def test_bins_hold_everybody_once():
    y, p = miscalibrated()
    for edges in ("width", "quantile"):
        bins = calibration_bins(y, p, 10, edges)
        assert bins.n.sum() == len(y) and bins.events.sum() == y.sum()
        assert ((bins.low <= bins.predicted) & (bins.predicted <= bins.high)).all()
        assert (bins.n @ bins.predicted) == pytest.approx(p.sum())
    ends = calibration_bins([0, 1, 1], [0.0, 0.1, 1.0])
    np.testing.assert_array_equal(ends.low, [0, 0.1, 0.9])
    np.testing.assert_array_equal(ends.observed, [0, 1, 1])


def test_hosmer_lemeshow_with_ties_and_certain_predictions():
    y = np.tile([0, 1], 30)
    three = hosmer_lemeshow(y, np.repeat([0.2, 0.5, 0.7], 20))
    assert (three.groups, three.df) == (2, 0) and np.isnan(three.p_value)
    certain = np.repeat([0.0, 0.25, 0.5, 1.0], 15)
    wrong = hosmer_lemeshow(y, certain)
    assert (wrong.chi2, wrong.p_value) == (np.inf, 0)
    own, other = (hosmer_lemeshow(*miscalibrated(), fitted=fitted) for fitted in (True, False))
    assert (own.df, other.df) == (8, 10) and own.p_value < other.p_value


def test_brier_score_equals_scikit_learn():
    y, p = miscalibrated()
    assert brier_score(y, p) == pytest.approx(metrics.brier_score_loss(y, p))


@pytest.mark.parametrize("compute", [brier_score, logistic_calibration, smoothed])
def test_probabilities_must_be_probabilities(compute):
    with pytest.raises(HccerError, match="values from -2 to 3 instead of 0 to 1"):
        compute([0, 1], [-2, 3])
