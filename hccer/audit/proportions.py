"""Sensitivity, specificity, accuracy and predictive values: which whole counts give all of them?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import numpy as np

from hccer.audit.findings import Finding, finding, word
from hccer.audit.numbers import PROPORTIONS, Number, Numbers
from hccer.audit.printed import SLACK, Range, decimals, one_digit_changed

# beyond this, two or three decimals exclude next to nothing
LARGEST_TABLE = 4_000_000
Reading = dict[str, str]  # what is printed -> what it is


@dataclass(frozen=True)
class Table:
    """Every confusion table of a group: true positives down, true negatives across."""

    events: int
    others: int

    @cached_property
    def shares(self) -> dict[str, np.ndarray]:
        """Each proportion in every table (events + 1, others + 1); NaN where it is of nobody."""
        tp, tn = np.arange(self.events + 1.0)[:, None], np.arange(self.others + 1.0)[None, :]
        fp, fn = self.others - tn, self.events - tp
        with np.errstate(invalid="ignore"):
            shares = (tp / self.events, tn / self.others,
                      (tp + tn) / (self.events + self.others),
                      tp / (tp + fp), tn / (tn + fn))  # fmt: skip
        return dict(zip(PROPORTIONS, np.broadcast_arrays(*shares), strict=True))

    def where(self, statistic: str, values: Range) -> np.ndarray:
        """Tables (events + 1, others + 1) whose statistic is among some values."""
        share = self.shares[statistic]
        return (share >= values.low - SLACK) & (share <= values.high + SLACK)


def proportion_findings(numbers: Numbers) -> Iterator[Finding]:
    """Claims whose proportions no whole counts give.

    What would fit is searched among all ways of reading the printed names as other names, then
    among misprints of one digit.
    """
    for given in _claims(numbers):
        first = given[0]
        events = numbers.size(first.row, first.group, "event")
        others = numbers.size(first.row, first.group, "no event")
        if not events or not others or (events + 1) * (others + 1) > LARGEST_TABLE:
            continue
        table = Table(events, others)
        found = _tables(table, given, {each.statistic: each.statistic for each in given})
        if found.any():
            yield from _point_findings(numbers, table, first, found)
        else:
            yield finding("whole counts", given, _reason(table, given), _fits(table, given))


def _claims(numbers: Numbers) -> Iterator[list[Number]]:
    claims: dict[tuple, list[Number]] = {}
    for number in numbers.of(*PROPORTIONS):
        claims.setdefault((number.table, *number.key[:4]), []).append(number)
    yield from claims.values()


def _tables(table: Table, given: list[Number], reading: Reading) -> np.ndarray:
    masks = [table.where(reading[each.statistic], each.range) for each in given]
    return np.logical_and.reduce(masks)


def _reason(table: Table, given: list[Number]) -> str:
    impossible = [
        f"no {word(each.statistic)} of {each.text}"
        for each in given
        if not table.where(each.statistic, each.range).any()
    ]
    what = " and ".join(impossible) or "not all of these at once"
    return f"{table.events} patients with the event and {table.others} without give {what}"


def _fits(table: Table, given: list[Number]) -> str:
    readings = [each for each in _readings(given) if _tables(table, given, each).any()]
    if readings:
        fewest = min(map(_changes, readings))
        return "; or ".join(
            _read_as(table, given, each) for each in readings if _changes(each) == fewest
        )
    return "; or ".join(_misprints(table, given))


def _readings(given: list[Number]) -> Iterator[Reading]:
    printed = [each.statistic for each in given]
    for names in permutations(PROPORTIONS, len(printed)):
        yield dict(zip(printed, names, strict=True))


def _changes(reading: Reading) -> int:
    return sum(printed != name for printed, name in reading.items())


def _read_as(table: Table, given: list[Number], reading: Reading) -> str:
    changed = [(printed, name) for printed, name in reading.items() if printed != name]
    what = " and ".join(f"{word(printed)} is the {word(name)}" for printed, name in changed)
    return f"{what}: {_counts(table, given, _tables(table, given, reading))}"


def _counts(table: Table, given: list[Number], found: np.ndarray) -> str:
    tp, tn = (int(each) for each in np.argwhere(found)[0])
    digits = max(decimals(each.text) for each in given)
    shares = " and ".join(
        f"{name} {table.shares[name][tp, tn]:.{digits}f}" for name in ("sensitivity", "specificity")
    )
    more = "" if found.sum() == 1 else f" (one of {found.sum()} tables)"
    counts = f"TP {tp}, FN {table.events - tp}, FP {table.others - tn}, TN {tn}"
    return f"{counts}, so {shares}{more}"


def _misprints(table: Table, given: list[Number]) -> Iterator[str]:
    same = {each.statistic: each.statistic for each in given}
    for wrong in given:
        rest = [each for each in given if each is not wrong]
        if not rest:
            continue
        shares = table.shares[wrong.statistic][_tables(table, rest, same)]
        half = (wrong.range.high - wrong.range.low) / 2
        near = (Range(share - half, share + half) for share in shares if not np.isnan(share))
        texts = {text for values in near for text in one_digit_changed(wrong.text, values)}
        yield from (f"{word(wrong.statistic)} {text}" for text in sorted(texts))


def _point_findings(
    numbers: Numbers, table: Table, first: Number, found: np.ndarray
) -> Iterator[Finding]:
    """An AUC that no curve through the point of sensitivity and specificity has."""
    area = numbers.find("auc", first.row, first.group, first.level, first.outcome, first.table)
    if area is None:
        return
    sensitivity, specificity = (
        table.shares[name][found] for name in ("sensitivity", "specificity")
    )
    possible = Range(
        float((sensitivity * specificity).min()),
        float((1 - (1 - sensitivity) * (1 - specificity)).max()),
    )
    if not possible.meets(area.range):
        beside = (numbers.beside(first, name) for name in ("sensitivity", "specificity"))
        given = [area, *(each for each in beside if each)]
        yield finding("curve", given, "a curve through this sensitivity and specificity has an "
                      f"AUC from {possible.low:.3f} to {possible.high:.3f}")  # fmt: skip
