"""Rows of a query as the cells of a printed table: each number is a value of the query, rounded."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl

from hccer.figures.words import NOTHING, P_DIGITS, ROLES, fixed, limits, p_text
from hccer.report.items import Column, Item

THOUSANDS = 10_000  # from here on digits stand in groups
NUMERIC = ("number", "significant", "interval", "count", "p")


@dataclass(frozen=True)
class Cell:
    """One cell: its text, what it is sorted by (empty: its text), and the page it leads to."""

    text: str
    order: str = ""
    link: str = ""


@dataclass(frozen=True)
class Head:
    """The head of a column."""

    text: str
    show: str

    @property
    def is_number(self) -> bool:
        """Whether its cells stand on the right."""
        return self.show in NUMERIC


@dataclass(frozen=True)
class PrintedTable:
    """What stands on paper.

    Attributes:
        groups: text and width of the heads over several columns; empty where there are none.
    """

    groups: tuple[tuple[str, int], ...]
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]


def printed(item: Item, frame: pl.DataFrame, links: dict[tuple, str] | None = None) -> PrintedTable:
    """A table as declared, filled with the rows of its query.

    Args:
        links: pages of patients by cohort and patient.

    Raises:
        KeyError: the query lacks a column that the declaration names.
    """
    columns, nothing = shown_columns(item, frame), "" if item.grouped else NOTHING
    cells = (
        tuple(_cell(column, [row[name] for name in column.of], links or {}, nothing)
              for column in columns)
        for row in frame.iter_rows(named=True)
    )  # fmt: skip
    groups = tuple((text, len(list(under)))
                   for text, under in groupby(columns, lambda each: each.group))  # fmt: skip
    heads = tuple(Head(column.head, column.show) for column in columns)
    return PrintedTable(groups if any(text for text, _ in groups) else (), heads, tuple(cells))


def caption(item: Item, frame: pl.DataFrame) -> str:
    """The caption as declared, with values of the first row where it names columns."""
    return item.caption.format_map(frame.row(0, named=True)) if "{" in item.caption else ""


def shown_columns(item: Item, frame: pl.DataFrame) -> tuple[Column, ...]:
    """The declared columns, without those that need not be there and would tell nothing."""
    return tuple(column for column in item.columns if _is_shown(column, frame[column.of[0]]))


def _is_shown(column: Column, values: pl.Series) -> bool:
    known = values.drop_nulls()
    return not ((column.varies and known.n_unique() < 2) or (column.optional and known.is_empty()))


def _cell(column: Column, values: list[Any], links: dict[tuple, str], nothing: str) -> Cell:
    value = values[0]
    if column.show == "patient":
        return Cell(str(values[-1]), link=links.get(tuple(values), ""))
    if value is None:
        return Cell(nothing, "-inf" if column.show in NUMERIC else "")
    if column.show in NUMERIC:
        return Cell(number_text(column, values), f"{float(value):.9g}")
    if column.show == "part":
        return Cell(part_text(value))
    if column.show == "yes":
        return Cell("yes" if value else "no")
    return Cell(str(value))


def part_text(role: str) -> str:
    """A part of the patients, or several, by its name."""
    return ", ".join(ROLES.get(each, each.capitalize()) for each in role.split(", "))


def number_text(column: Column, values: list[float | None]) -> str:
    """A number, an interval, a count with its percentage, or a P value as text."""
    value = values[0]
    if column.show == "p":
        smallest = values[1] if len(values) > 1 else None
        return p_text(value) if smallest is None or value > smallest else f"≤{value:.{P_DIGITS}f}"
    if column.show == "significant":
        return f"{value:.{column.digits}g}".replace("-", "−")
    if column.show == "count":
        percent = values[1] if len(values) > 1 else None
        return f"{value:.0f}" if percent is None else f"{value:.0f} ({percent:.{column.digits}f})"
    if not column.digits and abs(value) >= THOUSANDS:
        return f"{value:,.0f}"
    text = fixed(value, column.digits)
    low, high = values[1:3] if column.show == "interval" else (None, None)
    if low is None or high is None:
        return text
    return f"{text} ({limits(low, high, column.digits)})"
