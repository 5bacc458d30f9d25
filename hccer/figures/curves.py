"""Curves of predictions by part of the patients: ROC, calibration, decision."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from hccer.figures.panels import Panels
from hccer.figures.sheet import Sheet
from hccer.figures.styles import INK, Style
from hccer.figures.words import identifier, interval, listed, number, p_value, part

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TICKS = {"ticks": (0, 0.5, 1), "labels": ("0", "0.5", "1")}
ROOM = 0.02
FAINT = {"color": INK, "linewidth": 0.8, "alpha": 0.45, "zorder": 0}
# net benefit below this share of its largest value is not looked at
LOWEST_BENEFIT = -0.25


def _gid(rows: pl.DataFrame) -> str:
    return identifier("series", *rows.select("role", "cohort_id", "series").row(0))


def _unit_square(axes: "Axes", _: pl.DataFrame) -> None:
    axes.set(xlim=(-ROOM, 1 + ROOM), ylim=(-ROOM, 1 + ROOM))
    axes.set_xticks(**TICKS)
    axes.set_yticks(**TICKS)
    axes.plot((0, 1), (0, 1), **FAINT)


def _roc_series(axes: "Axes", rows: pl.DataFrame, style: Style) -> None:
    points = rows["false_positive_rate"].to_list(), rows["sensitivity"].to_list()
    axes.plot(*points, **style.line, gid=_gid(rows))


def _calibration_series(axes: "Axes", rows: pl.DataFrame, style: Style) -> None:
    predicted, observed = rows["predicted"].to_list(), rows["observed"].to_list()
    known = rows.drop_nulls(("ci_low", "ci_high"))
    limits = known.select("predicted", "ci_low", "ci_high").to_dict(as_series=False).values()
    axes.vlines(*limits, color=style.color, linewidth=1, alpha=0.3)
    axes.plot(predicted, observed, **style.line, marker=style.marker, markersize=4, gid=_gid(rows))


def _decision_series(axes: "Axes", rows: pl.DataFrame, style: Style) -> None:
    points = rows["threshold"].to_list(), rows["net_benefit"].to_list()
    axes.plot(*points, **style.line, gid=_gid(rows))


def _decision_panel(axes: "Axes", rows: pl.DataFrame) -> None:
    every = rows.filter(pl.col("series") == rows["series"][0])
    axes.plot(every["threshold"].to_list(), every["treat_all"].to_list(), **FAINT)
    axes.axhline(0, **{**FAINT, "linestyle": (0, (2, 2))})
    highest = max(rows["net_benefit"].max(), rows["treat_all"].max(), ROOM)
    axes.set(xlim=(0, 1), ylim=(LOWEST_BENEFIT * highest, highest * (1 + ROOM)))
    axes.set_xticks(**TICKS)
    axes.locator_params(axis="y", nbins=5)


ROC = Panels(
    x="1 − specificity",
    y="Sensitivity",
    plot=_roc_series,
    finish=_unit_square,
    value=lambda row: interval(row["auc"], row["ci_low"], row["ci_high"]),
    value_name="AUC (interval)",
)
CALIBRATION = Panels(
    x="Predicted risk",
    y="Observed share",
    plot=_calibration_series,
    finish=_unit_square,
    value=lambda row: f"{number(row['slope'], 2)} / {number(row['in_the_large'], 2)}",
    value_name="slope / in the large",
    marked=True,
)
DECISION = Panels(
    x="Threshold risk",
    y="Net benefit",
    plot=_decision_series,
    finish=_decision_panel,
    value=lambda row: f"{row['best']:.0%}",
    value_name="best choice at",
)


def decision_sheet(frame: pl.DataFrame) -> Sheet:
    """Decision curves; the key says at which share of the risks a series is the best choice."""
    return DECISION.sheet(with_best(frame))


def with_best(frame: pl.DataFrame) -> pl.DataFrame:
    """The share of the risks at which no other series, nor treating all or none, is worth more.

    Returns:
        the frame with `best`, from 0 to 1, the same in all rows of a series and panel.
    """
    place = ("role", "cohort_id")
    rival = pl.max_horizontal("treat_all", pl.lit(0.0))
    largest = pl.col("net_benefit").max().over(*place, "point")
    best = (pl.col("net_benefit") == largest) & (pl.col("net_benefit") > rival)
    # in two steps: a window inside a window would look at one series only
    return frame.with_columns(best=best).with_columns(pl.col("best").mean().over(*place, "series"))


def roc_caption(what: str) -> Callable[[pl.DataFrame], str]:
    """Captions of ROC curves.

    Args:
        what: whose curves they are.
    """

    def caption(frame: pl.DataFrame) -> str:
        areas = _each(frame, lambda row: interval(row["auc"], row["ci_low"], row["ci_high"]))
        return f"ROC curves of {what}. AUC with its confidence interval. {areas}"

    return caption


def strength_caption(frame: pl.DataFrame) -> str:
    """ROC curves by field strength, with the test between the strengths."""
    parts = frame.partition_by("role", "cohort_id", maintain_order=True)
    tests = "; ".join(f"{part(*each.select('role', 'cohort_id').row(0))} {_strength_tests(each)}"
                      for each in parts)  # fmt: skip
    head = roc_caption("the radiomics model by field strength of the scanner")(frame)
    return f"{head} Unpaired DeLong test between the strengths: {tests}."


def _strength_tests(frame: pl.DataFrame) -> str:
    """Of two strengths the test is one; of more, each is tested against all others together."""
    levels = list(listed(frame, "series", "p_value"))
    if len(levels) <= 2:
        return p_value(levels[0][1])
    return ", ".join(f"{level} against the others {p_value(value)}" for level, value in levels)


def calibration_caption(frame: pl.DataFrame) -> str:
    """Calibration: what the line shows, with slope and calibration-in-the-large."""
    values = _each(frame, lambda row: f"slope {number(row['slope'], 2)}, in the large "
                                      f"{number(row['in_the_large'], 2)}")  # fmt: skip
    return (
        "Predicted risk against the observed share of events, in groups of patients by predicted "
        "risk, with the confidence interval of the share; the grey diagonal is perfect agreement. "
        f"A slope of 1 and a calibration-in-the-large of 0 are perfect. {values}"
    )


def decision_caption(frame: pl.DataFrame) -> str:
    """Decision curves: where each model has the largest net benefit."""
    values = _each(with_best(frame), lambda row: f"{row['best']:.0%}")
    return (
        "Net benefit of treating by each model's risk; grey: treating all (line) and none (dots). "
        "Share of the risks at which no other model is worth more, and treating all or none is "
        f"worth less. {values}"
    )


def _each(frame: pl.DataFrame, value: Callable[[dict], str]) -> str:
    """One sentence per panel, with a value of each series."""
    sentences = []
    for place, rows in frame.group_by("role", "cohort_id", maintain_order=True):
        first = rows.unique("series", keep="first", maintain_order=True).to_dicts()
        values = "; ".join(f"{row['series']} {value(row)}" for row in first)
        sentences.append(f"{part(*place)}: {values}.")
    return " ".join(sentences)
