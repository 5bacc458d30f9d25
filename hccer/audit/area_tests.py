"""P values of two AUCs: what their intervals allow."""

import math
from collections.abc import Iterator
from itertools import product

from hccer.audit.areas import Area, sound_area
from hccer.audit.findings import Finding, finding
from hccer.audit.numbers import AGAINST, Number, Numbers
from hccer.audit.printed import Range
from hccer.evaluation.estimate import two_sided_p
from schemas.errors import HccerError


def area_test_findings(numbers: Numbers, level: float) -> Iterator[Finding]:
    """P values of two AUCs that DeLong's tests cannot give.

    Args:
        numbers: all numbers; an AUC whose interval is wrong takes no part.
        level: coverage of the intervals.

    Source:
        DeLong et al., Biometrics 1988;44:837; unpaired as in pROC, roc.test(paired = FALSE).
    """
    for number in numbers.of("auc_p"):
        rows, groups = number.row.split(AGAINST), number.group.split(AGAINST)
        if len(rows) * len(groups) != 2:
            raise HccerError(f"auc_p of {number.name} ({number.table}) compares two AUCs: its row "
                             f"or its group is `A{AGAINST}B`")  # fmt: skip
        areas = [sound_area(numbers, row, group, number.table, level)
                 for row, group in product(rows, groups)]  # fmt: skip
        if None in areas:
            continue
        paired = len(rows) == 2
        possible = _paired_p(*areas) if paired else _unpaired_p(*areas)
        if not possible.meets(number.range):
            kind = "paired" if paired else "unpaired"
            yield finding("p value", [number], f"the AUCs and their intervals give, by DeLong's "
                          f"{kind} test, P from {_p(possible.low)} to {_p(possible.high)}",
                          _printed_elsewhere(numbers, number, possible))  # fmt: skip


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.2g}"


def _printed_elsewhere(numbers: Numbers, number: Number, possible: Range) -> str:
    texts = [f"{each.text} ({each.table})" for each in numbers.by_key[number.key]
             if each.range.meets(possible)]  # fmt: skip
    return ", ".join(texts)


def _difference(first: Area, second: Area) -> Range:
    found = first.value - second.value
    ends = (abs(found.low), abs(found.high))
    return Range(0 if found.holds(0) else min(ends), max(ends))


def _paired_p(first: Area, second: Area) -> Range:
    """P of a normal statistic, whatever the correlation of the two AUCs."""
    gap = first.error - second.error
    least = 0.0 if gap.holds(0) else min(abs(gap.low), abs(gap.high))
    most = first.error.high + second.error.high
    difference = _difference(first, second)
    return Range(_p_at(difference.high, least, math.inf), _p_at(difference.low, most, math.inf))


def _unpaired_p(first: Area, second: Area) -> Range:
    """P of a normal statistic, or of t with Satterthwaite's degrees of freedom, as in pROC."""
    difference = _difference(first, second)
    ends = [
        _p_at(size, math.hypot(a, b), df)
        for size, a, b in product(_ends(difference), _ends(first.error), _ends(second.error))
        for df in (math.inf, _satterthwaite(a, b, first.n, second.n))
    ]
    return Range(min(ends), max(ends))


def _ends(values: Range) -> tuple[float, float]:
    return (values.low, values.high)


def _satterthwaite(a: float, b: float, n_a: int | None, n_b: int | None) -> float:
    if not n_a or not n_b or n_a < 2 or n_b < 2 or a == b == 0:
        return 1.0  # the fewest there can be
    return (a**2 + b**2) ** 2 / (a**4 / (n_a - 1) + b**4 / (n_b - 1))


def _p_at(difference: float, error: float, df: float) -> float:
    if error > 0:
        return two_sided_p(difference / error, df)
    return 0.0 if difference > 0 else 1.0
