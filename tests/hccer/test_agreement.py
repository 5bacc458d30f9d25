"""Agreement of readers, against R (psych, irr, vcd) and against first principles."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from hccer.agreement.icc import icc, icc_point
from hccer.agreement.kappa import cohen_kappa, kappa_band
from hccer.agreement.overlap import (
    dice,
    hausdorff_mm,
    relative_volume_difference,
    surface_distances_mm,
)
from hccer.agreement.variance import mean_squares
from schemas.errors import HccerError
from tests.support import SHARED

GOLD = SHARED / "gold"
needs_gold = pytest.mark.skipif(not GOLD.is_dir(), reason="shared/gold is not there")
FORMS = {"ICC1": "ICC(1)", "ICC2": "ICC(A,1)", "ICC3": "ICC(C,1)",
         "ICC1k": "ICC(k)", "ICC2k": "ICC(A,k)", "ICC3k": "ICC(C,k)"}  # fmt: skip
MASK = arrays(bool, (5, 6, 4))


@pytest.fixture(scope="module")
def gold() -> dict:
    return json.loads((GOLD / "icc_kappa_gold.json").read_text())


def ratings(name: str) -> np.ndarray:
    frame = pl.read_csv(GOLD / name)
    return frame.select(pl.exclude("subject")).to_numpy()


def noisy(features: int = 40, targets: int = 30, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noise = np.linspace(0.05, 2, features)[:, None, None]
    return rng.normal(size=(features, targets, 1)) + noise * rng.normal(size=(features, targets, 2))


@needs_gold
@pytest.mark.parametrize(
    ("file", "key"),
    [("shrout_fleiss_1979.csv", "shrout_fleiss_aov"), ("irr_anxiety.csv", "psych_anxiety")],
)
def test_icc_equals_psych(gold: dict, file: str, key: str):
    values = ratings(file)[None]
    for row in gold[key]:
        found = icc(values, FORMS[row["type"]])
        numbers = [found.icc, found.f, found.p_value, found.ci_low, found.ci_high]
        named = [row[each] for each in ("ICC", "F", "p", "lower bound", "upper bound")]
        np.testing.assert_allclose(np.ravel(numbers), named, rtol=1e-9, atol=1e-12)
        assert (found.df1, found.df2) == (row["df1"], row["df2"])


@needs_gold
def test_icc_equals_irr_but_for_the_limits_of_the_mean_of_raters_in_agreement(gold: dict):
    tables = {"sf": "shrout_fleiss_1979.csv", "anxiety": "irr_anxiety.csv"}
    for row in gold["irr_icc"]:
        values = ratings(tables[row["dataset"]])[None]
        name = row["icc_name"].replace(f"({values.shape[2]})", "(k)").replace(
            f",{values.shape[2]})", ",k)"
        )  # fmt: skip
        found = icc(values, name)
        assert found.icc[0] == pytest.approx(row["value"], rel=1e-9)
        limits = [found.ci_low[0], found.ci_high[0]]
        same = limits == pytest.approx([row["lbound"], row["ubound"]], rel=1e-7)
        assert same == (name != "ICC(A,k)")


@needs_gold
def test_mean_squares_of_shrout_and_fleiss(gold: dict):
    found, named = (
        mean_squares(ratings("shrout_fleiss_1979.csv")[None]),
        gold["shrout_fleiss_anova"],
    )
    assert found.between[0] == pytest.approx(named["MS_subject"], rel=1e-12)
    assert found.rater[0] == pytest.approx(named["MS_judge"], rel=1e-12)
    assert found.residual[0] == pytest.approx(named["MS_error"], rel=1e-12)
    assert found.within[0] == pytest.approx(named["MS_within"], rel=1e-12)


@pytest.mark.parametrize("form", FORMS.values())
def test_icc_of_many_features_is_that_of_each(form: str):
    values = noisy()
    together = icc(values, form)
    for position, one in enumerate(values):
        alone = icc(one[None], form)
        for name in ("icc", "ci_low", "ci_high", "f", "p_value"):
            assert getattr(alone, name)[0] == getattr(together, name)[position]
    np.testing.assert_array_equal(icc_point(values, form), together.icc)
    assert ((together.ci_low < together.icc) & (together.icc < together.ci_high)).all()


@pytest.mark.parametrize("form", FORMS.values())
def test_icc_does_not_depend_on_unit_or_on_the_order_of_readers(form: str):
    values = noisy()
    found = icc(values, form)
    for changed in (values * 1e6 + 3e5, values[:, :, ::-1], values[:, ::-1]):
        other = icc(changed, form)
        np.testing.assert_allclose(other.icc, found.icc, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(other.ci_low, found.ci_low, rtol=1e-8, atol=1e-8)


def test_an_offset_of_one_reader_counts_against_agreement_only():
    values = noisy()[:10]
    shifted = values + np.array([0, 5])
    np.testing.assert_allclose(icc_point(shifted, "ICC(C,1)"), icc_point(values, "ICC(C,1)"))
    assert (icc_point(shifted, "ICC(A,1)") < 0.4 * icc_point(values, "ICC(A,1)")).all()


@pytest.mark.parametrize("form", FORMS.values())
@pytest.mark.parametrize("value", [0, 0.1, 1e9 / 3])
def test_icc_of_a_constant_feature_is_nan_and_never_kept(form: str, value: float):
    found = icc(np.full((1, 30, 3), value), form)
    assert np.isnan([found.icc, found.ci_low, found.ci_high, found.f, found.p_value]).all()
    assert not (found.icc >= 0.9).any()


@pytest.mark.parametrize("form", FORMS.values())
def test_icc_of_readers_who_measure_the_same_is_1(form: str):
    values = np.repeat(noisy()[:, :, :1], 2, axis=2) / 3
    found = icc(values, form)
    np.testing.assert_array_equal([found.icc, found.ci_low, found.ci_high], 1)
    np.testing.assert_array_equal([1 / found.f, found.p_value], 0)


def test_icc_without_variance_between_targets():
    values = np.tile([[1.0, 2.0]], (10, 1))[None] / 3
    assert np.isnan(icc_point(values, "ICC(C,1)")).all()
    assert icc_point(values, "ICC(A,1)").item() == 0
    opposed = np.array([[[1.0, 3.0], [3.0, 1.0], [1.0, 3.0], [3.0, 1.0]]])
    assert icc_point(opposed, "ICC(C,1)").item() == -1
    assert np.isnan(icc_point(opposed, "ICC(C,k)")).all()


@pytest.mark.parametrize("form", FORMS.values())
def test_icc_of_a_feature_with_a_gap_is_nan_and_leaves_its_neighbours(form: str):
    values = noisy(3)
    whole = icc(values, form)
    broken = values.copy()
    broken[0, 3, 1], broken[2, 0, 0] = np.nan, np.inf
    kept = broken.copy()
    found = icc(broken, form)
    assert np.isnan(found.icc[[0, 2]]).all() and np.isnan(found.ci_low[[0, 2]]).all()
    assert (found.icc[1], found.ci_low[1]) == (whole.icc[1], whole.ci_low[1])
    np.testing.assert_array_equal(broken, kept)


def test_interval_of_icc_covers_what_it_promises():
    rng = np.random.default_rng(7)
    truth = 0.9
    values = np.sqrt(truth) * rng.normal(size=(4000, 30, 1))
    values = values + np.sqrt(1 - truth) * rng.normal(size=(4000, 30, 2))
    for form in ("ICC(1)", "ICC(A,1)", "ICC(C,1)"):
        found = icc(values, form)
        covered = np.mean((found.ci_low <= truth) & (truth <= found.ci_high))
        assert 0.935 < covered < 0.965


@pytest.mark.parametrize("values", [np.ones((3, 30)), np.ones((3, 1, 2)), np.ones((3, 30, 1))])
def test_icc_refuses_a_single_reader_or_target(values: np.ndarray):
    with pytest.raises(HccerError, match="at least two targets and two raters"):
        icc(values, "ICC(A,1)")


def test_icc_refuses_an_unknown_form():
    with pytest.raises(HccerError, match=r"no ICC is called 'ICC2': choose one of ICC\(1\)"):
        icc(noisy(), "ICC2")


def test_icc_of_no_features():
    assert icc(np.empty((0, 30, 2)), "ICC(A,1)").icc.shape == (0,)


@needs_gold
@pytest.mark.parametrize(
    ("key", "file", "raters", "weights"),
    [
        ("diagnoses_12_unweighted", "irr_diagnoses.csv", (0, 1), "unweighted"),
        ("diagnoses_23_unweighted", "irr_diagnoses.csv", (1, 2), "unweighted"),
        ("anxiety_12_unweighted", "irr_anxiety.csv", (0, 1), "unweighted"),
        ("anxiety_12_equal", "irr_anxiety.csv", (0, 1), "linear"),
        ("anxiety_12_squared", "irr_anxiety.csv", (0, 1), "quadratic"),
    ],
)
def test_kappa_equals_irr(gold: dict, key: str, file: str, raters: tuple, weights: str):
    table, named = ratings(file), gold["irr_kappa"][key]
    found = cohen_kappa(table[:, raters[0]], table[:, raters[1]], weights)
    assert found.kappa == pytest.approx(named["kappa"], rel=1e-9)
    assert found.z == pytest.approx(named["z"], rel=1e-9)
    # irr takes 1 - p of the normal distribution, which keeps few digits of a tiny p
    assert found.p_value == pytest.approx(named["p"], rel=1e-6, abs=1e-15)
    assert found.n == named["subjects"]


@needs_gold
def test_mean_kappa_of_all_pairs_is_lights_kappa(gold: dict):
    table = ratings("irr_diagnoses.csv")
    pairs = [cohen_kappa(table[:, a], table[:, b]).kappa for a in range(6) for b in range(a)]
    assert np.mean(pairs) == pytest.approx(gold["irr_kappa"]["diagnoses_light6"]["kappa"], rel=1e-9)


def spread(table: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    cells = np.array(table)
    first, second = np.indices(cells.shape)
    return np.repeat(first.ravel(), cells.ravel()), np.repeat(second.ravel(), cells.ravel())


@needs_gold
def test_kappa_interval_equals_psych_and_vcd(gold: dict):
    named = gold["kappa_2x2_20_5_10_15"]
    found = cohen_kappa(*spread(named["table"]))
    assert found.kappa == pytest.approx(named["kappa"], rel=1e-12)
    assert found.standard_error**2 == pytest.approx(named["var"], rel=1e-9)
    assert found.standard_error == pytest.approx(gold["vcd_2x2"]["ASE"], rel=1e-9)
    assert [found.ci_low, found.ci_high] == pytest.approx(named["ci"][0][::2], rel=1e-9)
    table = ratings("irr_diagnoses.csv")
    found = cohen_kappa(table[:, 0], table[:, 1])
    low, _, high = gold["psych_diagnoses_12"]["confid"][0]
    assert [found.ci_low, found.ci_high] == pytest.approx([low, high], rel=1e-9)


def test_kappa_of_sexual_fun_equals_vcd():
    table = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]
    found = cohen_kappa(*spread(table))
    assert found.kappa == pytest.approx(0.129330, abs=1e-6)
    assert found.standard_error == pytest.approx(0.068599, abs=2e-6)
    found = cohen_kappa(*spread(table), weights="quadratic")
    assert found.kappa == pytest.approx(0.332046, abs=1e-6)


@pytest.mark.parametrize("weights", ["unweighted", "linear", "quadratic"])
def test_kappa_equals_scikit_learn_and_statsmodels(weights: str):
    rng = np.random.default_rng(3)
    first = rng.integers(0, 4, 60)
    second = np.where(rng.random(60) < 0.6, first, rng.integers(0, 4, 60))
    found = cohen_kappa(first, second, weights)
    theirs = None if weights == "unweighted" else weights
    assert found.kappa == pytest.approx(cohen_kappa_score(first, second, weights=theirs))
    table = np.zeros((4, 4))
    np.add.at(table, (first, second), 1)
    wt = {"unweighted": None, "linear": "linear", "quadratic": "quadratic"}[weights]
    other = cohens_kappa(table, wt=wt)
    assert found.standard_error == pytest.approx(other.std_kappa, rel=1e-9)
    assert found.z == pytest.approx(other.z_value, rel=1e-9)


def test_kappa_weights_go_by_the_order_that_is_named():
    first, second = ["low", "mid", "high", "low"], ["low", "high", "high", "mid"]
    ordered = cohen_kappa(first, second, "linear", categories=["low", "mid", "high"])
    as_numbers = cohen_kappa([0, 1, 2, 0], [0, 2, 2, 1], "linear")
    assert ordered == as_numbers
    assert cohen_kappa(first, second, "linear").kappa != ordered.kappa


def test_kappa_at_its_ends():
    always = cohen_kappa([1, 1, 1], [1, 1, 1])
    assert np.isnan([always.kappa, always.z, always.ci_low]).all() and always.n == 3
    perfect = cohen_kappa(list("aabbc"), list("aabbc"))
    assert (perfect.kappa, perfect.standard_error) == (1, 0)
    assert np.isnan([perfect.ci_low, perfect.ci_high]).all() and perfect.p_value < 0.01
    one_never_varies = cohen_kappa([0, 0, 0, 0], [0, 0, 1, 1])
    assert one_never_varies.kappa == 0 and np.isnan(one_never_varies.z)
    assert cohen_kappa([0, 1, 0, 1], [1, 0, 1, 0]).kappa == -1


def test_kappa_refuses_readings_that_do_not_pair_up():
    with pytest.raises(HccerError, match="must pair up"):
        cohen_kappa([1, 0], [1, 0, 1])
    with pytest.raises(HccerError, match="readings 3 are none of the categories"):
        cohen_kappa([1, 0], [1, 3], categories=[0, 1])


@pytest.mark.parametrize(
    ("kappa", "band"),
    [(1, "excellent"), (0.81, "excellent"), (0.8, "substantial"), (0.61, "substantial"),
     (0.1 + 0.5 + 1e-16, "moderate"), (0.41, "moderate"), (0.4, "poor"), (-1, "poor"),
     (np.nan, None)],
)  # fmt: skip
def test_kappa_bands_of_the_paper(kappa: float, band: str | None):
    assert kappa_band(kappa) == band


def cube(low: int, high: int) -> np.ndarray:
    mask = np.zeros((20, 20, 20), bool)
    mask[low:high, low:high, low:high] = True
    return mask


def test_overlap_of_cubes_by_hand():
    first, second = cube(5, 10), cube(6, 11)
    assert dice(first, second) == 2 * 4**3 / (2 * 5**3)
    assert relative_volume_difference(first, second) == 0
    assert relative_volume_difference(cube(5, 11), first) == (6**3 - 5**3) / 5**3
    assert hausdorff_mm(first, first, (1, 1, 1)) == 0
    assert hausdorff_mm(first, second, (3, 1, 2), percentile=100) == pytest.approx(np.sqrt(14))


def test_hausdorff_95_leaves_one_stray_voxel_out():
    first = cube(5, 12)
    stray = first.copy()
    stray[19, 19, 19] = True
    assert hausdorff_mm(first, stray, (1, 1, 1)) == 0
    assert hausdorff_mm(first, stray, (1, 1, 1), percentile=100) == pytest.approx(8 * np.sqrt(3))


def test_overlap_with_an_empty_mask():
    nothing, something = cube(3, 3), cube(3, 5)
    assert np.isnan(dice(nothing, nothing)) and dice(nothing, something) == 0
    assert np.isnan(relative_volume_difference(something, nothing))
    assert relative_volume_difference(nothing, something) == -1
    assert np.isnan(hausdorff_mm(nothing, something, (1, 1, 1)))
    assert np.isnan(hausdorff_mm(something, nothing, (1, 1, 1)))


@settings(max_examples=40, deadline=None)
@given(MASK, MASK, st.tuples(*[st.sampled_from([0.7, 1.0, 3.0])] * 3))
def test_surface_distances_equal_all_pairs_of_points(first, second, spacing):
    found = surface_distances_mm(first, second, spacing)
    assert hausdorff_mm(first, second, spacing) == pytest.approx(
        hausdorff_mm(second, first, spacing), nan_ok=True
    )
    if not first.any() or not second.any():
        assert all(each.size == 0 for each in found)
        return
    points = [np.argwhere(surface(mask)) * spacing for mask in (first, second)]
    apart = cdist(*points)
    np.testing.assert_allclose(np.sort(found[0]), np.sort(apart.min(axis=1)), atol=1e-9)
    np.testing.assert_allclose(np.sort(found[1]), np.sort(apart.min(axis=0)), atol=1e-9)


def surface(mask: np.ndarray) -> np.ndarray:
    padded = np.pad(mask, 1)
    inside = np.ones_like(mask)
    for axis in range(mask.ndim):
        for shift in (-1, 1):
            inside &= np.roll(padded, shift, axis)[1:-1, 1:-1, 1:-1]
    return mask & ~inside


def test_overlap_refuses_other_grids_and_spacings():
    with pytest.raises(HccerError, match="different grids"):
        dice(np.ones((2, 2)), np.ones((2, 3)))
    for spacing in ((1, 1), (1, 0, 1), (1, np.nan, 1)):
        with pytest.raises(HccerError, match="3 axes need as many spacings above 0 mm"):
            hausdorff_mm(cube(3, 5), cube(3, 5), spacing)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 2)])
def test_intervals_of_next_to_no_targets_are_numbers_without_a_warning(shape: tuple[int, int]):
    rng = np.random.default_rng(0)
    true = rng.normal(size=(2000, shape[0], 1))
    found = icc(true + rng.normal(size=(2000, *shape)), "ICC(A,1)")
    assert np.isfinite(found.ci_low).all() and np.isfinite(found.ci_high).all()
    assert (found.ci_low <= found.icc + 1e-9).all()
