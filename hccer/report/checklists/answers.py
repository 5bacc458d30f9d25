"""Each item of each checklist with its answer, and the evidence that the store holds."""

from collections.abc import Callable
from functools import cache
from typing import get_args

import polars as pl

from hccer.report.checklists.items import Answer, Checklist, Item, checklists
from schemas.errors import HccerError

RunQuery = Callable[[str], pl.DataFrame]
Found = tuple[Answer, str]
SYNTHETIC = "synthetic"  # whether the patients are real
SCHEMA = {
    **dict.fromkeys(("checklist", "title", "source", "section", "item", "text", "answer",
                     "evidence", "query"), pl.String),
    "points": pl.Float64,
    "most": pl.Float64,
}  # fmt: skip


def answered(run_query: RunQuery) -> pl.DataFrame:
    """Every item of every checklist.

    Args:
        run_query: rows of a file of `sql/report`, by name, for the study.

    Returns:
        checklist, title, source, section, item, text, answer (yes, partly, no, author, not
        applicable), evidence, query (empty where the author answers), points and most (empty
        where the checklist has none).

    Raises:
        HccerError: a query fails, or does not give one answer with its evidence.
    """
    find = cache(lambda name: _found(run_query, name))
    synthetic = find(SYNTHETIC)[0] != "yes"
    rows = [
        _row(checklist, item, _answer(checklist, item, find, synthetic=synthetic))
        for checklist in checklists()
        for item in checklist.items
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def file_of(query: str) -> str:
    """Name of the SQL file that answers."""
    return f"checklist_{query}"


def asked(checklist_id: str | None = None) -> tuple[str, ...]:
    """Files of `sql/report` that answer a checklist, or all of them, conditions included."""
    chosen = [each for each in checklists() if checklist_id in (None, each.id)]
    names = [
        SYNTHETIC,
        *(item.query for each in chosen for item in (*each.items, *each.conditions)),
    ]
    return tuple(dict.fromkeys(file_of(name) for name in names if name))


def _found(run_query: RunQuery, name: str) -> Found:
    rows = run_query(file_of(name))
    if rows.shape != (1, 2) or rows["answer"][0] not in get_args(Answer) or not rows["evidence"][0]:
        raise HccerError(f"sql/report/{file_of(name)}.sql must give one row, an answer and its "
                         f"evidence; it gives {rows.rows()[:2]}")  # fmt: skip
    return rows.row(0)


def _answer(
    checklist: Checklist, item: Item, find: Callable[[str], Found], *, synthetic: bool
) -> Found:
    if not all(find(each.query)[0] in ("yes", "partly")
               for each in checklist.conditions if item.id in each.items):  # fmt: skip
        return "not applicable", "the study has no such part"
    if item.author:
        return "author", f"the author must {item.author}"
    answer, evidence = find(item.query)
    if synthetic and item.real and answer == "yes":
        return "partly", f"{evidence}; but the patients are synthetic"
    return answer, evidence


def _row(checklist: Checklist, item: Item, found: Found) -> tuple:
    answer, evidence = found
    points, most = None, None
    # a sum of points has no items that do not apply; a share leaves them out
    left_out = answer == "not applicable" and checklist.score and checklist.score.share
    if item.points and not left_out:
        points, most = item.points.of(answer), item.points.best
    query = file_of(item.query) if item.query else ""
    return (checklist.id, checklist.title, checklist.source, item.section, item.id, item.text,
            answer, evidence, query, points, most)  # fmt: skip
