"""Estimates with their intervals, one line each: odds ratios and kappa."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import floor
from typing import TYPE_CHECKING

import polars as pl

from hccer.clinical.factors import declared_factors
from hccer.figures.sheet import LINE, SIZE, WIDTH, Sheet
from hccer.figures.styles import BLUE, INK, VERMILION, Style
from hccer.figures.words import interval, listed, plain, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOP, BELOW, BETWEEN = 24, 44, 5
NAMES, PLOT, VALUES = 6, (160, 144), 314
INDENT = 14
ALONE, FINAL = Style(BLUE, marker="o"), Style(VERMILION, marker="s")
# an odds ratio beyond is drawn as an interval that leaves the figure
FARTHEST = 32.0
BESIDE, MOST_TICKS = 1.12, 6
# where one word for kappa gives way to the next, as in hccer.agreement.kappa
BANDS = (0.4, 0.6, 0.8)
BELOW_BANDS = tuple(each / 5 for each in range(-5, 2))


@dataclass(frozen=True)
class Estimate:
    """One line of a forest plot."""

    name: str
    value: float
    low: float | None
    high: float | None
    style: Style = ALONE
    indented: bool = False
    bold: bool = False

    @property
    def lines(self) -> list[str]:
        """The name, wrapped."""
        return wrapped(self.name, PLOT[0] - NAMES - INDENT * self.indented, SIZE)

    @property
    def height(self) -> float:
        """Of its line in drawing units."""
        return LINE * len(self.lines) + BETWEEN


def forest(rows: Sequence[Estimate], heads: tuple[str, str], below: float) -> tuple[Sheet, "Axes"]:
    """Names at the left, estimates in the middle, numbers at the right.

    Args:
        rows: from the top.
        heads: of names and numbers.
        below: room under the axis.

    Returns:
        the sheet, and the axes for scale and label.
    """
    starts = [0, *accumulate(row.height for row in rows)]
    sheet = Sheet(TOP + starts[-1] + below)
    axes = sheet.axes(PLOT[0], TOP, PLOT[1], starts[-1])
    for at, (row, start) in enumerate(zip(rows, starts, strict=False)):
        middle = start + row.height / 2
        if row.low is not None and row.high is not None:
            ends = (row.low, row.high)
            axes.plot(ends, (middle, middle), color=row.style.color, linewidth=1.4)
        axes.plot(row.value, middle, marker=row.style.marker, color=row.style.color, markersize=5,
                  gid=f"estimate-{at}")  # fmt: skip
        for line, text in enumerate(row.lines):
            y = TOP + start + BETWEEN / 2 + LINE * (line + 0.5)
            sheet.text(NAMES + INDENT * row.indented, y, text, quiet=row.indented)
        text = interval(row.value, row.low, row.high, 2)
        sheet.text(VALUES, TOP + middle, text, bold=row.bold)
    axes.set(ylim=(starts[-1], 0), yticks=[])
    axes.spines["left"].set_visible(False)
    for x, head in zip((NAMES, VALUES), heads, strict=True):
        sheet.text(x, TOP / 2, head, bold=True)
    return sheet, axes


def odds_ratio_sheet(frame: pl.DataFrame) -> Sheet:
    """Each factor alone, and below it what remains in the final model."""
    rows = [_odds_ratio(row) for row in frame.to_dicts()]
    sheet, axes = forest(rows, ("Factor", "OR (95% CI)"), BELOW + LINE + BETWEEN)
    axes.set_xscale("log", base=2)
    axes.axvline(1, color=INK, linewidth=0.8, alpha=0.45)
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end]
    axes.set_xlim(max(min(ends, default=1) / BESIDE, 1 / FARTHEST),
                  min(max(ends, default=1) * BESIDE, FARTHEST))  # fmt: skip
    ticks = _doublings(*axes.get_xlim())
    axes.set_xticks(ticks, labels=[f"{tick:.3g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("Odds ratio, logarithmic", labelpad=3)
    _key(sheet, sheet.height - LINE)
    return sheet


def _doublings(lowest: float, highest: float) -> list[float]:
    """Powers of two within limits; every second where there are many."""
    powers = [power for power in range(-5, 6) if lowest <= 2.0**power <= highest]
    step = 1 if len(powers) <= MOST_TICKS else 2
    return [2.0**power for power in powers if power % step == 0]


def _odds_ratio(row: dict) -> Estimate:
    low, high = row["ci_low"], row["ci_high"]
    final = row["analysis"] == "final"
    return Estimate(
        "final model" if final else _title(row["factor"]),
        row["odds_ratio"],
        low,
        high,
        style=FINAL if final else ALONE,
        indented=final,
        bold=None not in (low, high) and not low <= 1 <= high,
    )


def _title(factor: str) -> str:
    """A factor with its coding, which says what its odds ratio is of."""
    titles = {each.name: each.title for each in declared_factors()}
    return titles.get(factor, plain(factor)).replace(">=", "≥").replace("umol", "µmol")


def _key(sheet: Sheet, y: float) -> None:
    for x, name, style in ((NAMES + 8, "alone", ALONE), (WIDTH / 4, "final model", FINAL)):
        sheet.mark(x, y, style)
        sheet.text(x + 12, y, name)
    sheet.text(WIDTH - NAMES, y, "bold: interval without 1", quiet=True, align="right")


def odds_ratio_caption(frame: pl.DataFrame) -> str:
    """Which factors the final model holds, with their odds ratios."""
    final = frame.filter(pl.col("analysis") == "final").to_dicts()
    kept = "; ".join(
        f"{_title(row['factor'])} {interval(row['odds_ratio'], row['ci_low'], row['ci_high'], 2)}"
        for row in final
    )
    alone = frame.filter(pl.col("analysis") == "univariate")
    return (
        f"Logistic analyses of {len(alone)} clinical-radiological factors in training patients: "
        "odds ratio of the event with its 95% confidence interval. "
        + (f"Final model: {kept}." if kept else "There is no final model.")
    )


def kappa_sheet(frame: pl.DataFrame) -> Sheet:
    """Kappa of each feature that two readers read."""
    several = len(listed(frame, "reader_a", "reader_b")) > 1
    rows = [Estimate(plain(row["item"]) + f" ({row['reader_a']}, {row['reader_b']})" * several,
                     row["kappa"], row["ci_low"], row["ci_high"])
            for row in frame.to_dicts()]  # fmt: skip
    sheet, axes = forest(rows, ("Feature", "kappa (95% CI)"), BELOW)
    for limit in BANDS:
        axes.axvline(limit, color=INK, linewidth=0.8, alpha=0.45, linestyle=(0, (2, 2)))
    lowest = _kappa_start(rows)
    axes.set_xlim(lowest - 0.01, 1.03)
    ticks = [each for each in (*BELOW_BANDS, *BANDS, 1) if each >= lowest]
    ticks = ticks if len(ticks) <= MOST_TICKS else ticks[::-2][::-1]
    axes.set_xticks(ticks, labels=[f"{each:g}" for each in ticks])
    axes.set_xlabel("Cohen's kappa", labelpad=3)
    return sheet


def _kappa_start(rows: Sequence[Estimate]) -> float:
    """Where the axis begins: at the lowest band's end, or at the fifth below the lowest value."""
    lowest = min(min(row.value, row.value if row.low is None else row.low) for row in rows)
    return min(BANDS[0], floor(lowest * 5) / 5)


def kappa_caption(frame: pl.DataFrame) -> str:
    """The range of kappa, and how many features fall into each band."""
    bands = frame["band"].drop_nulls().value_counts(sort=True).rows()
    counted = ", ".join(f"{count} {band}" for band, count in bands)
    pairs = " and ".join(sorted({*frame["reader_a"], *frame["reader_b"]}))
    return (
        f"Agreement of {pairs} on {frame['item'].n_unique()} MR features in {frame['n'].max()} "
        f"patients: Cohen's kappa {frame['kappa'].min():.2f} to {frame['kappa'].max():.2f} "
        f"({counted}). Dotted: where one band ends and the next begins."
    )
