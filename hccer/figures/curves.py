"""Curves of predictions by part of the patients: ROC and decision curves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from hccer.figures.panels import Panels
from hccer.figures.sheet import Sheet
from hccer.figures.styles import INK, Style
from hccer.figures.words import identifier, interval, listed, p_value, part

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TICKS = {"ticks": (0, 0.5, 1), "labels": ("0", "0.5", "1")}
ROOM = 0.02
FAINT = {"color": INK, "linewidth": 0.8, "alpha": 0.45, "zorder": 0}
# decision curves are drawn and compared up to here
HIGHEST_THRESHOLD = 0.9
# net benefit below this share of its largest value is not looked at
LOWEST_BENEFIT = -0.25


def series_gid(rows: pl.DataFrame) -> str:
    """Of one series in one panel."""
    return identifier("series", *rows.select("role", "cohort_id", "series").row(0))


def unit_square(axes: "Axes", _: pl.DataFrame) -> None:
    """Both axes from 0 to 1, with the diagonal."""
    axes.set(xlim=(-ROOM, 1 + ROOM), ylim=(-ROOM, 1 + ROOM))
    axes.set_xticks(**TICKS)
    axes.set_yticks(**TICKS)
    axes.plot((0, 1), (0, 1), **FAINT)


def _roc_series(axes: "Axes", rows: pl.DataFrame, style: Style) -> None:
    points = rows["false_positive_rate"].to_list(), rows["sensitivity"].to_list()
    axes.plot(*points, **style.line, gid=series_gid(rows))


def _decision_series(axes: "Axes", rows: pl.DataFrame, style: Style) -> None:
    points = rows["threshold"].to_list(), rows["net_benefit"].to_list()
    axes.plot(*points, **style.line, gid=series_gid(rows))


def _decision_panel(axes: "Axes", rows: pl.DataFrame) -> None:
    every = rows.filter(pl.col("series") == rows["series"][0])
    axes.plot(every["threshold"].to_list(), every["treat_all"].to_list(), **FAINT)
    axes.axhline(0, **{**FAINT, "linestyle": (0, (2, 2))})
    highest = max(rows["net_benefit"].max(), rows["treat_all"].max(), ROOM)
    axes.set(xlim=(0, HIGHEST_THRESHOLD), ylim=(LOWEST_BENEFIT * highest, highest * (1 + ROOM)))
    axes.set_xticks((0, 0.3, 0.6, 0.9), labels=("0", "0.3", "0.6", "0.9"))
    axes.locator_params(axis="y", nbins=5)


ROC = Panels(
    x="1 − specificity",
    y="Sensitivity",
    plot=_roc_series,
    finish=unit_square,
    value=lambda row: interval(row["auc"], row["ci_low"], row["ci_high"]),
    value_name="AUC (95% CI)",
)
DECISION = Panels(
    x="Threshold risk",
    y="Net benefit",
    plot=_decision_series,
    finish=_decision_panel,
    value=lambda row: f"{row['best']:.0%}",
    value_name="best at",
)


def decision_sheet(frame: pl.DataFrame) -> Sheet:
    """Decision curves; the key says at which share of the thresholds a series is the best."""
    return DECISION.sheet(with_best(_drawn(frame)))


def _drawn(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("threshold") <= HIGHEST_THRESHOLD + 1e-9)


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
        areas = each_part(frame, lambda row: interval(row["auc"], row["ci_low"], row["ci_high"]))
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


def decision_caption(what: str) -> Callable[[pl.DataFrame], str]:
    """Captions of decision curves.

    Args:
        what: whose curves they are.
    """

    def caption(frame: pl.DataFrame) -> str:
        values = each_part(with_best(_drawn(frame)), lambda row: f"{row['best']:.0%}")
        return (
            f"Net benefit of treating by the risk of {what}; grey: treating all (line) and none "
            f"(dots). Thresholds up to {HIGHEST_THRESHOLD:.2f} are drawn. Best at: share of these "
            "thresholds at which no other curve has a larger net benefit, and treating all or none "
            "has a smaller one; a tie counts for each of the tied, so that shares can add up to "
            f"more than 100%. {values}"
        )

    return caption


def each_part(frame: pl.DataFrame, value: Callable[[dict], str]) -> str:
    """One sentence per panel, with a value of each series."""
    sentences = []
    for place, rows in frame.group_by("role", "cohort_id", maintain_order=True):
        first = rows.unique("series", keep="first", maintain_order=True).to_dicts()
        values = "; ".join(f"{row['series']} {value(row)}" for row in first)
        sentences.append(f"{part(*place)}: {values}.")
    return " ".join(sentences)
