"""The page of each patient of a study, from rows and blobs of the store."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from hccer.report.items import Item, items, patient_sections
from hccer.report.page import Link, Page, Picture, Shown, rendered
from hccer.report.tables import printed
from hccer.study.report_files import PAGE, File
from hccer.study.report_pictures import Pictures
from hccer.study.report_source import WHO, of_patient
from hccer.study.report_subject import Subject, Who


@dataclass(frozen=True)
class _Rows:
    """The query of an item, and its rows by patient; pictures read their own."""

    query: str
    of: dict[Who, pl.DataFrame]


def patient_files(subject: Subject, pictures: Pictures) -> Iterator[File]:
    """A page for every patient of the main split."""
    rows = {item.id: _rows(subject, item) for item in items(patient_sections())}
    order = subject.patients
    for at, who in enumerate(order):
        around = [order[other] for other in (at - 1, at + 1) if 0 <= other < len(order)]
        page = _page(subject, who, rows, pictures, around)
        yield File(subject.links[who], "patient", page.title, rendered(page).encode())


def _rows(subject: Subject, item: Item) -> _Rows:
    query = subject.source.statement(item)
    if item.kind == "pictures":
        return _Rows(query, {})
    frame = subject.source.frame(item)
    parts = frame.partition_by(WHO, as_dict=True, maintain_order=True, include_key=False)
    return _Rows(query, parts)


def _page(
    subject: Subject, who: Who, rows: dict[str, _Rows], pictures: Pictures, around: list[Who]
) -> Page:
    sections = tuple(
        (section, tuple(_shown(item, who, rows[item.id], pictures) for item in section.items))
        for section in patient_sections()
    )
    cohort_id, patient_id = who
    up = "../" * subject.links[who].count("/")
    steps = [Link(up + subject.links[each], each[1]) for each in around]
    return Page(
        title=patient_id,
        kind=f"Patient of {cohort_id} in the study {subject.context.study_id}",
        synthetic=subject.synthetic_cohort(cohort_id),
        facts=(("Part", subject.role(who)), ("Outcome", subject.outcome(who)),
               ("Snapshot", subject.state)),
        sections=sections,
        links=(Link(up + PAGE, f"Report of {subject.context.study_id}"), *steps),
    )  # fmt: skip


def _shown(item: Item, who: Who, rows: _Rows, pictures: Pictures) -> Shown:
    seen = _pictures(item, who, pictures)
    sql, frame = of_patient(rows.query, *who), rows.of.get(who)
    table = None if frame is None else printed(item, frame)
    return Shown(item, sql, table=table, pictures=seen)


def _pictures(item: Item, who: Who, pictures: Pictures) -> tuple[Picture, ...]:
    shown = {
        "patient_images": pictures.phases,
        "patient_crop": pictures.crop,
        "patient_attribution": pictures.maps,
    }
    return shown[item.id](who) if item.id in shown else ()
