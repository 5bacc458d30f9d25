"""What a figure is: a query's rows in, SVG text out."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from hccer.figures.sheet import Sheet, drawing
from hccer.figures.svg import finished


@dataclass(frozen=True)
class Figure:
    """A figure of the report.

    Attributes:
        name: of the query in `sql/report` whose frame is drawn.
        title: heading.
        paper: the figure of the paper that it stands for, None where the paper has none.
        sheet: draws a frame that is not empty; None where nothing of it can be drawn.
        text: caption that can stand alone, with the numbers of the frame.
    """

    name: str
    title: str
    paper: str | None
    sheet: Callable[[pl.DataFrame], Sheet | None]
    text: Callable[[pl.DataFrame], str]

    def draw(self, frame: pl.DataFrame) -> str | None:
        """The figure as SVG for a page; None where there is nothing to draw."""
        if frame.is_empty():
            return None
        with drawing(self.name):
            sheet = self.sheet(frame)
            drawn = sheet and sheet.svg()
        return drawn and finished(drawn, self.name, self.title, self.text(frame))

    def caption(self, frame: pl.DataFrame) -> str:
        """What the figure shows, in words; empty for an empty frame."""
        return "" if frame.is_empty() else self.text(frame)
