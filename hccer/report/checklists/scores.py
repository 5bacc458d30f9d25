"""The scores of those checklists that have one."""

import polars as pl

from hccer.report.checklists.items import Checklist, Scoring, checklists

SCHEMA = {
    "checklist": pl.String, "title": pl.String, "points": pl.Float64, "at_most": pl.Float64,
    "of": pl.Float64, "unit": pl.String, "band": pl.String, "sentence": pl.String,
}  # fmt: skip


def scores(rows: pl.DataFrame) -> pl.DataFrame:
    """Score of each checklist that has one.

    Args:
        rows: of `answered`.

    Returns:
        points: with what the author must write counted as missing; at_most: with all of it counted
        as done; of: the best possible; a share is in per cent of the applicable weight.
    """
    found = [
        _score(each, each.score, rows.filter(pl.col("checklist") == each.id))
        for each in checklists()
        if each.score
    ]
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def _score(checklist: Checklist, scoring: Scoring, rows: pl.DataFrame) -> tuple:
    points, best = rows["points"].sum(), rows["most"].sum()
    at_most = points + rows.filter(pl.col("answer") == "author")["most"].sum()
    if scoring.share and best:
        points, at_most, best = 100 * points / best, 100 * at_most / best, 100.0
    band = _band(scoring, points)
    sentence = (
        f"{checklist.id}: {points:.3g} of {best:.3g} {scoring.unit}"
        f"{f' ({band})' if band else ''}; up to {at_most:.3g} with what the author must write."
    )
    return (checklist.id, checklist.title, points, at_most, best, scoring.unit, band, sentence)


def _band(scoring: Scoring, points: float) -> str:
    names = [band.name for band in scoring.bands if points >= band.low]
    return names[-1] if names else ""
