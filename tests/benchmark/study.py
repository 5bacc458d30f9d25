"""The statistics of a study beside what people use: reliability, LASSO, nested folds.

pingouin is not a dependency, so the ICC is computed as people without it do: feature by feature, a
two-way analysis of variance by statsmodels and the intervals of McGraw and Wong from its table. The
LASSO stands beside scikit-learn's LassoCV on the same folds and as many penalties.
"""

import warnings
from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import f as fisher
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LassoCV
from sklearn.preprocessing import StandardScaler
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from hccer.agreement.icc import icc
from hccer.selection.folds import stratified_foldid
from hccer.selection.lasso import lasso_curve
from hccer.validation.nested import evaluate_task, fold_tasks
from hccer.validation.patients import Patients, Repeats
from schemas.validation import ValidationSettings
from tests.benchmark.measure import Row, interleaved, seconds

FEATURES, TUMOURS, PATIENTS, TRAINING = 3111, 30, 165, 132
FEW = 40  # features that the slow side is timed on
SCREENED = 500
PENALTIES = 100


def measure(folder: Path, options: Namespace) -> list[Row]:
    """ICC, LASSO and one nested cross-validation, on numbers at random."""
    del folder
    return [*_reliability(options.repeats), *_lasso(options.repeats), *_nested(options.repeats)]


def _reliability(repeats: int) -> list[Row]:
    rng = np.random.default_rng(0)
    true = rng.normal(size=(FEATURES, TUMOURS, 1))
    values = true + 0.4 * rng.normal(size=(FEATURES, TUMOURS, 2))
    ours, few = interleaved(repeats, lambda: icc(values, "ICC(A,1)"), lambda: _one_by_one(values))
    found, expected = icc(values[:FEW], "ICC(A,1)"), np.array(_one_by_one(values))
    ours_few = np.column_stack([found.icc, found.ci_low, found.ci_high])
    off = float(np.abs(ours_few - expected).max())
    theirs = [each * FEATURES / FEW for each in few]
    note = f"theirs timed on {FEW} features, times {FEATURES / FEW:.1f}; values off by {off:.0e}"
    what = f"ICC(A,1) with intervals, {FEATURES} features x {TUMOURS} tumours x 2"
    return [Row("study", what, ours, "statsmodels, feature by feature", theirs, note)]


def _one_by_one(values: np.ndarray) -> list[tuple[float, float, float]]:
    return [_by_anova(feature) for feature in values[:FEW]]


def _by_anova(values: np.ndarray) -> tuple[float, float, float]:
    """ICC(A,1) with its interval from a table of the analysis of variance; values (n, k)."""
    n, k = values.shape
    target, rater = np.divmod(np.arange(n * k), k)
    rows = pd.DataFrame({"value": values.ravel(), "target": target, "rater": rater})
    table = anova_lm(ols("value ~ C(target) + C(rater)", rows).fit(), typ=2)
    between, raters, rest = table["sum_sq"] / table["df"]
    point = (between - rest) / (between + (k - 1) * rest + k * (raters - rest) / n)
    a, b = k * point / (n * (1 - point)), 1 + k * point * (n - 1) / (n * (1 - point))
    parts = (a * raters) ** 2 / (k - 1) + (b * rest) ** 2 / ((n - 1) * (k - 1))
    df = (a * raters + b * rest) ** 2 / parts
    low, high = fisher.ppf(0.975, n - 1, df), fisher.ppf(0.975, df, n - 1)
    spread = k * raters + (k * n - k - n) * rest
    return (
        point,
        n * (between - low * rest) / (low * spread + n * between),
        n * (high * between - rest) / (spread + n * high * between),
    )


def _lasso(repeats: int) -> list[Row]:
    rng = np.random.default_rng(0)
    causes = rng.normal(size=(TRAINING, 25))
    X = causes @ rng.normal(size=(25, SCREENED)) + 0.3 * rng.normal(size=(TRAINING, SCREENED))
    y = (causes[:, 0] + causes[:, 1] + rng.normal(size=TRAINING) > 0).astype(float)
    foldid = stratified_foldid(y, 5, 0)
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
    return [Row("study", what, times[0], "LassoCV of scikit-learn", times[1], note)]


def _nested(repeats: int) -> list[Row]:
    rng = np.random.default_rng(0)
    y = (rng.permutation(PATIENTS) < PATIENTS // 2).astype(float)
    X = rng.normal(size=(PATIENTS, FEATURES))
    X[:, :10] += y[:, None]
    rows = rng.permutation(PATIENTS)[:TUMOURS]
    drawn = [Repeats(rows, X[rows] + 0.1 * rng.normal(size=(TUMOURS, FEATURES))) for _ in range(2)]
    keys = tuple(rng.bytes(32).hex() for _ in range(PATIENTS))
    names = tuple(f"AP_{each}" for each in range(FEATURES))
    patients = Patients(X, names, keys, y, *drawn)
    settings = ValidationSettings(n_repeats=1, n_permutations=0)

    def once() -> None:
        for task in fold_tasks(settings):
            evaluate_task(patients, task, settings, ("LR",))

    once()
    times = [seconds(once) for _ in range(repeats)]
    what = f"one nested cross-validation of LR, {PATIENTS} patients x {FEATURES}"
    return [Row("study", what, times, note=f"{settings.n_splits} folds, one core")]
