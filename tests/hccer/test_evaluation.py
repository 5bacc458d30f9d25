"""Discrimination, calibration and utility, against R (pROC, rms, dcurves) and Python peers."""

import json
import math

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from dcurves import dca
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import mannwhitneyu
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint

from hccer.evaluation.calibration import Recalibration, fit_recalibration, logistic_calibration
from hccer.evaluation.classification import classification, proportion
from hccer.evaluation.comparison import (
    detectable_difference,
    hanley_mcneil_variance,
    paired_test,
    unpaired_test,
)
from hccer.evaluation.decision import decision_curve
from hccer.evaluation.delong import auc, delong
from hccer.evaluation.logistic import fit_logistic
from hccer.evaluation.reliability import (
    brier_score,
    calibration_bins,
    calibration_error,
    hosmer_lemeshow,
)
from hccer.evaluation.roc import roc_curve
from hccer.evaluation.smooth import smooth_calibration
from hccer.evaluation.threshold import best_threshold
from schemas.errors import HccerError
from tests.support import SHARED

GOLD = SHARED / "gold"
needs_gold = pytest.mark.skipif(not GOLD.is_dir(), reason="shared/gold is not there")
MARKERS = ["wfns", "s100b", "ndka"]
SETS = {"df_binary": "df_binary_cancerpredmarker", "aSAH": "aSAH_pred"}


def gold(name: str) -> dict:
    return json.loads((GOLD / name).read_text())


def asah() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    frame = pl.read_csv(GOLD / "proc_aSAH.csv")
    return (frame["outcome"] == "Poor").to_numpy(), {
        name: frame[name].cast(float).to_numpy() for name in MARKERS
    }


def predictions(name: str) -> tuple[np.ndarray, np.ndarray]:
    file, y, p = {
        "df_binary": ("dcurves_df_binary.csv", "cancer", "cancerpredmarker"),
        "aSAH": ("calib_aSAH_pred.csv", "y", "p"),
    }[name]
    frame = pl.read_csv(GOLD / file)
    return frame[y].to_numpy(), frame[p].to_numpy()


def paper_cr_model(cohort: str) -> tuple[np.ndarray, np.ndarray]:
    frame = pl.read_csv(GOLD / "paper_cr_reconstructed_165.csv").filter(pl.col("cohort") == cohort)
    coefficients = gold("paper_cr_reconstruction.json")["coef"]
    score = coefficients["(Intercept)"] + sum(
        coefficients[name] * frame[name].to_numpy() for name in ("ast_gt40", "diameter_gt5cm")
    )
    return frame["early_recurrence"].to_numpy(), expit(score)


def simulated(n: int = 80, seed: int = 0, models: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % 3 == 0).astype(int)
    # one decimal makes ties
    return y, np.round(rng.normal(size=(models, n)) + 0.8 * y, 1).squeeze()


# ROC and DeLong


@needs_gold
@pytest.mark.parametrize("marker", ["s100b", "wfns"])
def test_auc_equals_proc(marker: str):
    named = gold("proc_aSAH_gold.json")[marker]
    y, markers = asah()
    found = auc(y, markers[marker])
    assert found.value == pytest.approx(named["auc"], rel=1e-9)
    assert found.variance == pytest.approx(named["delong_var"], rel=1e-9)
    assert [found.ci_low, found.ci_high] == pytest.approx(named["ci95_delong"], rel=1e-9)
    narrow = auc(y, markers[marker], level=0.9)
    assert [narrow.ci_low, narrow.ci_high] == pytest.approx(named["ci90_delong"], rel=1e-9)
    assert (found.positives, found.negatives, found.truncated) == (41, 72, False)


@needs_gold
def test_delong_of_many_models_equals_proc():
    named = gold("proc_aSAH_gold.json")
    y, markers = asah()
    fit = delong(y, [markers[name] for name in MARKERS])
    for pair, value in named["cov_delong"].items():
        first, second = (MARKERS.index(name) for name in pair.split("_"))
        assert fit.covariance[first, second] == pytest.approx(value, rel=1e-9)
    test, paired = paired_test(fit, 0, 1), named["paired"]["wfns_s100b"]
    assert test.statistic == pytest.approx(paired["Z"], rel=1e-9)
    assert test.p_value == pytest.approx(paired["p"], rel=1e-9)
    assert [test.ci_low, test.ci_high] == pytest.approx(paired["conf.int"], rel=1e-8)
    assert test.difference == pytest.approx(paired["auc1"] - paired["auc2"], rel=1e-9)


