"""Group tests against R and scipy, the LASSO against glmnet, and what cannot be selected."""

import json

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.linear_model import lars_path
from sklearn.pipeline import make_pipeline

from hccer.selection.chain import FeatureSelector, selected, stability_index
from hccer.selection.folds import check_folds
from hccer.selection.group_tests import CONSTANT, MANN_WHITNEY, STUDENT, group_tests, table_test
from hccer.selection.lasso import LassoSelector, lasso_curve
from hccer.selection.lasso_path import lasso_path
from hccer.selection.shapiro import shapiro_wilk
from hccer.selection.transformers import UnivariateScreen, ZScore
from schemas.errors import HccerError
from schemas.modelling import SelectionSettings
from tests.folded import foldid_of
from tests.support import SHARED

GOLD = SHARED / "gold"
needs_gold = pytest.mark.skipif(not GOLD.is_dir(), reason="../shared/gold is not there")


def gold(name: str) -> dict:
    return json.loads((GOLD / name).read_text())


def radiomics_like(n: int, p: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features that are almost combinations of a few, an outcome of two of these, five folds."""
    rng = np.random.default_rng(seed)
    causes = rng.normal(size=(n, 25))
    X = causes @ rng.normal(size=(25, p)) + 0.3 * rng.normal(size=(n, p))
    y = (causes[:, 0] + causes[:, 1] + rng.normal(size=n) > 0).astype(float)
    return X, y, foldid_of(y, 5, seed)


# group tests


@needs_gold
def test_group_tests_are_those_of_r():
    rows = pl.read_csv(GOLD / "proc_aSAH.csv")
    y = (rows["outcome"] == "Poor").to_numpy()
    X = rows.select("age", "s100b").to_numpy().astype(float)
    found, r = group_tests(X, y), gold("group_tests_gold.json")
    assert list(found.test) == [STUDENT, MANN_WHITNEY]
    assert -found.statistic[0] == pytest.approx(r["t_age_student"]["t"], rel=1e-10)
    assert found.p_value[0] == pytest.approx(r["t_age_student"]["p"], rel=1e-10)
    assert 41 * 72 - found.statistic[1] == r["wilcox_s100b"]["W"]
    assert found.p_value[1] == pytest.approx(r["wilcox_s100b"]["p"], rel=1e-8)
    for group, name in ((~y, "good"), (y, "poor")):
        w, p = shapiro_wilk(X[group, :1])
        assert w[0] == pytest.approx(r["shapiro_age"][f"W_{name}"], rel=1e-8)
        assert p[0] == pytest.approx(r["shapiro_age"][f"p_{name}"], rel=1e-6)


@pytest.mark.parametrize("n", [3, 5, 11, 12, 13, 54, 300])
def test_shapiro_wilk_is_that_of_scipy(n: int):
    values = np.exp(np.random.default_rng(n).normal(size=(n, 20)) * np.linspace(0.1, 2, 20))
    w, p = shapiro_wilk(values)
    reference = np.array([stats.shapiro(column) for column in values.T])
    assert w == pytest.approx(reference[:, 0], abs=1e-8)
    assert p == pytest.approx(reference[:, 1], rel=1e-6)


def test_small_groups_without_ties_have_exact_p_values():
    rng = np.random.default_rng(0)
    X = np.exp(3 * rng.normal(size=(20, 2)))
    X[:, 1] = np.ceil(X[:, 1] / X[:, 1].max() * 5)
    y = np.repeat([1, 0], 10)
    found = group_tests(X, y, normality_alpha=1)
    for column, method in ((0, "exact"), (1, "asymptotic")):
        reference = stats.mannwhitneyu(X[:10, column], X[10:, column], method=method)
        assert found.p_value[column] == pytest.approx(reference.pvalue)


def test_q_values():
    X, y, _ = radiomics_like(80, 300)
    X[:, 7] = 2
    found = group_tests(X, y)
    assert found.test[7] == CONSTANT and np.isnan(found.p_value[7])
    kept = np.delete(found.p_value, 7)
    ranked = np.minimum.accumulate((np.sort(kept) * 299 / np.arange(1, 300))[::-1])[::-1]
    assert np.sort(np.delete(found.q_value, 7)) == pytest.approx(ranked)
    assert not found.significant(1.0)[7]


@needs_gold
def test_tables_are_tested_as_in_the_papers_table_one():
    for row in gold("paper_cr_reconstruction.json")["train_vs_validation"]:
        found = table_test(np.array(row["table"]))
        assert found.p_value == pytest.approx(row["rule_p"], rel=1e-6)
        assert found.test.startswith("Fisher" if row["min_expected"] < 5 else "chi-square")
    r = gold("group_tests_gold.json")
    for row in (*r["paper_train"].values(), *r["paper_valid"].values(), r["paper_ER_rate"]):
        rule = "fisher_p" if row["min_expected"] < 5 else "chisq_yates_p"
        assert table_test(np.array(row["table"])).p_value == pytest.approx(row[rule], rel=1e-6)


def test_a_table_without_two_values_has_a_reason():
    found = table_test(np.array([[5, 0], [9, 0]]))
    assert found.p_value is None and found.reason == "every patient has the same value"
    assert table_test(np.array([[20, 10, 5], [10, 20, 5]])).test == "chi-square"


# LASSO


@needs_gold
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_lasso_is_glmnet(family: str):
    rows = pl.read_csv(GOLD / "sonar.csv")
    X = rows.select([f"V{i}" for i in range(1, 61)]).to_numpy()
    y = rows["y"].to_numpy().astype(float)
    found = lasso_curve(X, y, rows["foldid"].to_numpy(), family)
    r = gold("lasso_sonar_glmnet_gold.json")[family]
    assert found.path.penalties == pytest.approx(np.array(r["lambda"]), rel=1e-12)
    if family == "binomial":
        assert list((found.path.coefficients != 0).sum(axis=1)) == r["nzero"]
    near = {"gaussian": 1e-6, "binomial": 1e-3}[family]  # glmnet stops at 1e-7 of the deviance
    assert found.error == pytest.approx(np.array(r["cvm"]), abs=near)
    for rule, name in (("min", "lambda.min"), ("1se", "lambda.1se")):
        position = found.position(rule)
        assert found.path.penalties[position] == pytest.approx(r[name], rel=1e-12)
        beta, coefficients = found.path.coefficients[position], r[f"coef_{rule}"]
        mine = {f"V{i + 1}": beta[i] for i in np.flatnonzero(beta)}
        mine["(Intercept)"] = found.path.intercepts[position]
        assert set(mine) == set(coefficients)
        largest = max(map(abs, coefficients.values()))
        for variable, value in coefficients.items():
            assert mine[variable] == pytest.approx(value, abs=3e-6 * largest)


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize(("n", "p"), [(106, 961), (60, 60), (80, 12)])
@pytest.mark.parametrize("noise", [0, 1e-7, 1e-4])  # by which a third are no exact copies
def test_solutions_satisfy_the_optimality_conditions(family: str, n: int, p: int, noise: float):
    X, y, _ = radiomics_like(n, p)
    copies = X[:, -(p // 3) :]
    copies[:] = 3 * X[:, : p // 3] - 1 + noise * np.random.default_rng(1).normal(size=copies.shape)
    X[:, 1] = 5
    path = lasso_path(X, y, family)
    z = (X - X.mean(axis=0)) / np.where(np.ptp(X, axis=0) > 0, X.std(axis=0), np.inf)
    eta = path.predict(X)
    mean = eta if family == "gaussian" else 1 / (1 + np.exp(-eta))
    slopes = z.T @ (y[:, None] - mean) / n / path.penalties
    chosen = path.coefficients.T != 0
    assert np.abs(slopes[~chosen]).max() <= 1 + 1e-6
    assert slopes[chosen] == pytest.approx(np.sign(path.coefficients.T[chosen]), abs=1e-5)
    assert not chosen[1].any()
    assert np.abs((y[:, None] - mean).mean(axis=0)).max() < 1e-9


def test_gaussian_path_is_that_of_lars():
    X, y, _ = radiomics_like(90, 300)
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    knots, _, corners = lars_path(z, y - y.mean(), method="lasso")
    path = lasso_path(X, y, "gaussian")
    reference = np.array([np.interp(-path.penalties, -knots, each) for each in corners]).T
    assert path.coefficients * X.std(axis=0) == pytest.approx(reference, abs=1e-6)


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_lasso_is_the_same_each_time(family: str):
    X, y, foldid = radiomics_like(106, 961)
    first = lasso_curve(X, y, foldid, family)
    again = lasso_curve(X, y, foldid, family)
    assert np.array_equal(first.path.coefficients, again.path.coefficients)
    assert np.array_equal(first.error, again.error)
    scaled = lasso_curve(X * np.logspace(-3, 3, 961) + 7, y, foldid, family)
    assert scaled.minimum == first.minimum
    beta = first.path.coefficients[first.minimum]
    assert set(np.flatnonzero(scaled.path.coefficients[scaled.minimum])) == set(
        np.flatnonzero(beta)
    )


# transformers and the chain


def test_z_score_learns_from_training_rows_only():
    X, _, _ = radiomics_like(50, 4)
    X[:, 2] = 9
    for ddof in (0, 1):
        step = ZScore(ddof).fit(X[:30])
        assert step.scale_[0] == pytest.approx(X[:30, 0].std(ddof=ddof), rel=1e-12)
        assert step.transform(X[30:])[:, 0] == pytest.approx(
            (X[30:, 0] - X[:30, 0].mean()) / X[:30, 0].std(ddof=ddof)
        )
        assert np.array_equal(step.transform(X)[:, 2], np.zeros(50))


def test_chain_is_its_steps_and_fits_a_pipeline():
    X, y, foldid = radiomics_like(106, 300)
    settings = SelectionSettings(family="binomial", rule="min")
    chain = clone(FeatureSelector(settings)).fit(X, y, foldid)
    steps = make_pipeline(ZScore(), UnivariateScreen(0.05), LassoSelector("binomial", "min"))
    steps.fit(X, y, lassoselector__foldid=foldid)
    assert 0 < chain.get_support().sum() < chain.screen_.get_support().sum() < 300
    assert np.array_equal(ZScore().fit_transform(X)[:, chain.get_support()], steps.transform(X))
    assert np.array_equal(chain.transform(X), X[:, chain.get_support()])
    assert np.array_equal(chain.coef_ != 0, chain.get_support())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda X, y, f: (X, y * 0, f), "40 patients with 0 events and 40 non-events"),
        (lambda X, y, f: (X, y + 1, f), "of 40 outcomes are neither 0 nor 1"),
        (lambda X, y, f: (X * 0 + 4, y, f), "all 30 features are constant in 40 patients"),
        (lambda X, y, f: (X * np.where(X > 2, np.nan, 1), y, f), "of 30 features have missing"),
        (lambda X, y, f: (X[:, :0], y, f), "no feature is left for 40 patients"),
        (lambda X, y, f: (X, y, f * 0), "40 patients in 1 folds"),
        (lambda X, y, f: (X, y, y), "outside fold 0.0 have the outcome 1: use fewer folds"),
    ],
)
def test_what_cannot_be_selected_is_a_sentence(change: object, words: str):
    X, y, foldid = change(*radiomics_like(40, 30))
    settings = SelectionSettings(alpha=1.0)
    with pytest.raises(HccerError, match=words):
        FeatureSelector(settings).fit(X, y, foldid)


def test_a_filter_that_keeps_nothing_says_how_near_it_was():
    X, y, foldid = radiomics_like(40, 30)
    settings = SelectionSettings(alpha=1e-30)
    with pytest.raises(HccerError, match=r"none of 30 features differs at P < 1e-30 .*smallest P"):
        FeatureSelector(settings).fit(X, y, foldid)
    noise = np.random.default_rng(0).normal(size=(40, 5))
    with pytest.raises(HccerError, match=r"the LASSO keeps none of 5 features of 40 patients"):
        LassoSelector("gaussian", "1se").fit(noise, y, foldid)


def test_folds_need_enough_patients():
    with pytest.raises(HccerError, match="5 folds need 5 patients of each outcome: there are 3"):
        foldid_of(np.array([1, 1, 1, 0, 0, 0, 0, 0, 0]), 5, 0)
    with pytest.raises(HccerError, match="3 patients in 2 folds for 4 outcomes"):
        check_folds(np.array([0, 1, 0, 1]), np.array([0, 1, 0]))
    y = np.repeat([1, 0], [78, 54])
    foldid = foldid_of(y, 5, 7)
    assert np.array_equal(foldid, foldid_of(y, 5, 7))
    assert {tuple(np.bincount(y[foldid == fold])) for fold in range(5)} <= {
        (10, 16), (11, 15), (11, 16), (10, 15),
    }  # fmt: skip


def test_stable_features_are_selected_again():
    X, y, _ = radiomics_like(100, 60)
    X[:, 5] = 3 * y + np.random.default_rng(1).normal(size=100)
    X[:, 6] = 1
    rng = np.random.default_rng(2)
    drawn = [rng.choice(100, 80, replace=False) for _ in range(8)]
    found, none = (
        np.array([selected(X[rows], y[rows], foldid_of(y[rows], 5, 0), settings) for rows in drawn])
        for settings in (SelectionSettings(), SelectionSettings(alpha=1e-60))
    )
    assert found[:, 5].all() and not found[:, 6].any()
    assert 0 < stability_index(found) <= 1
    assert stability_index(none) is None and not none.any()


def test_stability_index_ends():
    same = np.tile([True, False, False, True], (5, 1))
    assert stability_index(same) == 1
    random = np.random.default_rng(0).random((2000, 50)) < 0.3
    assert abs(stability_index(random)) < 0.01
