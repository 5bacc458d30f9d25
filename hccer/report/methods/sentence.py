"""A sentence of the methods, with where its numbers are from; words for settings."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel

COUNTS = "sql/report/methods_counts"
SOFTWARE = "sql/report/provenance"
Counts = dict[str, object]


@dataclass(frozen=True)
class Sentence:
    """One sentence; `source` are the fields of the preset and the queries that it is made of."""

    text: str
    source: str


def listed(words: Iterable[object]) -> str:
    """a, b and c."""
    *first, last = [spoken(word) for word in words] or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last


def spoken(value: object) -> str:
    """A value as text: 25.0 is 25."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return " x ".join(spoken(each) for each in value)
    return str(value)


def named(settings: BaseModel, *left_out: str) -> str:
    """Every field that is set, with its value: `C 1, kernel rbf`.

    Args:
        settings: a settings model without nested ones.
        left_out: fields that stand elsewhere.
    """
    values = settings.model_dump(exclude_none=True, exclude=set(left_out))
    return ", ".join(f"{name.replace('_', ' ')} {spoken(value)}" for name, value in values.items())


def percent(share: float) -> str:
    """0.95 as 95%."""
    return f"{100 * share:g}%"


def plural(n: object, one: str, many: str = "") -> str:
    """1 patient, 2 patients."""
    return f"{n} {one if n == 1 else many or one + 's'}"