@needs_gold
def test_the_papers_cr_model():
    named = gold("paper_cr_reconstruction.json")
    aucs = []
    printed = {"training": (0.662, 0.574, 0.749), "validation": (0.752, 0.593, 0.911)}
    for cohort, numbers in printed.items():
        y, p = paper_cr_model(cohort)
        found = auc(y, p)
        aucs.append(found)
        assert found.value == pytest.approx(named[cohort]["auc"], rel=1e-9)
        assert [found.ci_low, found.ci_high] == pytest.approx(named[cohort]["ci"], rel=1e-9)
        assert (round(found.value, 3), round(found.ci_low, 3), round(found.ci_high, 3)) == numbers
    test = unpaired_test(*aucs)
    gold_test = named["delong_unpaired_tc_vs_vc"]
    assert test.statistic == pytest.approx(gold_test["D"], rel=1e-9)
    assert test.df == pytest.approx(gold_test["df"], rel=1e-9)
    assert test.p_value == pytest.approx(gold_test["p"], rel=1e-9)
    assert round(test.p_value, 3) == 0.334


@needs_gold
@pytest.mark.parametrize("cohort", ["training", "validation"])
def test_the_papers_threshold_and_classification(cohort: str):
    named = gold("paper_cr_reconstruction.json")[cohort]
    chosen = best_threshold(roc_curve(*paper_cr_model("training")))
    found = classification(*paper_cr_model(cohort), chosen.value)
    assert found.accuracy.value == pytest.approx(named["acc"], rel=1e-9)
    assert found.sensitivity.value == pytest.approx(named["sens"], rel=1e-9)
    assert found.specificity.value == pytest.approx(named["spec"], rel=1e-9)


@needs_gold
@pytest.mark.parametrize("marker", ["s100b", "wfns"])
@pytest.mark.parametrize("rule", ["youden", "closest_topleft"])
def test_thresholds_equal_proc(marker: str, rule: str):
    named = gold("proc_aSAH_gold.json")[marker][rule]
    assert len(named) == 1
    y, markers = asah()
    between = best_threshold(roc_curve(y, markers[marker], cut="midpoint"), rule)
    assert between.value == pytest.approx(named[0]["threshold"], rel=1e-9)
    assert between.sensitivity == pytest.approx(named[0]["sensitivity"], rel=1e-9)
    assert between.specificity == pytest.approx(named[0]["specificity"], rel=1e-9)
    observed = best_threshold(roc_curve(y, markers[marker]), rule)
    above = markers[marker][markers[marker] > between.value]
    assert observed.value == above.min() and observed.ties == 1


