"""A number with its uncertainty."""

from dataclasses import dataclass

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error and confidence interval; NaN where undefined."""

    value: float
    standard_error: float
    ci_low: float
    ci_high: float


def wald(value: float, standard_error: float, level: float, df: float = np.inf) -> Estimate:
    """Symmetric interval of a value.

    Args:
        value: the estimate.
        standard_error: of the estimate.
        level: coverage of the interval, such as 0.95.
        df: degrees of freedom of t; infinite for the normal distribution.

    Returns:
        The estimate. A standard error of 0 or NaN gives no interval (NaN): a width of 0 would
        claim certainty where the data hold no spread to judge from.
    """
    half = quantile(0.5 + level / 2, df) * standard_error if standard_error > 0 else np.nan
    return Estimate(float(value), float(standard_error), float(value - half), float(value + half))


def quantile(probability: float, df: float = np.inf) -> float:
    """Quantile of t with `df` degrees of freedom, or of the normal distribution."""
    return float(special.ndtri(probability) if np.isinf(df) else special.stdtrit(df, probability))


def two_sided_p(statistic: float, df: float = np.inf) -> float:
    """Two-sided p of a t or, with infinite `df`, z statistic."""
    below = -abs(statistic)
    return float(2 * (special.ndtr(below) if np.isinf(df) else special.stdtr(df, below)))
