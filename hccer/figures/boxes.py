"""Boxes and arrows, placed first and drawn when the height is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hccer.figures.sheet import LINE, SIZE, Sheet
from hccer.figures.styles import INK, Style
from hccer.figures.words import wrapped

PADDING = 6


@dataclass
class Plan:
    """Collects boxes, arrows and text in drawing units."""

    height: float = 0
    _steps: list[Callable[[Sheet], None]] = field(default_factory=list)

    def box(self, left: float, top: float, width: float, lines: Sequence[str]) -> float:
        """A frame with wrapped lines, the first of them bold; returns where it ends."""
        shown = [(piece, at == 0) for at, line in enumerate(lines)
                 for piece in wrapped(line, width - 2 * PADDING, SIZE, bold=at == 0)]  # fmt: skip
        bottom = top + LINE * len(shown) + 2 * PADDING
        self._add(bottom, lambda sheet: sheet.frame(left, top, width, bottom - top))
        for at, (text, bold) in enumerate(shown):
            y = top + PADDING + LINE * (at + 0.5)
            self.text(left + width / 2, y, text, align="center", bold=bold)
        return bottom

    def text(self, x: float, y: float, text: str, **look: object) -> None:
        """One line, y its middle."""
        self._add(y + LINE / 2, lambda sheet: sheet.text(x, y, text, **look))

    def bar(self, left: float, top: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle."""
        self._add(top + height, lambda sheet: sheet.frame(left, top, width, height, fill, 0.55))

    def line(self, *points: tuple[float, float]) -> None:
        """Straight lines from point to point."""
        xs, ys = zip(*points, strict=True)
        self._add(max(ys), lambda sheet: sheet.line(xs, ys, Style(INK, width=1)))

    def arrow(self, x_from: float, y_from: float, x_to: float, y_to: float) -> None:
        """A straight arrow."""
        self._add(max(y_from, y_to), lambda sheet: sheet.arrow(x_from, y_from, x_to, y_to))

    def _add(self, bottom: float, step: Callable[[Sheet], None]) -> None:
        self.height = max(self.height, bottom)
        self._steps.append(step)

    def sheet(self) -> Sheet:
        """Everything, drawn."""
        sheet = Sheet(self.height + PADDING)
        for step in self._steps:
            step(sheet)
        return sheet