@needs_gold
@pytest.mark.parametrize("marker", ["s100b", "wfns"])
def test_classification_equals_proc(marker: str):
    named = gold("proc_aSAH_gold.json")[marker]["youden"][0]
    y, markers = asah()
    found = classification(y, markers[marker], named["threshold"])
    for name in ("tp", "fp", "fn", "tn"):
        assert getattr(found, name) == named[name]
    for name in ("accuracy", "sensitivity", "specificity", "ppv", "npv"):
        assert getattr(found, name).value == pytest.approx(named[name], rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_delong_equals_its_definition(seed: int):
    y, scores = simulated(seed=seed, models=4)
    fit = delong(y, scores)
    events, others = scores[:, y == 1], scores[:, y == 0]
    apart = events[:, :, None] - others[:, None, :]
    wins = (apart > 0) + 0.5 * (apart == 0)
    np.testing.assert_allclose(fit.auc, wins.mean(axis=(1, 2)))
    spread = (
        np.cov(wins.mean(axis=2)) / events.shape[1] + np.cov(wins.mean(axis=1)) / others.shape[1]
    )
    np.testing.assert_allclose(fit.covariance, spread, atol=1e-15)


@pytest.mark.parametrize("seed", range(3))
def test_auc_and_curve_equal_scikit_learn_and_scipy(seed: int):
    y, score = simulated(seed=seed)
    assert auc(y, score).value == pytest.approx(metrics.roc_auc_score(y, score))
    u = mannwhitneyu(score[y == 1], score[y == 0]).statistic
    assert auc(y, score).value == pytest.approx(u / ((y == 1).sum() * (y == 0).sum()))
    fpr, tpr, thresholds = metrics.roc_curve(y, score, drop_intermediate=False)
    curve = roc_curve(y, score)
    np.testing.assert_allclose(curve.sensitivity, tpr)
    np.testing.assert_allclose(1 - curve.specificity, fpr)
    np.testing.assert_array_equal(curve.threshold, thresholds)
    area = np.trapezoid(curve.sensitivity, 1 - curve.specificity)
    assert area == pytest.approx(auc(y, score).value)


def test_midpoints_give_the_points_of_observed_thresholds():
    y, score = simulated()
    observed, between = roc_curve(y, score), roc_curve(y, score, cut="midpoint")
    np.testing.assert_array_equal(observed.tp, between.tp)
    np.testing.assert_array_equal(between.threshold[[0, -1]], [np.inf, -np.inf])
    assert (between.threshold[1:] < observed.threshold[1:]).all()
    for position in range(len(between.threshold)):
        assert (score >= between.threshold[position]).sum() == (observed.tp + observed.fp)[position]


@pytest.mark.parametrize("score", [[0.1, 0.2, 0.8, 0.9], [0.5] * 4])
def test_auc_without_spread_has_no_interval(score: list[float]):
    found = auc([0, 0, 1, 1], score)
    assert found.value in (1, 0.5) and found.variance == 0
    assert np.isnan([found.ci_low, found.ci_high]).all() and not found.truncated


def test_auc_with_one_patient_of_a_class_has_no_interval():
    found = auc([0, 0, 1], [0.1, 0.9, 0.5])
    assert found.value == 0.5 and np.isnan([found.variance, found.ci_low]).all()


def test_interval_of_a_high_auc_is_cut_and_says_so():
    y, score = [0] * 6 + [1] * 6, [1, 2, 3, 4, 5, 7, 6, 8, 9, 10, 11, 12]
    found = auc(y, score)
    assert found.truncated and found.ci_high == 1 and 0 < found.ci_low < found.value
    inside = auc(y, score, scale="logit")
    assert not inside.truncated and found.ci_low > inside.ci_low > 0.5
    assert found.value < inside.ci_high < 1


def test_logit_interval_is_symmetric_in_the_logit():
    y, score = simulated()
    found = auc(y, score, scale="logit")
    middle = (logit(found.ci_low) + logit(found.ci_high)) / 2
    assert middle == pytest.approx(logit(found.value))


@pytest.mark.parametrize("scale", ["auc", "logit"])
def test_interval_of_auc_covers_what_it_promises(scale: str):
    rng = np.random.default_rng(11)
    truth = 0.76024994  # of two normal distributions 1 apart
    y = np.repeat([0, 1], 60)
    found = [auc(y, rng.normal(size=120) + y, scale=scale) for _ in range(600)]
    assert 0.92 < np.mean([each.ci_low <= truth <= each.ci_high for each in found]) < 0.975


def test_models_that_rank_alike_do_not_differ():
    y, score = simulated()
    test = paired_test(delong(y, [score, 3 * score + 1]), 0, 1)
    assert (test.difference, test.statistic, test.p_value) == (0, 0, 1)
    assert np.isnan(test.ci_low)


def test_comparisons_turn_their_sign_with_the_order():
    y, scores = simulated(models=2)
    fit = delong(y, scores)
    first, second = paired_test(fit, 0, 1), paired_test(fit, 1, 0)
    assert first.statistic == pytest.approx(-second.statistic)
    assert (first.p_value, first.df) == pytest.approx((second.p_value, math.inf))
    other = auc(*simulated(n=50, seed=9))
    forward = unpaired_test(auc(y, scores[0]), other)
    backward = unpaired_test(other, auc(y, scores[0]))
    assert forward.ci_low == pytest.approx(-backward.ci_high)
    assert (forward.p_value < 0.05) == (forward.ci_low > 0 or forward.ci_high < 0)


def test_comparison_of_aucs_without_variance_is_undefined_not_significant():
    perfect, even = auc([0, 0, 1, 1], [1, 2, 3, 4]), auc([0, 0, 1, 1], [1, 1, 1, 1])
    test = unpaired_test(perfect, even)
    assert test.difference == 0.5 and np.isnan([test.statistic, test.p_value, test.df]).all()
    assert unpaired_test(perfect, perfect).p_value == 1


def test_detectable_difference_is_found_with_the_power_asked_for():
    variance = hanley_mcneil_variance(0.8, 78, 54) + hanley_mcneil_variance(0.8, 18, 15)
    difference = detectable_difference(variance)
    z = np.random.default_rng(0).normal(difference / variance**0.5, size=200_000)
    assert np.mean(np.abs(z) > 1.959964) == pytest.approx(0.8, abs=0.005)
    assert detectable_difference(variance, power=0.9) > difference


def test_hanley_mcneil_variance_by_hand():
    # Q1 = 2/3, Q2 = 0.64 * 2 / 1.8
    by_hand = (0.16 + 9 * (2 / 3 - 0.64) + 19 * (1.28 / 1.8 - 0.64)) / 200
    assert hanley_mcneil_variance(0.8, 10, 20) == pytest.approx(by_hand)
    assert hanley_mcneil_variance(1, 10, 20) == 0


def test_youden_takes_the_highest_of_equal_thresholds():
    # calling >= 4 or >= 2 positive both give sensitivity + specificity = 1.5
    found = best_threshold(roc_curve([0, 1, 0, 1], [1, 2, 3, 4]))
    assert (found.value, found.sensitivity, found.specificity, found.ties) == (4, 0.5, 1, 2)
    nothing = best_threshold(roc_curve([0, 1], [1, 1]))
    assert (nothing.value, nothing.sensitivity, nothing.specificity) == (np.inf, 0, 1)


@pytest.mark.parametrize("seed", range(5))
def test_youden_equals_the_maximum_of_scikit_learns_curve(seed: int):
    y, score = simulated(seed=seed)
    fpr, tpr, _ = metrics.roc_curve(y, score)
    found = best_threshold(roc_curve(y, score))
    assert found.sensitivity + found.specificity - 1 == pytest.approx((tpr - fpr).max())


@pytest.mark.parametrize(
    ("y", "score", "sentence"),
    [
        ([1, 1, 1], [1, 2, 3], "needs patients with and without the event: 3 of 3 have it"),
        ([0, 0], [1, 2], "needs patients with and without the event: 0 of 2 have it"),
        ([0, 1, 2], [1, 2, 3], "outcomes must be 1"),
        ([0, 1, np.nan], [1, 2, 3], "outcomes must be 1"),
        ([0, 1], [1, 2, 3], "2 outcomes do not go with scores of shape"),
        ([0, 1], [[1, 2], [3, 4]], "2 outcomes do not go with scores of shape"),
        ([0, 1, 1], [1, np.nan, 3], "1 of 3 scores are NaN or infinite"),
        ([], [], "one value per patient"),
    ],
)
def test_a_curve_refuses_what_it_cannot_use(y: list, score: list, sentence: str):
    with pytest.raises(HccerError, match=sentence):
        roc_curve(y, score)


# classification


def test_classification_equals_scikit_learn_and_statsmodels():
    y, score = simulated()
    found = classification(y, score, 0.5)
    called = score >= 0.5
    tn, fp, fn, tp = metrics.confusion_matrix(y, called).ravel()
    assert (found.tn, found.fp, found.fn, found.tp) == (tn, fp, fn, tp)
    assert found.accuracy.value == metrics.accuracy_score(y, called)
    assert found.sensitivity.value == metrics.recall_score(y, called)
    assert found.ppv.value == metrics.precision_score(y, called)
    for each in (found.accuracy, found.sensitivity, found.specificity, found.ppv, found.npv):
        interval = proportion_confint(each.count, each.n, method="wilson")
        assert (each.ci_low, each.ci_high) == pytest.approx(interval)


def test_proportions_of_nobody_are_nan():
    none_called = classification([0, 1, 1], [0.1, 0.2, 0.3], 0.5)
    assert np.isnan([none_called.ppv.value, none_called.ppv.ci_low]).all()
    assert none_called.npv.value == pytest.approx(1 / 3) and none_called.sensitivity.value == 0
    one_class = classification([1, 1], [0.1, 0.9], 0.5)
    assert np.isnan(one_class.specificity.value) and one_class.accuracy.value == 0.5
    assert classification([0, 1], [0.5, 0.5], 0.5).tp == 1


@given(st.integers(1, 60), st.data())
def test_wilson_intervals_stay_inside_0_to_1(n: int, data):
    count = data.draw(st.integers(0, n))
    found = proportion(count, n)
    assert 0 <= found.ci_low <= found.value <= found.ci_high <= 1 and found.ci_low < found.ci_high


# calibration


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
    found = smooth_calibration(*predictions(name))
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


def miscalibrated(n: int = 400, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    return (rng.random(n) < expit(truth)).astype(int), expit(2 * truth - 0.7)


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
    smooth = smooth_calibration(y, p)
    assert 0 <= smooth.e_avg <= smooth.e_max + 1e-12 and np.isfinite(smooth.observed).all()
    assert 0 <= calibration_error(y, p) <= calibration_error(y, p, norm="max") + 1e-12
    test = hosmer_lemeshow(y, p)
    assert np.isnan(test.p_value) == (test.groups < 3)


def test_smooth_calibration_of_few_distinct_predictions():
    y = np.r_[np.repeat([0, 1], 50), [1, 1, 0]]
    p = np.r_[np.full(100, 0.3), [0.7] * 3]
    found = smooth_calibration(y, p)
    np.testing.assert_array_equal(found.predicted, [0.3, 0.7])
    assert found.observed[0] == pytest.approx(0.5)
    constant = smooth_calibration(y, np.full(len(y), 0.3))
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


@pytest.mark.parametrize("compute", [brier_score, logistic_calibration, smooth_calibration])
def test_probabilities_must_be_probabilities(compute):
    with pytest.raises(HccerError, match="values from -2 to 3 instead of 0 to 1"):
        compute([0, 1], [-2, 3])


# decision curves


@needs_gold
def test_decision_curve_equals_r_dcurves():
    rows = pl.read_csv(GOLD / "dca" / "r_dcurves_df_binary_full.csv", infer_schema_length=None)
    frame = pl.read_csv(GOLD / "dcurves_df_binary.csv")
    y = frame["cancer"].to_numpy()
    marker = frame["marker"].to_numpy()
    fit = fit_logistic(np.column_stack([np.ones(len(y)), marker]), y == 1)
    models = {
        "cancerpredmarker": frame["cancerpredmarker"].to_numpy(),
        "marker": expit(fit.coefficients[0] + fit.coefficients[1] * marker),
        "famhistory": frame["famhistory"].to_numpy(),
    }
    for name, p in models.items():
        named = rows.filter(pl.col("variable") == name, pl.col("threshold") < 1)
        found = decision_curve(y, p, named["threshold"].to_numpy())
        assert len(named) >= 100
        np.testing.assert_allclose(found.net_benefit, named["net_benefit"], rtol=0, atol=1e-9)
    everybody = rows.filter(pl.col("variable") == "all", pl.col("threshold") < 1)
    found = decision_curve(y, models["famhistory"], everybody["threshold"].to_numpy())
    np.testing.assert_allclose(found.treat_all, everybody["net_benefit"], rtol=0, atol=1e-9)
    assert (found.treat_none == 0).all()


@needs_gold
def test_interventions_avoided_equal_r_dcurves():
    rows = pl.read_csv(
        GOLD / "dca" / "r_dcurves_df_binary_nia.csv", null_values="NA", infer_schema_length=None
    )
    y, p = predictions("df_binary")
    named = rows.filter(pl.col("variable") == "cancerpredmarker", pl.col("threshold") < 1)
    found = decision_curve(y, p, named["threshold"].to_numpy()).interventions_avoided
    theirs = named["net_intervention_avoided"].cast(float, strict=False).to_numpy()
    known = ~np.isnan(theirs)
    assert known.sum() >= 98
    np.testing.assert_allclose(found[known], theirs[known], atol=1e-9)


@pytest.mark.parametrize("prevalence", [None, 0.15])
def test_decision_curve_equals_python_dcurves(prevalence: float | None):
    y, p = miscalibrated()
    thresholds = np.arange(0, 100) / 100
    frame = pl.DataFrame({"y": y, "p": p}).to_pandas()
    theirs = dca(data=frame, outcome="y", modelnames=["p"], thresholds=thresholds,
                 prevalence=prevalence)  # fmt: skip
    found = decision_curve(y, p, thresholds, prevalence)
    for name, ours in (("p", found.net_benefit), ("all", found.treat_all)):
        named = theirs[theirs["model"] == name]["net_benefit"]
        np.testing.assert_allclose(ours, named, rtol=0, atol=1e-9)


def test_decision_curve_by_hand_and_its_refusals():
    found = decision_curve([1, 1, 0, 0], [0.9, 0.2, 0.5, 0.1], [0.0, 0.5])
    np.testing.assert_allclose(found.net_benefit, [0.5, 0.0])
    np.testing.assert_allclose(found.treat_all, [0.5, 0.0])
    assert np.isnan(found.interventions_avoided[0]) and found.interventions_avoided[1] == 0
    assert decision_curve([1, 1], [0.9, 0.2], [0.5]).net_benefit == 0.5
    for thresholds in ([0.5, 1.0], [-0.1], [np.nan], 0.5):
        with pytest.raises(HccerError, match="at least 0, below 1"):
            decision_curve([0, 1], [0.5, 0.5], thresholds)
    with pytest.raises(HccerError, match="prevalence must lie between 0 and 1, not 1"):
        decision_curve([0, 1], [0.5, 0.5], [0.5], prevalence=1)
    with pytest.raises(HccerError, match="with a given prevalence needs patients with and without"):
        decision_curve([1, 1], [0.5, 0.5], [0.5], prevalence=0.2)
