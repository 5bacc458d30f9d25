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
LARGEST = 1000


def part(role: str, cohort_id: str) -> str:
    """A part of the patients by its name; external ones with their cohort."""
    return f"{ROLES[role]}: {cohort_id}" if role == "external" else ROLES[role]


def number(value: float | None, digits: int = 3) -> str:
    """A number with a true minus sign; a dash where there is none."""
    if value is None:
        return "–"
    if abs(value) >= LARGEST:
        return f"{value:.0e}".replace("-", "−")
    # adding 0 takes the sign from a rounded zero
    return f"{round(value, digits) + 0:.{digits}f}".replace("-", "−")


def interval(value: float | None, low: float | None, high: float | None, digits: int = 3) -> str:
    """`0.662 (0.574–0.749)`; without the brackets where the interval is not defined."""
    if low is None or high is None:
        return number(value, digits)
    return f"{number(value, digits)} ({number(low, digits)}–{number(high, digits)})"


def p_value(value: float | None) -> str:
    """`P = 0.023`, or `P < 0.001`."""
    if value is None:
        return "–"
    return "P < 0.001" if value < 0.001 else f"P = {value:.3f}"


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
