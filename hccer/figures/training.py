"""How the networks were trained: loss and AUC by epoch."""

from typing import TYPE_CHECKING

import polars as pl

from hccer.figures.sheet import WIDTH, Sheet
from hccer.figures.styles import BLUE, INK, VERMILION, Style
from hccer.figures.words import identifier, listed, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFTS, SIDE, HEIGHT = (56, 270), 160, 104
ABOVE, ROW, BELOW = 28, 180, 20
EPOCH_TICKS = 5
LOSS, STOPPING = Style(BLUE), Style(VERMILION, (4, 1.5))


def training_sheet(frame: pl.DataFrame) -> Sheet:
    """One row per network: loss at the left, AUC of the patients watched at the right."""
    fits = listed(frame, "fit_id", "model", "network")
    sheet = Sheet(ROW * len(fits) + BELOW)
    for at, (fit_id, model, network) in enumerate(fits):
        top = ROW * at
        rows = frame.filter(pl.col("fit_id") == fit_id)
        sheet.text(6, top + 12, f"{model}, {network}", bold=True)
        axes = [sheet.axes(left, top + ABOVE, SIDE, HEIGHT) for left in LEFTS]
        for fold, curve in rows.group_by("fold", maintain_order=True):
            _curve(axes[0], curve, "loss", LOSS, fold[0])
            _curve(axes[0], curve, "stopping_loss", STOPPING, fold[0])
            _curve(axes[1], curve, "stopping_auc", STOPPING, fold[0])
        _finish(axes, rows)
    y = sheet.height - 10
    for x, name, style in ((6, "fitted", LOSS), (96, "watched", STOPPING)):
        sheet.line((x, x + 24), (y, y), style)
        sheet.text(x + 30, y, name)
    sheet.text(WIDTH - 6, y, "faint: folds", align="right", quiet=True)
    return sheet


def _curve(axes: "Axes", rows: pl.DataFrame, column: str, style: Style, fold: int) -> None:
    known = rows.drop_nulls(column)
    look = style.line | ({} if fold == 0 else {"alpha": 0.3, "linewidth": 0.9})
    points = known["epoch"].to_list(), known[column].to_list()
    axes.plot(*points, **look, gid=identifier(column, rows["fit_id"][0], fold))


def _finish(axes: list["Axes"], rows: pl.DataFrame) -> None:
    from matplotlib.ticker import MaxNLocator

    kept = rows.filter(pl.col("fold") == 0)["kept_epoch"]
    for each in axes:
        each.set_xlabel("epoch", labelpad=2)
        each.xaxis.set_major_locator(MaxNLocator(EPOCH_TICKS, integer=True))
        if len(kept):
            each.axvline(kept[0], color=INK, linewidth=0.8, linestyle=(0, (2, 2)))
    axes[0].set_ylabel("loss", labelpad=3)
    axes[0].locator_params(axis="y", nbins=4)
    axes[1].set(ylim=(-0.02, 1.02))
    axes[1].set_ylabel("AUC", labelpad=3)
    axes[1].set_yticks((0, 0.5, 1), labels=("0", "0.5", "1"))
    axes[1].axhline(0.5, color=INK, linewidth=0.8, alpha=0.45)


def training_caption(frame: pl.DataFrame) -> str:
    """Epochs, and the AUC at the epoch that is kept, of each network."""
    whole = frame.filter(pl.col("fold") == 0)
    each = []
    for (model, network), rows in whole.group_by("model", "network", maintain_order=True):
        best = rows.filter(pl.col("epoch") == pl.col("kept_epoch")).head(1)["stopping_auc"]
        auc = number(best[0] if len(best) else None, 2)
        each.append(f"{model} {network}: epoch {rows['kept_epoch'][0]} of {rows['epoch'].max()}, "
                    f"AUC {auc} of {rows['n_stopping'][0]} patients watched")  # fmt: skip
    return (
        "Training of the networks: loss of the patients each was fitted to (solid) and of those "
        "watched (dashed), and the AUC of the latter; dotted, the epoch whose weights are kept. "
        f"Faint: the networks trained without one fold. {_stopping(frame)}{'; '.join(each)}."
    )


def _stopping(frame: pl.DataFrame) -> str:
    """How many trainings ended before the last epoch that they were allowed."""
    if frame["most_epochs"].is_null().any():
        return ""
    trained = frame.group_by("fit_id", "fold").agg(pl.col("epoch", "most_epochs").max())
    early = trained.filter(pl.col("epoch") < pl.col("most_epochs")).height
    most = frame["most_epochs"].max()
    if not early:
        return f"No training stopped early: each ran all {most} epochs. "
    return f"{early} of {len(trained)} trainings stopped early, before {most} epochs. "
