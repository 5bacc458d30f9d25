"""How series are told apart: colours after Okabe and Ito, and a line style or marker for each."""

from dataclasses import dataclass, replace

# stands for the page's text colour until the SVG is finished; nothing else uses it
INK = "#010203"
# their blue, lighter: it must hold on a dark page too
BLUE, VERMILION, GREEN, PURPLE = "#2485C8", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY = "#E69F00", "#56B4E9"


@dataclass(frozen=True)
class Style:
    """Of one series.

    Attributes:
        dashes: on and off in line widths; empty: solid.
    """

    color: str
    dashes: tuple[float, ...] = ()
    marker: str = "o"
    width: float = 1.6

    @property
    def line(self) -> dict:
        """Keywords of matplotlib's `plot`."""
        pattern = (0, self.dashes) if self.dashes else "-"
        return {"color": self.color, "linestyle": pattern, "linewidth": self.width}


# a model looks the same in every figure
MODELS = {
    "CR": Style(GREEN, (1, 1), "^"),
    "radiomics": Style(BLUE, (4, 1.5), "s"),
    "DL": Style(PURPLE, (5, 1.5, 1, 1.5), "D"),
    "RCR": Style(VERMILION, (), "v", 1.8),
    "DLRCR": Style(INK, (), "o", 2.0),
}
THIN = 1.0  # of what stands beside models to be compared with them
# none looks like a model
OTHERS = (
    Style(BLUE, (), "o"),
    Style(VERMILION, (4, 1.5), "s"),
    Style(GREEN, (5, 1.5, 1, 1.5), "^"),
    Style(PURPLE, (1, 1), "D"),
    Style(ORANGE, (2, 1), "v"),
    Style(SKY, (4, 1.5), "P"),
    Style(INK, (1, 1), "X"),
    Style(INK, (7, 2), "<"),
    Style(BLUE, (1, 2.5), ">"),
)


def styles_of(series: list[str]) -> dict[str, Style]:
    """A style for each series: the model's own, else the next of the others.

    Args:
        series: names in the order in which they are shown.
    """
    others = [name for name in series if name not in MODELS]
    own = {name: OTHERS[place % len(OTHERS)] for place, name in enumerate(others)}
    if len(others) < len(series):
        own = {name: replace(style, width=THIN) for name, style in own.items()}
    return {name: MODELS.get(name) or own[name] for name in series}
