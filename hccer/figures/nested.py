"""What the whole chain is worth on patients not seen, and what chance alone gives."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from hccer.figures.sheet import LINE, WIDTH, Sheet
from hccer.figures.styles import BLUE, GREEN, INK, MODELS, VERMILION, Style
from hccer.figures.words import listed, number, p_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFT, PANEL, GAP, ABOVE, BELOW = 46, 96, 54, 8, 78
HEADING = 18 + LINE
BINS, LOWEST = 0.02, 0.2
BARS = ((INK, 0.35), (BLUE, 0.85))
TRAINING = Style(VERMILION, (4, 1.5))
VALIDATION = Style(GREEN, (1, 1))


def nested_sheet(frame: pl.DataFrame) -> Sheet:
    """One panel per model: AUC of the permutations, of the repetitions, and of the main split."""
    models = [name for (name,) in listed(frame, "model")]
    sheet = Sheet(ABOVE + (PANEL + GAP) * len(models) + BELOW - 20)
    limits = min(LOWEST, frame["auc"].min()), 1.0
    for at, model in enumerate(models):
        top = ABOVE + (PANEL + GAP) * at + HEADING
        rows = frame.filter(pl.col("model") == model)
        axes = sheet.axes(LEFT, top, WIDTH - LEFT - 12, PANEL)
        _distribution(axes, rows, limits)
        first = rows.row(0, named=True)
        sheet.text(LEFT, top - 10 - LINE, titled(model), bold=True)
        sheet.text(WIDTH - 12, top - 10 - LINE, p_value(first["p_value"]), align="right")
        sheet.text(LEFT, top - 10, _told(first))
        if at == len(models) - 1:
            axes.set_xlabel("AUC", labelpad=3)
    _key(sheet, sheet.height - 26)
    return sheet


def titled(model: str) -> str:
    """A model of the nested cross-validation by the name it has elsewhere."""
    if model in MODELS:
        return model
    return "radiomics (classifier chosen within)" if model == "honest" else f"radiomics ({model})"


def _told(row: dict) -> str:
    mean, low, high = (number(row[name]) for name in ("mean_auc", "ci_low", "ci_high"))
    if row["ci_low"] is None:
        return f"mean {mean}"
    return f"mean {mean}, 2.5th to 97.5th percentile {low} to {high}"


def _distribution(axes: "Axes", rows: pl.DataFrame, limits: tuple[float, float]) -> None:
    edges = np.arange(np.floor(limits[0] / BINS) * BINS, 1 + BINS, BINS)
    real = pl.col("permutation") == 0
    for part, (color, alpha) in zip((rows.filter(~real), rows.filter(real)), BARS, strict=True):
        if len(part):
            counts, _ = np.histogram(part["auc"].to_numpy(), edges)
            some = counts > 0
            axes.bar(edges[:-1][some], counts[some] / counts.sum(), BINS, align="edge",
                     color=color, alpha=alpha)  # fmt: skip
    first = rows.row(0, named=True)
    for name, style in (("training_auc", TRAINING), ("validation_auc", VALIDATION)):
        if first[name] is not None:
            axes.axvline(first[name], **style.line)
    axes.set(xlim=(limits[0], 1.02))
    axes.set_ylabel("share", labelpad=3)
    axes.locator_params(axis="y", nbins=3)


def _key(sheet: Sheet, top: float) -> None:
    columns = LEFT, WIDTH / 2
    for x, name, look in zip(columns, ("permuted outcomes", "repetitions"), BARS, strict=True):
        sheet.frame(x, top - 5, 22, 10, *look)
        sheet.text(x + 28, top, name)
    lines = (("main split, training", TRAINING), ("main split, validation", VALIDATION))
    for x, (name, style) in zip(columns, lines, strict=True):
        sheet.line((x, x + 22), (top + LINE + 2, top + LINE + 2), style)
        sheet.text(x + 28, top + LINE + 2, name)


def nested_caption(frame: pl.DataFrame) -> str:
    """Mean AUC of each model over the repetitions, against permuted outcomes and the main split."""
    real = frame.filter(pl.col("permutation") == 0)
    repeats, permutations = real["repeat"].n_unique(), frame["permutation"].max()
    columns = ("mean_auc", "ci_low", "ci_high", "p_value", "training_auc", "validation_auc")
    each = "; ".join(
        f"{titled(row['model'])} {_told(row)}, {p_value(row['p_value'])}, in the main split "
        f"{number(row['training_auc'])} in training and {number(row['validation_auc'])} in "
        "validation"
        for row in frame.select("model", *columns).unique(maintain_order=True).to_dicts()
    )
    return (
        f"AUC of the whole chain in {repeats} repetitions of nested cross-validation (blue) and "
        f"with {permutations} permutations of the outcomes (grey), as shares of each. The "
        "percentiles are over the repetitions, which share their patients: they are no confidence "
        f"interval. {each}."
    )
