"""The pages of a report as HTML: everything inside them, no request leaves them."""

import base64
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from hccer.report.items import Item, Section
from hccer.report.tables import PrintedTable


@dataclass(frozen=True)
class Picture:
    """A picture inside the page.

    Attributes:
        address: data URI.
        alt: what it shows, in words.
        content: its file.
    """

    address: str
    alt: str
    caption: str = ""
    content: bytes = b""


@dataclass(frozen=True)
class Shown:
    """An item with what it shows; nothing of it where its query gave no row.

    Attributes:
        sql: the query as `hccer sql` takes it.
        pictures_sql: the query of what the pictures are drawn from.
        svg: a drawing as `hccer.figures` makes it, fit to stand in the page.
        paragraphs: heading and text.
        file: the piece beside the page, for download.
        picture_file: the pictures as one beside the page.
        title, caption: in place of the item's.
        across: pictures in a row.
    """

    item: Item
    sql: str = ""
    pictures_sql: str = ""
    table: PrintedTable | None = None
    pictures: tuple[Picture, ...] = ()
    svg: str = ""
    paragraphs: tuple[tuple[str, str], ...] = ()
    file: str = ""
    picture_file: str = ""
    title: str = ""
    caption: str = ""
    across: int = 3

    @property
    def is_absent(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.table or self.pictures or self.svg or self.paragraphs)


@dataclass(frozen=True)
class Link:
    """A page beside this one."""

    address: str
    text: str


@dataclass(frozen=True)
class Page:
    """What every page has.

    Attributes:
        kind: the line above the title.
        facts: what stands under the title: name and value.
        sections: with what each of their items shows.
    """

    title: str
    kind: str
    synthetic: bool
    facts: tuple[tuple[str, str], ...]
    sections: tuple[tuple[Section, tuple[Shown, ...]], ...]
    links: tuple[Link, ...] = ()


def rendered(page: Page) -> str:
    """The page as HTML."""
    return _environment().get_template("report.html").render(page=page)


def photograph(content: bytes, alt: str, caption: str = "", kind: str = "webp") -> Picture:
    """A pixel picture."""
    text = base64.b64encode(content).decode()
    return Picture(f"data:image/{kind};base64,{text}", alt, caption, content)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("hccer.report", "."), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=StrictUndefined,
    )  # fmt: skip
