"""Odds ratios: their intervals, P values, and the counts or means they must follow from."""

import math
from collections.abc import Iterator
from itertools import permutations

from hccer.audit.findings import Finding, finding
from hccer.audit.numbers import ODDS, Number, Numbers
from hccer.audit.printed import SLACK, Range
from hccer.evaluation.estimate import quantile, two_sided_p

OUTCOMES = ("event", "no event")


def odds_findings(numbers: Numbers, level: float) -> Iterator[Finding]:
    """Odds ratios that do not agree with their interval, their P value, the counts or the means.

    Args:
        numbers: all numbers.
        level: coverage of the intervals.

    Source:
        Wald's interval is symmetric in the logarithm; crude odds ratios as in Bland and Altman,
        BMJ 2000;320:1468.
    """
    for number in numbers.of(*ODDS):
        given = [number, *_beside(numbers, number)]
        problem = _interval(given, level) if len(given) == 4 else None
        if problem is None and number.statistic == ODDS[0]:
            problem = _counts(numbers, given, level) or _means(numbers, number)
        if problem:
            yield finding("odds ratio", given, *problem)


def _beside(numbers: Numbers, number: Number) -> list[Number]:
    found = (numbers.beside(number, number.statistic + part) for part in ("_low", "_high", "_p"))
    return [each for each in found if each]


def _logs(values: Range) -> Range:
    return Range(math.log(values.low), math.log(values.high))


def _interval(given: list[Number], level: float) -> tuple[str, str] | None:
    """Value, lower limit, upper limit and P, against one another."""
    if min(each.range.low for each in given[:3]) <= 0:
        return None
    value, low, high = (_logs(each.range) for each in given[:3])
    middle = (low + high) * Range(0.5, 0.5)
    if not middle.meets(value):
        return ("the interval is not symmetric around the logarithm of the value",
                f"{math.exp(middle.low):.3g} to {math.exp(middle.high):.3g}")  # fmt: skip
    z = quantile(0.5 + level / 2)
    width = (high - low) * Range(0.5, 0.5)
    error = Range(max(width.low, SLACK) / z, max(width.high, SLACK) / z)
    size = sorted((abs(value.low), abs(value.high)))
    nearest = 0.0 if value.holds(0) else size[0]
    possible = Range(two_sided_p(size[1] / error.low), two_sided_p(nearest / error.high))
    if not possible.meets(given[3].range):
        return ("value and interval give another P",
                f"P from {possible.low:.3g} to {possible.high:.3g}")  # fmt: skip
    return None


def _counts(numbers: Numbers, given: list[Number], level: float) -> tuple[str, str] | None:
    """Against the counts of a characteristic with two levels, whichever of them is coded 1."""
    number = given[0]
    levels = _levels(numbers, number)
    if len(levels) != 2:
        return None
    orders = [order for order in permutations(levels) if number.level in ("", order[0])]
    rebuilt = [_crude(numbers, number, order, level) for order in orders]
    possible = [each for each in rebuilt if each]
    agree = any(
        all(each.range.holds(value) for each, value in zip(given, values, strict=False))
        for values in possible
    )
    if agree or not possible:
        return None
    texts = ["{:.3f} ({:.3f} - {:.3f}), P {:.3f}".format(*values) for values in possible]
    return "the counts give another odds ratio", " or ".join(texts)


def _levels(numbers: Numbers, number: Number) -> list[str]:
    found = [each.level for each in numbers.of("count")
             if (each.row, each.group) == (number.row, number.group) and each.level]  # fmt: skip
    return list(dict.fromkeys(found))


def _crude(
    numbers: Numbers, number: Number, levels: tuple[str, ...], level: float
) -> tuple[float, float, float, float] | None:
    """Odds ratio of the first level with Wald's limits and P."""
    found = [numbers.find("count", number.row, number.group, each, outcome)
             for each in levels for outcome in OUTCOMES]  # fmt: skip
    if None in found or any(int(each.text) == 0 for each in found):
        return None
    a, b, c, d = (int(each.text) for each in found)
    log, error = math.log(a * d / (b * c)), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    half = quantile(0.5 + level / 2) * error
    return (math.exp(log), math.exp(log - half), math.exp(log + half), two_sided_p(log / error))


def _means(numbers: Numbers, number: Number) -> tuple[str, str] | None:
    """Against the means: with one variable, the slope has the sign of their difference."""
    means = [numbers.find("mean", number.row, number.group, outcome=outcome)
             for outcome in OUTCOMES]  # fmt: skip
    if None in means:
        return None
    difference = means[0].range - means[1].range
    falls = difference.high < 0 and number.range.low > 1
    rises = difference.low > 0 and number.range.high < 1
    if not falls and not rises:
        return None
    order, side = ("lower", "below") if falls else ("higher", "above")
    return (f"the mean is {order} with the event ({means[0].text}) than without "
            f"({means[1].text}), so the odds ratio must be {side} 1", f"{side} 1")  # fmt: skip
