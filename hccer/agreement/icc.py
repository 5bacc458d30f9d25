"""Intraclass correlation of many features at once."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import special

from hccer.agreement.variance import MeanSquares, mean_squares
from schemas.errors import HccerError

Form = Literal["ICC(1)", "ICC(A,1)", "ICC(C,1)", "ICC(k)", "ICC(A,k)", "ICC(C,k)"]


@dataclass(frozen=True)
class IccTable:
    """ICC per feature, arrays (features,), all of one form.

    `f`, `df1`, `df2` and `p_value` test whether the targets differ at all. An ICC is NaN where
    its ratio is 0 / 0, for a feature that is constant over targets and raters, and for one with
    missing values: NaN >= any limit is false, so such a feature is never kept.
    """

    form: Form
    icc: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    f: np.ndarray
    df1: int
    df2: int
    p_value: np.ndarray


def icc_point(values: np.ndarray, form: Form) -> np.ndarray:
    """ICC without intervals.

    Args:
        values: (features, targets, raters) measurements.
        form: McGraw and Wong's name, as in `icc`.

    Returns:
        ICC (features,).

    Raises:
        HccerError: with fewer than two targets or raters, or an unknown form.
    """
    _require_known(form)
    return _point(mean_squares(values), form)


def icc(values: np.ndarray, form: Form, level: float = 0.95) -> IccTable:
    """ICC with intervals and F tests.

    Args:
        values: (features, targets, raters) measurements.
        form: McGraw and Wong's name. ICC(1), ICC(k): raters differ from target to target;
            ICC(A,.): absolute agreement of the same raters; ICC(C,.): their consistency, where
            a constant offset does not count. 1 is a single rater, k the mean of all.
        level: coverage of the intervals.

    Returns:
        The table. Intervals and F tests are those of R psych::ICC(lmer = FALSE); irr::icc has
        the same single-rater intervals, other ones for ICC(A,k), and tests ICC(A,.) on other
        degrees of freedom.

    Raises:
        HccerError: with fewer than two targets or raters, or an unknown form.

    Source:
        McGraw and Wong, Psychol Methods 1996;1:30; Shrout and Fleiss, Psychol Bull 1979;86:420.
    """
    _require_known(form)
    ms = mean_squares(values)
    error, df1, df2 = _error(ms, form)
    limits = _agreement_limits if "A" in form else _limits
    low, high = limits(ms, form, 0.5 + level / 2)
    f = _ratio(ms.between, error, over_zero=np.inf)
    p_value = special.fdtrc(df1, df2, f)
    return IccTable(form, _point(ms, form), low, high, f, df1, df2, p_value)


def _require_known(form: str) -> None:
    if form not in get_args(Form):
        raise HccerError(f"no ICC is called {form!r}: choose one of {', '.join(get_args(Form))}")


def _error(ms: MeanSquares, form: Form) -> tuple[np.ndarray, int, int]:
    # the mean square that targets are compared with, and the degrees of freedom of both
    df1 = ms.targets - 1
    if "," in form:
        return ms.residual, df1, df1 * (ms.raters - 1)
    return ms.within, df1, ms.targets * (ms.raters - 1)


def _point(ms: MeanSquares, form: Form) -> np.ndarray:
    return _averaged(_single(ms, form), ms.raters, form)


def _single(ms: MeanSquares, form: Form) -> np.ndarray:
    error, _, _ = _error(ms, form)
    offset = ms.raters * (ms.rater - error) / ms.targets if "A" in form else 0
    return _ratio(ms.between - error, ms.between + (ms.raters - 1) * error + offset)


def _averaged(single: np.ndarray, raters: int, form: Form) -> np.ndarray:
    """Reliability of the mean of all raters, by Spearman and Brown, where the form asks for it."""
    return _ratio(raters * single, 1 + (raters - 1) * single) if "k" in form else single


def _limits(ms: MeanSquares, form: Form, tail: float) -> tuple[np.ndarray, np.ndarray]:
    error, df1, df2 = _error(ms, form)
    lower, upper = error * special.fdtri(df1, df2, tail), error / special.fdtri(df2, df1, tail)
    ends = [
        _ratio(ms.between - each, ms.between + (ms.raters - 1) * each) for each in (lower, upper)
    ]
    return tuple(_averaged(end, ms.raters, form) for end in ends)


def _agreement_limits(ms: MeanSquares, form: Form, tail: float) -> tuple[np.ndarray, np.ndarray]:
    n, k, df1 = ms.targets, ms.raters, ms.targets - 1
    point = _single(ms, form)
    # Satterthwaite, both parts multiplied by the residual; any df will do where both are 0
    rater = k * point * ms.rater
    rest = (n * (1 + (k - 1) * point) - k * point) * ms.residual
    squares = df1 * rater**2 + rest**2
    df = np.full(squares.shape, float(df1))
    np.divide(df1 * (k - 1) * (rater + rest) ** 2, squares, out=df, where=squares != 0)
    spread = k * ms.rater + (k * n - k - n) * ms.residual
    # of few targets df comes next to 0 and a quantile to infinity: its inverse is 0
    lower, upper = 1 / special.fdtri(df1, df, tail), special.fdtri(df, df1, tail)
    ends = [
        _ratio(n * (each * ms.between - ms.residual), spread + n * (each * ms.between))
        for each in (lower, upper)
    ]
    return tuple(_averaged(end, k, form) for end in ends)


def _ratio(numerator: np.ndarray, denominator: np.ndarray, over_zero: float = np.nan) -> np.ndarray:
    """The quotient; over a denominator of 0 NaN, or `over_zero` for a numerator above 0."""
    result = np.where(numerator > 0, over_zero, np.nan)
    return np.divide(numerator, denominator, out=result, where=denominator != 0)
