"""Pages of a report as a reader finds them: tables with their cells, SQL, links, text."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import polars as pl

from hccer.report.items import Column, Item
from hccer.report.tables import NOTHING, part_text, shown_columns

NUMBER = re.compile(r"−?\d+(?:\.\d+)?")
VOID = {"meta", "input", "img", "br", "link"}


@dataclass
class Found:
    """One article of a page: rows of its table, its queries, its cards (head and number), text."""

    rows: list[list[str]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    text: str = ""

    @property
    def sql(self) -> str:
        """The query of the table or figure."""
        return self.queries[0] if self.queries else ""

    @property
    def cards(self) -> dict[str, str]:
        """What stands under each head, spaces aside."""
        numbers = (" ".join(each.split()) for each in self.numbers)
        return dict(zip(self.heads, numbers, strict=True))


class Reading(HTMLParser):
    """Articles by id, and what stands above them; tags with their attributes; text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.articles: dict[str, Found] = {}
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self._open: list[str] = []
        self.head = self._article = Found()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "article":
            self._article = self.articles.setdefault(attributes["id"], Found())
        elif tag == "tr" and "tbody" in self._open:
            self._article.rows.append([])
        elif tag == "td":
            self._article.rows[-1].append("")
        for name, texts in self._texts.items():
            if tag == name:
                texts.append("")

    @property
    def _texts(self) -> dict[str, list[str]]:
        found = self._article
        return {"code": found.queries, "dd": found.numbers, "dt": found.heads}

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if {"style", "script"} & set(self._open):
            return
        self.text += data
        self._article.text += data
        if "td" in self._open:
            self._article.rows[-1][-1] += data
        for name, texts in self._texts.items():
            if name in self._open:
                texts[-1] += data

    def of(self, tag: str) -> list[dict]:
        """Attributes of every element of a kind."""
        return [attributes for name, attributes in self.tags if name == tag]


def check_table(item: Item, found: Found, frame: pl.DataFrame) -> int:
    """Compare every printed cell with the query's value; returns how many numbers there were."""
    columns = shown_columns(item, frame)
    assert len(found.rows) == len(frame), item.id
    count = 0
    for cells, row in zip(found.rows, frame.iter_rows(named=True), strict=True):
        assert len(cells) == len(columns), (item.id, cells)
        for text, column in zip(cells, columns, strict=True):
            count += _check_cell(item, column, text, row)
    return count


def check_cards(item: Item, found: Found, frame: pl.DataFrame) -> int:
    """Compare every key number with the query's one row; returns how many numbers there were."""
    (row,) = frame.to_dicts()
    known = [column for column in item.columns if row[column.of[0]] is not None]
    assert list(found.cards) == [column.head for column in known]
    return sum(_check_cell(item, column, found.cards[column.head], row) for column in known)


def _check_cell(item: Item, column: Column, text: str, row: dict) -> int:
    values = [row[name] for name in column.of]
    where = (item.id, column.head, text, values)
    if column.show == "patient":
        assert text == values[-1], where
    elif values[0] is None:
        assert text == ("" if item.grouped else NOTHING), where
    elif column.show == "yes":
        assert text == ("yes" if values[0] else "no"), where
    elif column.show == "part":
        assert text == part_text(values[0]) != values[0], where
    elif column.show == "significant":
        assert float(text.replace("−", "-")) == float(f"{values[0]:.{column.digits}g}"), where
        return 1
    elif column.show in ("number", "interval", "count", "p"):
        return _check_numbers(column, text, values, where)
    else:
        assert text == str(values[0]), where
    return 0


def _check_numbers(column: Column, text: str, values: list, where: tuple) -> int:
    if text.startswith("<"):
        assert column.show == "p" and values[0] < float(text[1:]), where
        return 1
    known = values if None not in values else values[:1]
    digits = {"p": [3], "count": [0, column.digits]}.get(column.show, [column.digits] * 3)
    printed = [each.replace("−", "-") for each in NUMBER.findall(text.replace(",", ""))]
    expected = [f"{value:.{places}f}" for value, places in zip(known, digits, strict=False)]
    assert [float(each) for each in printed] == [float(each) for each in expected], where
    assert [len(each.lstrip("-")) for each in printed] == [
        len(each.lstrip("-")) for each in expected
    ], where
    return len(printed)
