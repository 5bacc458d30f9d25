"""The statistics of a study beside what people use: reliability, group tests, LASSO, nested folds.

pingouin computes an ICC feature by feature, and its intervals with the point: it is timed on a few
features, which stand for all. The group tests stand beside scipy's, feature by feature; the LASSO
beside scikit-learn's LassoCV on the same folds and as many penalties.
"""

import warnings
from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LassoCV
from sklearn.preprocessing import StandardScaler

from hccer.agreement.icc import icc, icc_point
from hccer.selection.group_tests import group_tests
from hccer.selection.lasso import lasso_curve
from hccer.validation.nested import evaluate_task, fold_tasks
from hccer.validation.patients import Patients, Repeats
from schemas.validation import ModelName, ValidationSettings
from tests.benchmark.measure import Row, interleaved, seconds
from tests.folded import foldid_of

FEATURES, TUMOURS, PATIENTS, TRAINING = 3111, 30, 165, 132
FEW = 40  # features that the slow side is timed on
SCREENED = 500
PENALTIES = 100
ICC_FORM = "ICC(A,1)"
NESTED: tuple[ModelName, ...] = ("LR", "CR", "RCR")


def measure(folder: Path, options: Namespace) -> list[Row]:
    """ICC, group tests, LASSO and one nested cross-validation, on numbers at random."""
    del folder
    repeats = options.repeats
    return [*_reliability(repeats), *_screen(repeats), *_lasso(repeats), *_nested(repeats)]


def _reliability(repeats: int) -> list[Row]:
    rng = np.random.default_rng(0)
    true = rng.normal(size=(2, FEATURES, TUMOURS, 1))
    both = true + 0.4 * rng.normal(size=(2, FEATURES, TUMOURS, 2))  # within and between readers
    points, intervals, few = interleaved(
        repeats,
        lambda: [icc_point(values, ICC_FORM) for values in both],
        lambda: [icc(values, ICC_FORM) for values in both],
        lambda: [_by_pingouin(values) for values in both],
    )
    found, expected = icc(both[0, :FEW], ICC_FORM), np.array(_by_pingouin(both[0]))
    off = np.abs(found.icc - expected[:, 0]).max()
    limits = np.abs(np.column_stack([found.ci_low, found.ci_high]) - expected[:, 1:]).max()
    theirs = [1000 * each * FEATURES / FEW for each in few]
    scaled = f"theirs timed on {FEW} features, times {FEATURES / FEW:.1f}, intervals included"
    agreed = {
        "points": (points, f"points off by {off:.0e}"),
        "intervals": (intervals, f"limits off by {limits:.4f}: pingouin rounds them to 2 decimals"),
    }
    what = f"{FEATURES} features x {TUMOURS} tumours, both comparisons"
    return [
        Row("study", f"{ICC_FORM}, {name}, {what}", [1000 * each for each in ours], "pingouin",
            theirs, f"{scaled}; {note}", "ms")
        for name, (ours, note) in agreed.items()
    ]  # fmt: skip


def _by_pingouin(values: np.ndarray) -> list[tuple[float, float, float]]:
    """ICC with its limits of the first features (features, n, k)."""
    import pingouin  # seconds, and it sets options of pandas

    _, n, k = values.shape
    target, rater = np.divmod(np.arange(n * k), k)
    rows, found = pd.DataFrame({"target": target, "rater": rater}), []
    for feature in values[:FEW]:
        table = pingouin.intraclass_corr(
            rows.assign(value=feature.ravel()), targets="target", raters="rater", ratings="value"
        )
        own = table.set_index("Type").loc[ICC_FORM]
        found.append((own["ICC"], *own["CI95"]))
    return found


