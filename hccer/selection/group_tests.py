"""Do two outcome groups differ? One test per feature, thousands at once; and tables of counts."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from hccer.selection.folds import check_matrix
from hccer.selection.shapiro import shapiro_wilk

LARGEST_EXACT = 49  # patients of the larger group: R's wilcox.test is exact below 50
SMALLEST_EXPECTED = 5  # counts: Fisher's test below
STUDENT, MANN_WHITNEY, CONSTANT = "Student t", "Mann-Whitney U", "constant"


@dataclass(frozen=True)
class GroupTests:
    """One row per feature (p,): a constant feature has the test `constant` and NaN elsewhere.

    test: which one; statistic: t or U of the events; p_value: two-sided; q_value: Benjamini and
    Hochberg's; normality_p: the smaller Shapiro-Wilk P of the two groups.
    """

    test: np.ndarray
    statistic: np.ndarray
    p_value: np.ndarray
    q_value: np.ndarray
    normality_p: np.ndarray

    def significant(self, alpha: float) -> np.ndarray:
        """Which features (p,) have P < alpha."""
        return np.nan_to_num(self.p_value, nan=1.0) < alpha


def _normality(*groups: np.ndarray) -> np.ndarray:
    """Smaller P value of the groups; 0 where a group is constant or has fewer than 3 patients."""
    smallest = np.ones(groups[0].shape[1])
    for group in groups:
        p = np.zeros(group.shape[1])
        varies = np.ptp(group, axis=0) > 0
        if len(group) >= 3 and varies.any():
            p[varies] = shapiro_wilk(group[:, varies])[1]
        smallest = np.minimum(smallest, p)
    return smallest


def _has_ties(values: np.ndarray) -> np.ndarray:
    return (np.diff(np.sort(values, axis=0), axis=0) == 0).any(axis=0)


def _mann_whitney(events: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """U of the events and P, as R: exact in small groups without ties, else with continuity."""
    exact = np.zeros(events.shape[1], dtype=bool)
    if max(len(events), len(others)) <= LARGEST_EXACT:
        exact = ~_has_ties(np.concatenate([events, others]))
    u, p = np.empty(len(exact)), np.empty(len(exact))
    for chosen, method in ((exact, "exact"), (~exact, "asymptotic")):
        if chosen.any():
            u[chosen], p[chosen] = stats.mannwhitneyu(
                events[:, chosen], others[:, chosen], method=method, axis=0
            )
    return u, p


def group_tests(X: np.ndarray, y_true: np.ndarray, normality_alpha: float = 0.05) -> GroupTests:
    """Compare events with non-events, feature by feature.

    Args:
        X: features (n, p).
        y_true: outcome (n,), 0 or 1.
        normality_alpha: Student's t where Shapiro-Wilk's P is at least this in both groups,
            Mann-Whitney's U otherwise.

    Raises:
        HccerError: a value is not finite, or the outcome has one class.
    """
    X, y = check_matrix(X, y_true)
    count = X.shape[1]
    test = np.full(count, CONSTANT, dtype=object)
    statistic, p, q, normality = (np.full(count, np.nan) for _ in range(4))
    varies = np.ptp(X, axis=0) > 0
    events, others = X[y == 1], X[y == 0]
    normality[varies] = _normality(events[:, varies], others[:, varies])
    normal = varies & (np.nan_to_num(normality) >= normality_alpha)
    skewed = varies & ~normal
    test[normal], test[skewed] = STUDENT, MANN_WHITNEY
    if normal.any():
        statistic[normal], p[normal] = stats.ttest_ind(events[:, normal], others[:, normal])
    if skewed.any():
        statistic[skewed], p[skewed] = _mann_whitney(events[:, skewed], others[:, skewed])
    if varies.any():
        q[varies] = stats.false_discovery_control(p[varies])
    return GroupTests(test, statistic, p, q, normality)


@dataclass(frozen=True)
class TableTest:
    """A test of independence; `reason` says why there is no P value."""

    test: str
    p_value: float | None
    smallest_expected: float | None
    reason: str | None = None


def table_test(counts: np.ndarray) -> TableTest:
    """Independence of rows and columns of a table of counts (r, c).

    Chi-square, with Yates' correction in 2 x 2 tables; Fisher's exact test in a 2 x 2 table with
    an expected count below 5.
    """
    counts = np.asarray(counts)
    filled = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(filled.shape) < 2:
        return TableTest("none", None, None, "every patient has the same value")
    result = stats.chi2_contingency(filled, correction=True)
    smallest = float(result.expected_freq.min())
    if filled.shape == (2, 2) and smallest < SMALLEST_EXPECTED:
        return TableTest("Fisher exact", float(stats.fisher_exact(filled).pvalue), smallest)
    name = "chi-square with Yates' correction" if filled.shape == (2, 2) else "chi-square"
    return TableTest(name, float(result.pvalue), smallest)
