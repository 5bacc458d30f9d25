"""Do two AUCs differ, and how large would a difference have to be to be seen?"""

from dataclasses import dataclass

import numpy as np

from hccer.evaluation.delong import Auc, DeLong
from hccer.evaluation.estimate import quantile, two_sided_p, wald


@dataclass(frozen=True)
class Comparison:
    """A test of two AUCs; `df` is infinite for a normal statistic."""

    test: str
    difference: float
    ci_low: float
    ci_high: float
    statistic: float
    df: float
    p_value: float


def paired_test(fit: DeLong, first: int, second: int, level: float = 0.95) -> Comparison:
    """DeLong's test of two models on the same patients.

    Args:
        fit: AUCs with covariance, from `delong`.
        first: position of the first model.
        second: position of the second; the difference is first minus second.
        level: coverage of the interval of the difference.

    Returns:
        A z test. Two models that rank alike have statistic 0 and p 1.

    Source:
        DeLong et al., Biometrics 1988;44:837.
    """
    variances = fit.covariance[[first, second], [first, second]]
    variance = float(variances.sum() - 2 * fit.covariance[first, second])
    difference = float(fit.auc[first] - fit.auc[second])
    # rounding leaves up to this much of two equal variances
    variance = 0.0 if variance <= 1e-12 * variances.sum() else variance
    return _test("paired DeLong", difference, variance, np.inf, level)


def unpaired_test(first: Auc, second: Auc, level: float = 0.95) -> Comparison:
    """DeLong's test of two AUCs from different patients, as pROC computes it.

    Args:
        first: an AUC.
        second: another; the difference is first minus second.
        level: coverage of the interval of the difference, from the same t distribution.

    Returns:
        A t test with Satterthwaite's degrees of freedom.

    Source:
        pROC, roc.test(paired = FALSE, method = "delong").
    """
    variance = first.variance + second.variance
    shares = [each.variance**2 / (each.positives + each.negatives - 1) for each in (first, second)]
    df = variance**2 / sum(shares) if variance > 0 else np.nan
    return _test("unpaired DeLong", first.value - second.value, variance, df, level)


def _test(name: str, difference: float, variance: float, df: float, level: float) -> Comparison:
    interval = wald(difference, variance**0.5, level, df)
    if variance > 0:
        statistic = difference / variance**0.5
        p_value = two_sided_p(statistic, df)
    else:
        statistic, p_value = (0.0, 1.0) if variance == difference == 0 else (np.nan, np.nan)
    return Comparison(
        test=name,
        difference=difference,
        ci_low=interval.ci_low,
        ci_high=interval.ci_high,
        statistic=statistic,
        df=df,
        p_value=p_value,
    )


def detectable_difference(variance: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest difference of two AUCs that a two-sided test finds with the given power.

    Args:
        variance: of the difference: the sum of two independent AUCs' variances, from DeLong
            or `hanley_mcneil_variance`; for paired AUCs less twice their covariance.
        alpha: two-sided level of the test.
        power: chance of finding the difference.

    Returns:
        (z[1 - alpha / 2] + z[power]) * sqrt(variance): the variance is taken to be the same
        with and without a difference. More than 1 - AUC says that even a perfect model would
        not reliably be told from it.
    """
    return (quantile(1 - alpha / 2) + quantile(power)) * variance**0.5


def hanley_mcneil_variance(auc: float, positives: int, negatives: int) -> float:
    """Variance of an AUC expected from the group sizes alone.

    Args:
        auc: the AUC.
        positives: patients with the event.
        negatives: patients without.

    Source:
        Hanley and McNeil, Radiology 1982;143:29, with Q1 = A / (2 - A), Q2 = 2 A^2 / (1 + A).
    """
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return spread / (positives * negatives)