def _alike(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Features that are almost combinations of a few causes, and an outcome of two of these."""
    rng = np.random.default_rng(0)
    causes = rng.normal(size=(TRAINING, 25))
    X = causes @ rng.normal(size=(25, count)) + 0.3 * rng.normal(size=(TRAINING, count))
    return X, (causes[:, 0] + causes[:, 1] + rng.normal(size=TRAINING) > 0).astype(float)


def _screen(repeats: int) -> list[Row]:
    X, y = _alike(FEATURES)
    X = np.exp(X / 9)  # some normal, some not
    times = interleaved(repeats, lambda: group_tests(X, y), lambda: _one_by_one(X[:, :FEW], y))
    off = np.abs(group_tests(X[:, :FEW], y).p_value - _one_by_one(X[:, :FEW], y)).max()
    theirs = [each * FEATURES / FEW for each in times[1]]
    what = f"Shapiro-Wilk, then t or Mann-Whitney, {TRAINING} x {FEATURES}"
    note = f"theirs timed on {FEW} features, times {FEATURES / FEW:.1f}; P off by {off:.0e}"
    return [Row("study", what, times[0], "scipy, feature by feature", theirs, note)]


def _one_by_one(X: np.ndarray, y: np.ndarray, normal: float = 0.05) -> list[float]:
    found = []
    for feature in X.T:
        groups = feature[y == 1], feature[y == 0]
        skewed = min(stats.shapiro(group).pvalue for group in groups) < normal
        test = stats.mannwhitneyu if skewed else stats.ttest_ind
        found.append(test(*groups).pvalue)
    return found


def _lasso(repeats: int) -> list[Row]:
    X, y = _alike(SCREENED)
    foldid = foldid_of(y, 5, 0)
    lasso_curve(X, y, foldid, "gaussian")  # compiled once
    standard = StandardScaler().fit_transform(X)
    folds = [(np.flatnonzero(foldid != each), np.flatnonzero(foldid == each)) for each in range(5)]
    model = LassoCV(alphas=PENALTIES, eps=1e-2, cv=folds, max_iter=10_000)
    complaints: list[int] = []

    def theirs() -> None:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model.fit(standard, y)
        complaints.append(sum(issubclass(each.category, ConvergenceWarning) for each in said))

    times = interleaved(repeats, lambda: lasso_curve(X, y, foldid, "gaussian"), theirs)
    what = f"cross-validated LASSO path, {TRAINING} x {SCREENED}"
    note = f"LassoCV: {complaints[-1]} of its fits did not converge in 10,000 steps"
    lasso_curve(X, y, foldid, "binomial")
    binomial = [seconds(lambda: lasso_curve(X, y, foldid, "binomial")) for _ in range(repeats)]
    return [
        Row("study", what, times[0], "LassoCV of scikit-learn", times[1], note),
        Row("study", f"{what}, binomial", binomial),
    ]


def _nested(repeats: int) -> list[Row]:
    patients, settings = _patients(), ValidationSettings(n_repeats=1, n_permutations=0)

    def once() -> None:
        for task in fold_tasks(settings):
            evaluate_task(patients, task, settings, NESTED)

    once()
    times = [seconds(once) for _ in range(repeats)]
    what = f"one nested cross-validation of {', '.join(NESTED)}, {PATIENTS} patients x {FEATURES}"
    return [Row("study", what, times, note=f"{settings.n_splits} folds, one core")]


def _patients() -> Patients:
    rng = np.random.default_rng(0)
    y = (rng.permutation(PATIENTS) < PATIENTS // 2).astype(float)
    X = rng.normal(size=(PATIENTS, FEATURES))
    X[:, :10] += y[:, None]
    rows = rng.permutation(PATIENTS)[:TUMOURS]
    drawn = [Repeats(rows, X[rows] + 0.1 * rng.normal(size=(TUMOURS, FEATURES))) for _ in range(2)]
    keys = tuple(rng.bytes(32).hex() for _ in range(PATIENTS))
    names = tuple(f"AP_{each}" for each in range(FEATURES))
    factors = (rng.random((PATIENTS, 4)) < 0.4).astype(float)
    return Patients(X, names, keys, y, *drawn, factors, ("ast", "size", "afp", "alt"))
