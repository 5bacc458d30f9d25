"""Where in the crop a network's score comes from, against random weights."""

from typing import TYPE_CHECKING

import polars as pl

from hccer.figures.sheet import SIZE, WIDTH, Sheet
from hccer.figures.styles import BLUE, INK, VERMILION
from hccer.figures.words import identifier, listed, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEADING, ROW, BAR, LEFT, RIGHT, BELOW = 26, 24, 16, 144, 22, 58
REGIONS = {"tumour": (VERMILION, 0.75), "margin": (BLUE, 0.75), "outside": (INK, 0.2)}
SHORTEST_LABELLED = 0.1
# from here on a map of random weights is called alike
ALIKE = 0.5


def attribution_sheet(frame: pl.DataFrame) -> Sheet:
    """A bar per network, channel and weights: the shares of the map's mass."""
    fits = [name for (name,) in listed(frame, "fit_id")]
    sheet = Sheet(HEADING * len(fits) + ROW * len(frame) + BELOW)
    y = 0.0
    for fit_id in fits:
        rows = frame.filter(pl.col("fit_id") == fit_id)
        sheet.text(6, y + HEADING / 2, fit_id, bold=True)
        axes = sheet.axes(LEFT, y + HEADING, WIDTH - LEFT - RIGHT, ROW * len(rows))
        for at, row in enumerate(rows.to_dicts()):
            _bar(axes, at, row)
            shown = f"{_shown(row, several=False)}, {row['weights']}"
            sheet.text(14, y + HEADING + ROW * (at + 0.5), shown)
        axes.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5), xticks=[], yticks=[])
        axes.spines["bottom"].set_visible(False)
        y += HEADING + ROW * len(rows)
    axes.spines["bottom"].set_visible(True)
    axes.set_xticks((0, 0.5, 1), labels=("0", "50 %", "100 %"))
    _key(sheet, sheet.height - SIZE)
    return sheet


def _bar(axes: "Axes", at: int, row: dict) -> None:
    start = 0.0
    for region, (color, alpha) in REGIONS.items():
        share = row[region]
        axes.barh(at, share, BAR / ROW, left=start, color=color, alpha=alpha,
                  gid=identifier(region, row["fit_id"], at))  # fmt: skip
        if share >= SHORTEST_LABELLED:
            axes.text(start + share / 2, at, f"{share:.0%}", ha="center", va="center_baseline")
        start += share


def _key(sheet: Sheet, y: float) -> None:
    for x, (region, (color, alpha)) in zip((LEFT, 250, 340), REGIONS.items(), strict=True):
        sheet.frame(x, y - 5, 14, 10, color, alpha)
        sheet.text(x + 20, y, region)


def attribution_caption(frame: pl.DataFrame) -> str:
    """The shares of the trained networks with all phases, and how random weights compare."""
    each = "; ".join(
        f"{row['fit_id']} ({row['weights']}, {row['channel']}) {row['tumour']:.0%} tumour, "
        f"{row['margin']:.0%} margin, {row['outside']:.0%} outside"
        for row in frame.filter(pl.col("channel") == "all").to_dicts()
    )
    return (
        "Mean share of the Score-CAM map's mass in the tumour, in the margin"
        f"{_margin(frame['margin_mm'][0])} and outside both, in {frame['patients'].max()} "
        f"patients; means add up to 100%, the medians of the table need not. {each}. Flat maps, "
        f"where no region changes the score, have no shares: {frame['flat'].sum()} of "
        f"{frame['maps'].sum() + frame['flat'].sum()}. {random_check(frame)}"
    ).rstrip()


def _margin(width_mm: float | None) -> str:
    return " around it" if width_mm is None else f" of {width_mm:g} mm around it"


def random_check(frame: pl.DataFrame) -> str:
    """How alike maps of random and trained weights are, and what must not be read from them."""
    random = frame.filter(weights="random").drop_nulls("median_correlation").to_dicts()
    if not random:
        return ""
    several = len(listed(frame, "fit_id")) > 1
    named = [(_shown(row, several=several), row["median_correlation"]) for row in random]
    told = ", ".join(f"{number(value, 2)} {name}" for name, value in named)
    alike = [name for name, value in named if value >= ALIKE]
    verdict = f"all are below {ALIKE}" if not alike else (
        f"at {ALIKE} or more ({', '.join(alike)}) the check fails: the map shows the image rather "
        "than the training and must not be read as what the network learnt"
    )  # fmt: skip
    return (
        "Randomisation check, median rank correlation of the maps of random weights with those of "
        f"the trained network: {told}; {verdict}."
    )


def _shown(row: dict, *, several: bool) -> str:
    channel = "all phases" if row["channel"] == "all" else row["channel"]
    return f"{row['fit_id']} {channel}" if several else channel
