"""Calibration: predicted risk against the observed share of events, a panel per model and part."""

from typing import TYPE_CHECKING

import polars as pl

from hccer.figures.curves import each_part, series_gid, unit_square
from hccer.figures.sheet import LINE, SIZE, WIDTH, Sheet
from hccer.figures.styles import Style, styles_of
from hccer.figures.words import LETTER, ROLES, listed, number, part, shortened, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFT, RIGHT, GAP, ACROSS, WIDEST = 72, 8, 12, 4, 130
ABOVE, OVER_PANEL, BELOW = 36, 25, 58
NAME = 10
MARKER = 3.5


def calibration_sheet(frame: pl.DataFrame) -> Sheet:
    """Parts beside each other, models below each other; points with intervals, not joined."""
    places = listed(frame, "role", "cohort_id")
    blocks = [places[at : at + ACROSS] for at in range(0, len(places), ACROSS)]
    styles = styles_of([name for (name,) in listed(frame, "series")])
    across = len(blocks[0])
    side = min(WIDEST, (WIDTH - LEFT - RIGHT - GAP * (across - 1)) / across)
    height = ABOVE + (OVER_PANEL + side) * len(styles) + BELOW
    sheet = Sheet(height * len(blocks))
    for at, block in enumerate(blocks):
        _block(sheet, frame, block, styles, side, height * at)
    return sheet


def _block(
    sheet: Sheet, frame: pl.DataFrame, places: list[tuple], styles: dict[str, Style], side: float,
    top: float,
) -> None:  # fmt: skip
    lefts = [LEFT + (side + GAP) * at for at in range(len(places))]
    for left, place in zip(lefts, places, strict=True):
        _heading(sheet, frame, place, left + side / 2, top, side)
    for at, (name, style) in enumerate(styles.items()):
        y = top + ABOVE + (OVER_PANEL + side) * at + OVER_PANEL
        sheet.text(6, y - NAME, name, bold=True)
        for left, (role, cohort_id) in zip(lefts, places, strict=True):
            rows = frame.filter(series=name, role=role, cohort_id=cohort_id)
            axes = sheet.axes(left, y, side, side)
            _panel(axes, rows, style, outer=left == LEFT, lowest=at == len(styles) - 1)
            sheet.text(left + side / 2, y - NAME, _told(rows), align="center")
    bottom = top + ABOVE + (OVER_PANEL + side) * len(styles)
    sheet.text((LEFT + WIDTH) / 2, bottom + 28, "Predicted risk", align="center")
    sheet.text(WIDTH - 6, bottom + 28 + LINE, "above a panel: slope / in the large", align="right",
               quiet=True)  # fmt: skip


def _heading(
    sheet: Sheet, frame: pl.DataFrame, place: tuple, x: float, top: float, side: float
) -> None:
    role, cohort_id = place
    n = span(frame.filter(role=role, cohort_id=cohort_id)["n"])
    sheet.text(x, top + 10, ROLES[role], align="center", bold=True)
    told = f"n = {n}"
    if role == "external":
        letters = int(side / (LETTER * SIZE)) - len(told) - 2
        told = f"{shortened(cohort_id, max(letters, 2))}, {told}"
    sheet.text(x, top + 10 + LINE, told, align="center", quiet=True)


def _panel(axes: "Axes", rows: pl.DataFrame, style: Style, *, outer: bool, lowest: bool) -> None:
    if rows.is_empty():
        axes.set_axis_off()
        return
    unit_square(axes, rows)
    known = rows.drop_nulls(("ci_low", "ci_high"))
    limits = known.select("predicted", "ci_low", "ci_high").to_dict(as_series=False).values()
    axes.vlines(*limits, color=style.color, linewidth=1, alpha=0.5)
    axes.plot(rows["predicted"].to_list(), rows["observed"].to_list(), linestyle="none",
              color=style.color, marker=style.marker, markersize=MARKER,
              gid=series_gid(rows))  # fmt: skip
    if not lowest:
        axes.set_xticklabels([])
    if outer:
        axes.set_ylabel("Observed", labelpad=3)
    else:
        axes.set_yticklabels([])


def _told(rows: pl.DataFrame) -> str:
    if rows.is_empty():
        return ""
    return f"{number(rows['slope'][0], 2)} / {number(rows['in_the_large'][0], 2)}"


def calibration_caption(frame: pl.DataFrame) -> str:
    """What a point is, how many patients it stands for, slope and calibration-in-the-large."""
    values = each_part(frame, lambda row: f"slope {number(row['slope'], 2)}, in the large "
                                          f"{number(row['in_the_large'], 2)}")  # fmt: skip
    sizes = "; ".join(
        f"{part(*place)} {span(rows['patients_in_group'])}"
        for place, rows in frame.group_by("role", "cohort_id", maintain_order=True)
    )
    groups = span(frame.group_by("role", "cohort_id", "series").len()["len"])
    return (
        "Predicted risk against the observed share of events with its confidence interval, in "
        f"{groups} groups of patients by predicted risk; the grey diagonal is perfect agreement. "
        f"Patients in a group: {sizes} (larger where a model has few different risks); the fewer, "
        "the less a single point says. A slope of 1 and a calibration-in-the-large of 0 are "
        "perfect. "
        f"{values}"
    )
