"""The numbers of a paper as a table: one row each, with where it stands, of what, and of whom.

    table,row,level,group,outcome,statistic,printed
    Table 1,,,training,event,n,78
    Table 1,AST,> 40,training,event,count,36
    Table 1,AST,> 40,training,event,percent,46.2
    Table 1,AST,,training,event vs no event,count_p,0.016
    Table 3,AST,,training,,odds_ratio,2.70
    Table 4,CR,,training,,auc,0.662
    Table 4,CR,,training vs validation,,auc_p,0.334
    Methods,features of three phases,,,,number,3111
    Methods,features of three phases,,,,arithmetic,1037 * 3

`n` is the size of a group, by outcome (`event`, `no event`) or of both; a P value compares two
groups, outcomes or rows, `A vs B`: two rows are two models on the same patients. `arithmetic` is
what a `number` must be. Numbers are text as printed: the digits say how exact they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from hccer.audit.calculation import calculated
from hccer.audit.printed import Range, printed_range, same_number
from schemas.errors import HccerError

COLUMNS = ("table", "row", "level", "group", "outcome", "statistic", "printed")
AGAINST = " vs "
PROPORTIONS = ("sensitivity", "specificity", "accuracy", "ppv", "npv")
ODDS = ("odds_ratio", "adjusted_odds_ratio")
WHOLE = ("n", "count")
STATISTICS = (
    *WHOLE, "percent", "count_p", "mean", "sd", *PROPORTIONS,
    "auc", "auc_low", "auc_high", "auc_p",
    *(f"{odds}{part}" for odds in ODDS for part in ("", "_low", "_high", "_p")),
    "number", "arithmetic",
)  # fmt: skip

Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Number:
    """One printed number.

    `row` is what it is of (a model, a characteristic), `level` a category of it, `group` and
    `outcome` the patients; `range` are the values that are printed so.
    """

    table: str
    row: str
    level: str
    group: str
    outcome: str
    statistic: str
    text: str
    range: Range

    @property
    def key(self) -> Key:
        """What it is, wherever it stands."""
        return (self.row, self.level, self.group, self.outcome, self.statistic)

    @property
    def name(self) -> str:
        """What it is, in words."""
        return claim_name(self.row, self.level, self.group, self.outcome)


def claim_name(*parts: str) -> str:
    """What a claim is of, in words."""
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Numbers:
    """All numbers; the same one may stand in several tables."""

    all: tuple[Number, ...]

    @cached_property
    def by_key(self) -> dict[Key, list[Number]]:
        """The numbers, by what they are."""
        found: dict[Key, list[Number]] = {}
        for number in self.all:
            found.setdefault(number.key, []).append(number)
        return found

    def of(self, *statistics: str) -> Iterator[Number]:
        """The numbers of some statistics."""
        return (number for number in self.all if number.statistic in statistics)

    def find(
        self, statistic: str, row: str, group: str, level: str = "", outcome: str = "",
        table: str | None = None,
    ) -> Number | None:  # fmt: skip
        """A number, of that table if it stands there."""
        found = self.by_key.get((row, level, group, outcome, statistic), [])
        return next((each for each in found if each.table == table), found[0] if found else None)

    def beside(self, number: Number, statistic: str) -> Number | None:
        """Another statistic of the same claim in the same table."""
        found = self.by_key.get((*number.key[:4], statistic), [])
        return next((each for each in found if each.table == number.table), None)

    def size(self, row: str, group: str, outcome: str = "") -> int | None:
        """Patients of a group: those of the row, else of the whole group."""
        for name in (row, ""):
            if found := self.find("n", name, group, outcome=outcome):
                return int(found.text)
        return None


def read_numbers(frame: pl.DataFrame) -> Numbers:
    """Number rows from a table with the columns `COLUMNS`, all text.

    A number that stands in two places, once with more zeros at its end, has the digits of the
    shorter text: the zeros may be filled in.

    Raises:
        HccerError: a column is missing, a statistic unknown, or a text no number.
    """
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise HccerError(f"the numbers need the columns {', '.join(COLUMNS)}; missing: "
                         f"{', '.join(missing)}")  # fmt: skip
    rows = frame.select(pl.col(COLUMNS).cast(pl.String).fill_null("").str.strip_chars())
    found = [_number(place, row) for place, row in enumerate(rows.iter_rows(), 1)]
    return _widened(Numbers(tuple(found)))


def _number(place: int, row: tuple[str, ...]) -> Number:
    *where, statistic, text = row
    if statistic not in STATISTICS:
        raise HccerError(f"number {place}: there is no statistic {statistic!r}; there are "
                         f"{', '.join(STATISTICS)}")  # fmt: skip
    try:
        return Number(*where, statistic, text, _range(statistic, text))
    except HccerError as error:
        raise HccerError(f"number {place} ({statistic} of {claim_name(*where)}): {error}") from None


def _range(statistic: str, text: str) -> Range:
    if statistic == "arithmetic":
        return calculated(text)
    if statistic == "percent":
        text = text.removesuffix("%")
    whole = statistic in WHOLE or (statistic == "number" and "." not in text)
    return printed_range(text, whole=whole, twice=statistic.endswith("_p"))


def _widened(numbers: Numbers) -> Numbers:
    return Numbers(tuple(
        replace(number, range=_widest(number, numbers.by_key[number.key]))
        for number in numbers.all
    ))  # fmt: skip


def _widest(number: Number, others: list[Number]) -> Range:
    if number.statistic == "arithmetic":
        return number.range
    same = [each.range for each in others if same_number(number.text, each.text)]
    return max(same, key=lambda values: values.high - values.low)
