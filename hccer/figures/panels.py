"""Panels by part of the patients, two beside each other, with one key below each pair."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import polars as pl

from hccer.figures.sheet import LINE, Sheet
from hccer.figures.styles import Style, styles_of
from hccer.figures.words import ROLES, listed, part, shortened, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFTS, SIDE = (48, 266), 166
ABOVE, BELOW = 26, 42
KEY_NAME, KEY_VALUES = 40, (214, 366)
AFTER_KEY = 14


@dataclass(frozen=True)
class Panels:
    """How the panels of a figure look.

    Attributes:
        x: label of the horizontal axis.
        y: label of the vertical axis.
        plot: draws one series of one panel: axes, rows, style.
        finish: draws what all series of a panel share: axes, rows.
        value: what the key says of one series in one panel.
        value_name: heading of these.
    """

    x: str
    y: str
    plot: Callable[["Axes", pl.DataFrame, Style], None]
    finish: Callable[["Axes", pl.DataFrame], None]
    value: Callable[[dict], str]
    value_name: str

    def sheet(self, frame: pl.DataFrame) -> Sheet:
        """Draw.

        Args:
            frame: with the columns role, cohort_id, series, n and what `plot` needs; panels and
                series come in its order.
        """
        places = listed(frame, "role", "cohort_id")
        styles = styles_of([name for (name,) in listed(frame, "series")])
        pairs = [places[at : at + len(LEFTS)] for at in range(0, len(places), len(LEFTS))]
        keys = [_in_pair(frame, pair, styles) for pair in pairs]
        tops = [0, *accumulate(ABOVE + SIDE + BELOW + _key_height(key) for key in keys)]
        sheet = Sheet(tops[-1])
        for top, pair, key in zip(tops, pairs, keys, strict=False):
            for left, place in zip(LEFTS, pair, strict=False):
                self._panel(sheet, left, top, _rows(frame, place), styles)
            self._key(sheet, top + ABOVE + SIDE + BELOW, frame, pair, key)
        return sheet

    def _panel(
        self, sheet: Sheet, left: float, top: float, rows: pl.DataFrame, styles: dict[str, Style]
    ) -> None:
        axes = sheet.axes(left, top + ABOVE, SIDE, SIDE)
        self.finish(axes, rows)
        for (name,) in listed(rows, "series"):
            self.plot(axes, rows.filter(pl.col("series") == name), styles[name])
        axes.set_xlabel(self.x, labelpad=3)
        if left == LEFTS[0]:
            axes.set_ylabel(self.y, labelpad=3)
        heading = f"{ROLES[rows['role'][0]]} (n = {span(rows['n'])})"
        sheet.text(left + SIDE / 2, top + ABOVE / 2, heading, align="center", bold=True)

    def _key(
        self, sheet: Sheet, top: float, frame: pl.DataFrame, pair: list[tuple],
        styles: dict[str, Style],
    ) -> None:  # fmt: skip
        for x, place in zip(KEY_VALUES, pair, strict=False):
            sheet.text(x, top + LINE / 2, shortened(part(*place)), align="center", quiet=True)
        sheet.text(KEY_NAME, top + LINE / 2, self.value_name, quiet=True)
        for at, (name, style) in enumerate(styles.items(), 1):
            y = top + LINE * (at + 0.5)
            sheet.line((8, 34), (y, y), style)
            sheet.text(KEY_NAME, y, name)
            for x, place in zip(KEY_VALUES, pair, strict=False):
                of_series = _rows(frame, place).filter(pl.col("series") == name)
                text = self.value(of_series.row(0, named=True)) if len(of_series) else "–"
                sheet.text(x, y, text, align="center")


def _in_pair(frame: pl.DataFrame, pair: list[tuple], styles: dict[str, Style]) -> dict[str, Style]:
    """The series that are drawn in one of the panels, with their styles."""
    drawn = {name for place in pair for (name,) in listed(_rows(frame, place), "series")}
    return {name: style for name, style in styles.items() if name in drawn}


def _key_height(styles: dict[str, Style]) -> float:
    return LINE * (len(styles) + 1) + AFTER_KEY


def _rows(frame: pl.DataFrame, place: tuple) -> pl.DataFrame:
    role, cohort_id = place
    return frame.filter((pl.col("role") == role) & (pl.col("cohort_id") == cohort_id))
