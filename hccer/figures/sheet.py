"""A sheet to draw on: matplotlib with places in drawing units from the top left corner."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hccer.figures.styles import INK, Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# 440 units in a phone's 360 px leave a letter of 11.5 units its 9 px
WIDTH = 440
SIZE = 11.5
LINE = 14.5
QUIET = 0.72
_UNITS_PER_INCH = 72
_STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": SIZE,
    "axes.titlesize": SIZE,
    "axes.labelsize": SIZE,
    "xtick.labelsize": SIZE,
    "ytick.labelsize": SIZE,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color",
         "patch.edgecolor"), INK,
    ),
}  # fmt: skip


@contextmanager
def drawing(name: str) -> Iterator[None]:
    """Matplotlib's settings while a figure is drawn and written; the same name, the same bytes."""
    import matplotlib

    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        yield


class Sheet:
    """A figure of `WIDTH` by `height` units; use inside `drawing`."""

    def __init__(self, height: float) -> None:
        from matplotlib.figure import Figure

        self.height = height
        size = (WIDTH / _UNITS_PER_INCH, height / _UNITS_PER_INCH)
        self.figure = Figure(figsize=size, dpi=_UNITS_PER_INCH, facecolor="none")

    def axes(self, left: float, top: float, width: float, height: float) -> "Axes":
        """Axes whose frame lies there; ticks and labels stand outside."""
        bottom = self.height - top - height
        place = (left / WIDTH, bottom / self.height, width / WIDTH, height / self.height)
        return self.figure.add_axes(place)

    def text(
        self, x: float, y: float, text: str, *, align: str = "left", bold: bool = False,
        quiet: bool = False,
    ) -> None:  # fmt: skip
        """One line, y its middle."""
        self.figure.text(
            x / WIDTH, 1 - y / self.height, text, ha=align, va="center_baseline",
            fontweight="bold" if bold else "normal", alpha=QUIET if quiet else 1,
        )  # fmt: skip

    def line(self, xs: Sequence[float], ys: Sequence[float], style: Style) -> None:
        """A line through points."""
        from matplotlib.lines import Line2D

        places = [x / WIDTH for x in xs], [1 - y / self.height for y in ys]
        self.figure.add_artist(Line2D(*places, **style.line))

    def mark(self, x: float, y: float, style: Style) -> None:
        """The marker of a style."""
        from matplotlib.lines import Line2D

        place = [x / WIDTH], [1 - y / self.height]
        self.figure.add_artist(Line2D(*place, color=style.color, marker=style.marker, ls="none"))

    def frame(
        self, left: float, top: float, width: float, height: float, fill: str | None = None,
        alpha: float = 1,
    ) -> None:  # fmt: skip
        """A rectangle: an outline, or filled with a colour."""
        from matplotlib.patches import Rectangle

        place = (left / WIDTH, 1 - (top + height) / self.height)
        look = {"fill": False} if fill is None else {"color": fill, "alpha": alpha}
        size = (width / WIDTH, height / self.height)
        self.figure.add_artist(Rectangle(place, *size, linewidth=0.8, **look))

    def arrow(self, x_from: float, y_from: float, x_to: float, y_to: float) -> None:
        """A straight arrow."""
        from matplotlib.patches import FancyArrowPatch

        ends = [(x / WIDTH, 1 - y / self.height) for x, y in ((x_from, y_from), (x_to, y_to))]
        arrow = FancyArrowPatch(
            *ends, transform=self.figure.transFigure, arrowstyle="-|>", mutation_scale=9,
            shrinkA=0, shrinkB=0, color=INK, linewidth=1,
        )  # fmt: skip
        self.figure.add_artist(arrow)

    def svg(self) -> str:
        """What matplotlib writes."""
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        written = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        FigureCanvasSVG(self.figure).print_svg(written, metadata=nothing)
        return written.getvalue()
