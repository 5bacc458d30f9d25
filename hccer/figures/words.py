"""Words and numbers as figures print them."""

import re
import textwrap

import polars as pl

ROLES = {
    "train": "Training",
    "validation": "Validation",
    "out_of_fold": "Out of fold",
    "external": "External",
}
# width of a letter in units of the type size, on the wide side
LETTER, BOLD_LETTER = 0.57, 0.66
LONGEST = 22
NOTHING = "–"
SMALLEST_P, P_DIGITS = 0.001, 3
LARGEST = 1000


def part(role: str, cohort_id: str) -> str:
    """A part of the patients by its name; external ones with their cohort."""
    return f"{ROLES[role]}: {cohort_id}" if role == "external" else ROLES[role]


def fixed(value: float, digits: int) -> str:
    """A number with so many decimals, a true minus sign, and none before a rounded zero."""
    text = f"{value:.{digits}f}"
    if not text.strip("-0."):
        text = text.lstrip("-")
    return text.replace("-", "−")


def limits(low: float, high: float, digits: int) -> str:
    """`0.574–0.749`; with a word between where a minus would stand beside the dash."""
    return f"{fixed(low, digits)}{' to ' if low < 0 else '–'}{fixed(high, digits)}"


def number(value: float | None, digits: int = 3) -> str:
    """A number; short where it is large, a dash where there is none."""
    if value is None:
        return NOTHING
    if abs(value) >= LARGEST:
        return f"{value:.0e}".replace("-", "−")
    return fixed(value, digits)


def interval(value: float | None, low: float | None, high: float | None, digits: int = 3) -> str:
    """`0.662 (0.574–0.749)`; without the brackets where the interval is not defined."""
    if low is None or high is None:
        return number(value, digits)
    wide = max(abs(low), abs(high)) >= LARGEST
    text = f"{number(low, digits)}–{number(high, digits)}" if wide else limits(low, high, digits)
    return f"{number(value, digits)} ({text})"


def span(values: pl.Series) -> str:
    """`13–14`, or `13` where all are the same."""
    low, high = values.min(), values.max()
    return f"{low}" if low == high else f"{low}–{high}"


def p_text(value: float) -> str:
    """`0.023`, or `<0.001`."""
    return f"<{SMALLEST_P}" if value < SMALLEST_P else f"{value:.{P_DIGITS}f}"


def p_value(value: float | None) -> str:
    """`P = 0.023`, or `P < 0.001`."""
    if value is None:
        return NOTHING
    text = p_text(value)
    return f"P < {text[1:]}" if text.startswith("<") else f"P = {text}"


def plain(name: str) -> str:
    """A column's or item's name as words."""
    return name.replace("_", " ")


def identifier(*parts: object) -> str:
    """A part of an id from names in the data."""
    return re.sub(r"[^\w-]+", "-", "-".join(map(str, parts)))


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Lines that fit into a width in drawing units."""
    letter = (BOLD_LETTER if bold else LETTER) * size
    return textwrap.wrap(text, max(1, int(width / letter))) or [""]


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text cut to a number of letters; the caption has the whole."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def listed(frame: pl.DataFrame, *columns: str) -> list[tuple]:
    """Distinct values of columns, in the order of the frame."""
    return frame.select(columns).unique(maintain_order=True).rows()
