"""From thousands of features to a few: how repeatable they are, and which are selected."""

import polars as pl

from hccer.figures.sheet import LINE, WIDTH, Sheet
from hccer.figures.styles import BLUE, GREEN, INK, VERMILION, styles_of
from hccer.figures.words import identifier, listed, number

LEFTS, SIDE, ABOVE, BELOW = (48, 266), 166, 26, 42
COMPARISONS = {"intra": "Same reader twice", "inter": "Two readers"}
FEATURE_ROW, BAR, HEADING = 32, 8, 30
COEFFICIENT, FREQUENCY = (16, 186), (280, 110)
VALUES = 258, WIDTH - 6


def icc_sheet(frame: pl.DataFrame) -> Sheet:
    """The share of features that reach an ICC, one line per phase."""
    comparisons = [name for (name,) in listed(frame, "comparison")]
    styles = styles_of([name for (name,) in listed(frame, "phase")])
    sheet = Sheet(ABOVE + SIDE + BELOW + LINE * (len(styles) + 1) + 8)
    for left, comparison in zip(LEFTS, comparisons, strict=False):
        axes = sheet.axes(left, ABOVE, SIDE, SIDE)
        rows = frame.filter(pl.col("comparison") == comparison)
        for phase, style in styles.items():
            line = rows.filter(pl.col("phase") == phase)
            points = line["icc"].to_list(), line["share"].to_list()
            axes.plot(*points, **style.line, gid=identifier("icc", comparison, phase))
        lowest = rows["lowest_kept"].min()
        if lowest is not None:
            axes.axvline(lowest, color=INK, linewidth=0.8, linestyle=(0, (2, 2)))
        axes.set(xlim=(-0.02, 1.02), ylim=(0, 1.02), xlabel="ICC")
        axes.set_xticks((0, 0.5, 1), labels=("0", "0.5", "1"))
        axes.set_yticks((0, 0.5, 1), labels=("0", "0.5", "1"))
        if left == LEFTS[0]:
            axes.set_ylabel("Share of features ≥ ICC", labelpad=3)
        sheet.text(left + SIDE / 2, ABOVE / 2, COMPARISONS[comparison], align="center", bold=True)
    _icc_key(sheet, frame, comparisons, ABOVE + SIDE + BELOW)
    return sheet


def _icc_key(sheet: Sheet, frame: pl.DataFrame, comparisons: list[str], top: float) -> None:
    phases = [name for (name,) in listed(frame, "phase")]
    sheet.text(40, top + LINE / 2, "kept of all", quiet=True)
    for at, (phase, style) in enumerate(styles_of(phases).items(), 1):
        y = top + LINE * (at + 0.5)
        sheet.line((8, 34), (y, y), style)
        sheet.text(40, y, phase)
        for left, comparison in zip(LEFTS, comparisons, strict=False):
            same = (pl.col("comparison") == comparison) & (pl.col("phase") == phase)
            for row in frame.filter(same).head(1).to_dicts():
                text = f"{row['kept']} of {row['features']}"
                sheet.text(left + SIDE / 2, y, text, align="center")


def icc_caption(frame: pl.DataFrame) -> str:
    """How many features are kept, by comparison."""
    each = frame.unique(("comparison", "phase"), keep="first", maintain_order=True)
    totals = each.group_by("comparison", maintain_order=True).agg(
        pl.col("kept", "features").sum(), pl.col("lowest_kept").min()
    )
    counted = "; ".join(
        f"{COMPARISONS[row['comparison']].lower()} {row['kept']} of {row['features']}, "
        f"the lowest kept at {number(row['lowest_kept'])}"
        for row in totals.to_dicts()
    )
    return (
        "Share of radiomics features whose intraclass correlation over repeated delineations "
        f"reaches a value, by phase. Kept: {counted} (dotted)."
    )


def selection_sheet(frame: pl.DataFrame) -> Sheet:
    """Each selected feature: its name, below it the coefficient and how often it comes again."""
    shown = frame.to_dicts()
    height = FEATURE_ROW * len(shown)
    sheet = Sheet(HEADING + height + 42)
    largest = frame["coefficient"].abs().max()
    left = sheet.axes(COEFFICIENT[0], HEADING, COEFFICIENT[1], height)
    right = sheet.axes(FREQUENCY[0], HEADING, FREQUENCY[1], height)
    left.set(xlim=(-largest * 1.04, largest * 1.04), xlabel="LASSO coefficient (z-scored)")
    right.set(xlim=(0, 1), xlabel="share of the resamples")
    right.set_xticks((0, 0.5, 1), labels=("0", "50 %", "100 %"))
    for axes in (left, right):
        axes.set(ylim=(height, 0), yticks=[])
        axes.spines["left"].set_visible(False)
    left.locator_params(axis="x", nbins=4)
    for at, row in enumerate(shown):
        y = FEATURE_ROW * at
        left.vlines(0, y + 15, y + 29, color=INK, linewidth=0.8, alpha=0.45)
        color = VERMILION if row["coefficient"] > 0 else BLUE
        left.barh(y + 22, row["coefficient"], BAR, color=color, gid=f"coefficient-{at}")
        right.barh(y + 22, row["frequency"] or 0, BAR, color=GREEN, gid=f"frequency-{at}")
        sheet.text(6, HEADING + y + 9, f"{row['phase']}  {row['feature_name']}")
        told = number(row["coefficient"]), _percent(row["frequency"])
        for x, text in zip(VALUES, told, strict=True):
            sheet.text(x, HEADING + y + 22, text, align="right")
    sheet.text(6, HEADING / 2, "Feature", bold=True)
    for x, text in zip(VALUES, ("coefficient", "selected again"), strict=True):
        sheet.text(x, HEADING / 2, text, align="right", bold=True)
    return sheet


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _which(frame: pl.DataFrame) -> str:
    selected = frame["selected"][0]
    if len(frame) == selected:
        return f"{selected} {'feature' if selected == 1 else 'features'} that the LASSO selects"
    return (f"{len(frame)} features with the largest coefficients of the {selected} that the LASSO "
            "selects")  # fmt: skip


def selection_caption(frame: pl.DataFrame) -> str:
    """How many features from which phase, and how stable the selection is."""
    phases = ", ".join(f"{count} {phase}" for phase, count in
                       frame["phase"].value_counts(sort=True).sort("phase").rows())  # fmt: skip
    penalty = frame["penalty"][0]
    text = (
        f"The {_which(frame)} ({phases})"
        f"{'' if penalty is None else f', penalty {penalty:.4f}'} ({frame['family'][0]} LASSO, "
        f"rule {frame['rule'][0]}): coefficient of the z-scored "
        "feature (orange raises the risk, blue lowers it), and the share of resamples of the "
        "training patients in which it is selected again"
    )
    median, index = frame["frequency"].median(), frame["stability"][0]
    again = "" if median is None else f", median {median:.0%}"
    whole = "" if index is None else f" Nogueira's index of the whole selection is {index:.2f}."
    return f"{text}{again}.{whole}"
