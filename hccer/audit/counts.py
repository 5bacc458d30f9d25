"""Counts: their percentages, their sums, and the P values of tables of them."""

from collections.abc import Iterator

import numpy as np
from scipy.stats import chi2_contingency, fisher_exact

from hccer.audit.findings import Finding, finding
from hccer.audit.numbers import AGAINST, Number, Numbers
from schemas.errors import HccerError

OUTCOMES = ("event", "no event")


def count_findings(numbers: Numbers) -> Iterator[Finding]:
    """Percentages, sums over levels and outcomes, and P values that the counts do not give."""
    yield from _percentages(numbers)
    yield from _sums(numbers)
    yield from _sizes(numbers)
    yield from _p_values(numbers)


def _percentages(numbers: Numbers) -> Iterator[Finding]:
    for number in numbers.of("percent"):
        count = numbers.beside(number, "count")
        size = numbers.size(number.row, number.group, number.outcome)
        if not count or not size:
            continue
        percent = 100 * int(count.text) / size
        if not number.range.holds(percent):
            yield finding("percentage", [count, number], f"{count.text} of {size} patients are "
                          "another percentage", f"{percent:.2f}")  # fmt: skip


def _sums(numbers: Numbers) -> Iterator[Finding]:
    claims: dict[tuple[str, ...], list[Number]] = {}
    for number in numbers.of("count"):
        claims.setdefault((number.table, number.row, number.group, number.outcome), []).append(
            number
        )
    for (_, row, group, outcome), given in claims.items():
        size = numbers.size(row, group, outcome)
        total = sum(int(each.text) for each in given)
        if size is not None and len(given) > 1 and total != size:
            yield finding("sum", given, f"the levels add up to {total} of {size} patients")


def _sizes(numbers: Numbers) -> Iterator[Finding]:
    for number in numbers.of("n"):
        parts = [numbers.find("n", number.row, number.group, outcome=outcome)
                 for outcome in OUTCOMES]  # fmt: skip
        if number.outcome or None in parts:
            continue
        total = sum(int(each.text) for each in parts)
        if total != int(number.text):
            yield finding("sum", [number], "with and without the event, the patients are another "
                          "number", str(total))  # fmt: skip


def _p_values(numbers: Numbers) -> Iterator[Finding]:
    for number in numbers.of("count_p"):
        table = _table(numbers, number)
        if table is None:
            continue
        possible = _tests(table)
        if not any(number.range.holds(p_value) for p_value in possible.values()):
            fits = ", ".join(f"{p_value:.3f} ({name})" for name, p_value in possible.items())
            yield finding("p value", [number], "no test of the counts gives it", fits)


def _table(numbers: Numbers, number: Number) -> np.ndarray | None:
    """Counts (2, 2) of the two levels and the two sides, where they are known and not empty."""
    groups, outcomes = number.group.split(AGAINST), number.outcome.split(AGAINST)
    if len(groups) * len(outcomes) != 2:
        raise HccerError(f"count_p of {number.name} ({number.table}) compares two sides: its "
                         f"group or its outcome is `A{AGAINST}B`")  # fmt: skip
    levels = dict.fromkeys(
        each.level for each in numbers.of("count")
        if each.row == number.row and each.group in groups and each.level
    )  # fmt: skip
    counts = [[_count(numbers, number.row, level, group, outcome)
               for group in groups for outcome in outcomes] for level in levels]  # fmt: skip
    if len(counts) != 2 or any(None in row for row in counts):
        return None
    table = np.array(counts)
    return table if table.sum(axis=0).all() and table.sum(axis=1).all() else None


def _count(numbers: Numbers, row: str, level: str, group: str, outcome: str) -> int | None:
    if found := numbers.find("count", row, group, level, outcome):
        return int(found.text)
    parts = [numbers.find("count", row, group, level, each) for each in OUTCOMES]
    if outcome or None in parts:
        return None
    return sum(int(each.text) for each in parts)


def _tests(table: np.ndarray) -> dict[str, float]:
    """P of the usual tests of a table (2, 2)."""
    return {
        "chi-square with Yates' correction": float(chi2_contingency(table).pvalue),
        "chi-square": float(chi2_contingency(table, correction=False).pvalue),
        "Fisher": float(fisher_exact(table).pvalue),
    }
