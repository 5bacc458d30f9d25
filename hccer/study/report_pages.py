"""The study page of a report and its pieces, from the rows of the store."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from hccer.report.items import Item, sections
from hccer.report.page import Link, Page, Picture, Shown, rendered
from hccer.report.panels import contact_print
from hccer.report.preview import report_preview
from hccer.report.tables import caption, printed
from hccer.report.thumbnail import SYNTHETIC
from hccer.study.report_computed import METHODS, Computed
from hccer.study.report_files import PAGE, PREVIEW, File
from hccer.study.report_pictures import MAPS, Pictures
from hccer.study.report_subject import Subject

CASES, NUMBERS, FIGURE = "score_cam_cases", "key_numbers", "roc_models"
SHARES = "attribution_shares"
READ_SO = "Over a map the outline is cyan, and the bar gives the colours from 0 to 1."
Made = tuple[Shown, list[File]]


@dataclass(frozen=True)
class _Sources:
    """What the items of the page are made from."""

    subject: Subject
    computed: Computed
    pictures: Pictures


def study_files(subject: Subject, pictures: Pictures) -> Iterator[File]:
    """The pieces of the study page, and then the page."""
    shown, sources = [], _Sources(subject, Computed(subject), pictures)
    for section in sections():
        each = [_shown(sources, item) for item in section.items]
        yield from (piece for _, pieces in each for piece in pieces)
        shown.append((section, tuple(item for item, _ in each)))
    page = Page(
        title=subject.title,
        kind=f"Report of the study {subject.context.study_id}",
        synthetic=subject.synthetic,
        facts=tuple(_facts(subject)),
        sections=tuple(shown),
        links=tuple(_sheets(subject)),
    )
    yield File(PREVIEW, "page", subject.title, _preview(page).encode())
    yield File(PAGE, "page", subject.title, rendered(page).encode())


def _preview(page: Page) -> str:
    shown = {each.item.id: each for _, items in page.sections for each in items}
    numbers, figure = shown[NUMBERS], shown[FIGURE]
    return report_preview(page.title, numbers.table, figure.svg or None, synthetic=page.synthetic)


def _shown(sources: _Sources, item: Item) -> Made:
    source = sources.subject.source
    query = source.statement(item) if item.is_queried else sources.computed.sql(item.id)
    if item.kind == "figure":
        return _figure(sources.subject, item, query)
    if item.id == METHODS:
        return Shown(item, query, paragraphs=sources.computed.paragraphs()), []
    frame = sources.computed.frame(item.id) if item.computed else source.frame(item)
    return _table(sources, item, query, frame)


def _table(sources: _Sources, item: Item, query: str, frame: pl.DataFrame) -> Made:
    if frame.is_empty():
        return Shown(item, query), []
    subject = sources.subject
    piece = File(f"tables/{item.id}.csv", "table", item.title, frame.write_csv().encode(), query)
    table = printed(item, frame, subject.links)
    if item.id == CASES:
        return _mapped_cases(
            sources, Shown(item, query, table=table, file=piece.path), frame, piece
        )
    text = caption(item, frame)
    return Shown(item, query, table=table, file=piece.path, caption=text), [piece]


def _mapped_cases(sources: _Sources, shown: Shown, frame: pl.DataFrame, piece: File) -> Made:
    """The table of the cases with their maps in the page, and as one picture beside it."""
    pictures, across = _cases(sources.pictures, frame), len(sources.subject.context.file.phases)
    maps = sources.subject.source.filled(MAPS)
    text = f"from (\n{maps}\n)\nsemi join (\n{shown.sql}\n) using (cohort_id, patient_id, fit_id)"
    content = contact_print([(each.content, each.caption) for each in pictures], across)
    whole = File(f"figures/{CASES}.png", "figure", shown.item.title, content, text)
    caption = f"{shown.item.caption} {READ_SO} {_random_check(sources.subject)}".rstrip()
    shown = replace(shown, pictures=pictures, pictures_sql=text, across=across, caption=caption)
    return replace(shown, picture_file=whole.path), [piece, whole]


def _random_check(subject: Subject) -> str:
    from hccer.figures.attribution import random_check

    return random_check(subject.source.named(SHARES))


def _figure(subject: Subject, item: Item, query: str) -> Made:
    from hccer.figures import FIGURES, noted

    figure, frame = FIGURES[item.id], subject.source.frame(item)
    title = item.title or _numbered(figure.paper, figure.title)
    svg = figure.draw(frame)
    if svg is None:
        return Shown(item, query, title=title), []
    svg = noted(svg, SYNTHETIC) if subject.synthetic else svg
    piece = File(f"figures/{item.id}.svg", "figure", title, svg.encode(), query)
    text = item.caption or figure.caption(frame)
    return Shown(item, query, svg=svg, file=piece.path, title=title, caption=text), [piece]


def _numbered(paper: str | None, title: str) -> str:
    if paper is None:
        return title
    return f"{paper if ' ' in paper else f'Figure {paper}'}. {title}"


def _cases(pictures: Pictures, frame: pl.DataFrame) -> tuple[Picture, ...]:
    return tuple(
        replace(picture, caption=f"{row['patient_id']}, {row['event']}: {picture.caption}")
        for row in frame.iter_rows(named=True)
        for picture in pictures.maps((row["cohort_id"], row["patient_id"]), row["fit_id"])
    )


def _facts(subject: Subject) -> Iterator[tuple[str, str]]:
    context = subject.context
    yield (
        "Cohorts" if len(subject.cohorts) > 1 else "Cohort",
        "; ".join(f"{each.cohort_id}: {each.title}" for each in subject.cohorts),
    )
    yield "Patients", str(subject.split.filter(pl.col("role") != "unused").height)
    yield "Endpoint", context.file.endpoint.replace("_", " ")
    yield "Phases", ", ".join(context.file.phases)
    yield "Preset", context.file.preset
    yield "Snapshot", subject.state


def _sheets(subject: Subject) -> Iterator[Link]:
    for each in subject.cohorts:
        address = f"../{each.cohort_id}/contact_sheet.html"
        yield Link(address, f"Contact sheet of {each.cohort_id}")
