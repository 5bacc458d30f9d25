"""AUCs and their intervals."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hccer.audit.findings import Finding, finding, word
from hccer.audit.numbers import Number, Numbers
from hccer.audit.printed import SLACK, Range, decimals, number_of, one_digit_changed
from hccer.evaluation.estimate import quantile


@dataclass(frozen=True)
class Area:
    """An AUC with its standard error, as far as the digits tell, and the number of patients."""

    value: Range
    error: Range
    n: int | None


def area_findings(numbers: Numbers) -> Iterator[Finding]:
    """AUCs that no pairs of patients give, and intervals that are not DeLong's.

    Source:
        DeLong et al., Biometrics 1988;44:837: AUC +- z * standard error, cut to 0..1.
    """
    for number in numbers.of("auc"):
        yield from _unreachable(numbers, number)
        yield from _interval(numbers, number)


def _unreachable(numbers: Numbers, number: Number) -> Iterator[Finding]:
    events = numbers.size(number.row, number.group, "event")
    others = numbers.size(number.row, number.group, "no event")
    if not events or not others:
        return
    halves = 2 * events * others  # a tie counts half a pair
    most = math.floor(number.range.high * halves + SLACK)
    if most < number.range.low * halves - SLACK:
        digits = decimals(number.text) + 1
        fits = f"{most / halves:.{digits}f} or {(most + 1) / halves:.{digits}f}"
        yield finding("auc", [number], f"{events} x {others} pairs do not give it", fits)


def _limits(numbers: Numbers, number: Number) -> tuple[Number, Number] | None:
    low, high = (numbers.beside(number, f"auc_{side}") for side in ("low", "high"))
    return (low, high) if low and high else None


def _interval(numbers: Numbers, number: Number) -> Iterator[Finding]:
    limits = _limits(numbers, number)
    if limits is None or _symmetric(number.range, *(each.range for each in limits)):
        return
    low, high = limits
    outside = not Range(low.range.low, high.range.high).meets(number.range)
    reason = ("the interval does not contain the value" if outside else
              "the interval is not symmetric around the value")  # fmt: skip
    yield finding("interval", [number, low, high], reason, _repaired(number, low, high))


def _symmetric(value: Range, low: Range, high: Range) -> bool:
    """Whether value - low can be high - value; a limit at 0 or 1 may be cut."""
    ordered = low.low <= value.high + SLACK and value.low <= high.high + SLACK
    below, above = value - low, high - value
    longer_above = low.holds(0) and above.high >= below.low - SLACK
    longer_below = high.holds(1) and below.high >= above.low - SLACK
    return ordered and (below.meets(above) or longer_above or longer_below)


def _repaired(number: Number, low: Number, high: Number) -> str:
    """The numbers that would make the interval symmetric, one other digit each."""
    sums = low.range + high.range
    wanted = (
        (number, Range(sums.low / 2, sums.high / 2)),
        (low, number.range + number.range - high.range),
        (high, number.range + number.range - low.range),
    )
    texts = [
        f"{word(each.statistic)} {text}"
        for each, values in wanted
        for text in one_digit_changed(each.text, values)
        if _still_ordered(each, text, number, low, high)
    ]
    return " or ".join(texts)


def _still_ordered(changed: Number, text: str, *given: Number) -> bool:
    value, low, high = (number_of(text if each is changed else each.text) for each in given)
    return low <= value <= high


def sound_area(numbers: Numbers, row: str, group: str, table: str, level: float) -> Area | None:
    """The AUC with its standard error, where its interval is sound."""
    value = numbers.find("auc", row, group, table=table)
    places = [value, *numbers.by_key[value.key]] if value else []
    for number in places:
        limits = _limits(numbers, number)
        if limits and _symmetric(number.range, *(each.range for each in limits)):
            error = _error(number.range, *(each.range for each in limits), level)
            return Area(number.range, error, _patients(numbers, row, group))
    return None


def _error(value: Range, low: Range, high: Range, level: float) -> Range:
    if high.holds(1) and low.holds(0):  # both may be cut
        longer = max((value - low).low, (high - value).low)
        width = Range(longer, math.inf)
    elif high.holds(1):
        width = value - low
    elif low.holds(0):
        width = high - value
    else:
        width = (high - low) * Range(0.5, 0.5)
    z = quantile(0.5 + level / 2)
    return Range(max(width.low, 0) / z, max(width.high, 0) / z)


def _patients(numbers: Numbers, row: str, group: str) -> int | None:
    parts = [numbers.size(row, group, outcome) for outcome in ("event", "no event")]
    return sum(parts) if all(parts) else numbers.size(row, group)
