"""Discrimination and classification, against R (pROC) and Python peers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint

from hccer.evaluation.classification import classification, proportion
from hccer.evaluation.comparison import (
    detectable_difference,
    hanley_mcneil_variance,
    paired_test,
    unpaired_test,
)
from hccer.evaluation.delong import auc, delong
from hccer.evaluation.roc import roc_curve
from hccer.evaluation.threshold import best_threshold
from schemas.errors import HccerError
from tests.hccer.evaluated import (
    MARKERS,
    asah,
    gold,
    needs_gold,
    paper_cr_model,
    simulated,
)

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


def test_interval_of_auc_covers_what_it_promises():
    rng = np.random.default_rng(11)
    truth = 0.76024994  # of two normal distributions 1 apart
    y = np.repeat([0, 1], 60)
    found = [auc(y, rng.normal(size=120) + y) for _ in range(600)]
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
