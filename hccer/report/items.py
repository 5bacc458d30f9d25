"""What a report consists of: sections of tables, figures and texts, declared in `items.yaml`."""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["table", "numbers", "figure", "pictures", "text"]
Show = Literal[
    "text", "number", "significant", "interval", "count", "p", "part", "yes", "words", "patient"
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Frozen):
    """One printed column.

    Attributes:
        of: columns of the query: one; for an interval value, low and high; for a count n and
            percent; for a P value that and the smallest one possible; for a patient cohort and
            patient.
        head: as it is printed.
        group: head over several columns.
        show: how; `words` is free text that may be long, `p` a P value, `part` a part of the
            patients.
        digits: decimals of a number, of the percentage for a count; all digits of a significant.
        varies: left out where all rows that have a value say the same.
        optional: left out where no row has a value.
    """

    of: tuple[str, ...] = Field(min_length=1)
    head: str
    group: str = ""
    show: Show = "text"
    digits: int = 0
    varies: bool = False
    optional: bool = False


class Item(_Frozen):
    """A table, figure or text of the report.

    Attributes:
        title: of a figure where empty, the figure's own.
        caption: of a figure where empty, the figure's own; `{name}` is a column of the first row.
        query: file of `sql/report`, or of `sql/queries` after that word; its own id where empty.
        computed: shown is what is worked out from the rows, or from the study itself.
        absent: what is said where the query gives no row.
        fold: shown closed.
        filtered: with a field to filter its rows.
        fixed: its rows belong in this order.
        grouped: a row without a value in its first column goes on with the row above; what it does
            not say is empty.
    """

    id: str
    kind: Kind
    title: str = ""
    caption: str = ""
    query: str = ""
    computed: bool = False
    columns: tuple[Column, ...] = ()
    absent: str = "There are no rows for it in this study."
    fold: bool = False
    filtered: bool = False
    fixed: bool = False
    grouped: bool = False

    @property
    def is_queried(self) -> bool:
        """Whether it shows the rows of a query of its own."""
        return bool(self.query) or not self.computed

    @property
    def source(self) -> tuple[str, str]:
        """Folder and name of its SQL file."""
        folder, _, name = (self.query or self.id).rpartition("/")
        return folder or "report", name


class Section(_Frozen):
    """Items under one heading of the navigation."""

    id: str
    title: str
    intro: str = ""
    items: tuple[Item, ...] = ()


@cache
def sections() -> tuple[Section, ...]:
    """The study page, top to bottom."""
    return _declared("items.yaml")


@cache
def patient_sections() -> tuple[Section, ...]:
    """The page of a patient, top to bottom."""
    return _declared("patient_items.yaml")


def items(of: tuple[Section, ...]) -> Iterator[Item]:
    """Every item of some sections."""
    return (item for section in of for item in section.items)


def _declared(file: str) -> tuple[Section, ...]:
    text = (resources.files("hccer.report") / file).read_text(encoding="utf-8")
    return tuple(Section.model_validate(each) for each in yaml.safe_load(text))
