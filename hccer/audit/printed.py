"""A number as it is printed: the digits say how far from it the true value may be."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from schemas.errors import HccerError

PRINTED = re.compile(
    r"(?P<relation>[<>]?)\s*(?P<number>-?(\d+\.?\d*|\.\d+))\s*(?P<percent>%?)", re.ASCII
)
COUNT = re.compile(r"\d{1,15}", re.ASCII)
# what binary fractions lose: 0.0005 either way must still touch
SLACK = 1e-9


@dataclass(frozen=True)
class Range:
    """Values from `low` to `high`, both included."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether the value is among them."""
        return self.low - SLACK <= value <= self.high + SLACK

    def meets(self, other: "Range") -> bool:
        """Whether the two have a value in common."""
        return self.low <= other.high + SLACK and other.low <= self.high + SLACK

    def agrees(self, other: "Range") -> bool:
        """Whether they have more than an end in common: 0.84 and 0.839 do, 1.2 and 1.3 do not."""
        shared = min(self.high, other.high) - max(self.low, other.low)
        return shared > SLACK or (self.low, self.high) == (other.low, other.high)

    def __add__(self, other: "Range") -> "Range":
        """Every sum of one value of each."""
        return Range(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Range") -> "Range":
        """Every difference."""
        return Range(self.low - other.high, self.high - other.low)

    def __mul__(self, other: "Range") -> "Range":
        """Every product."""
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Range(min(ends), max(ends))


# a P value is often rounded to three digits by a program, then once more by its author
ROUNDED_TWICE = 1.1


def printed_range(text: str, *, whole: bool, twice: bool = False) -> Range:
    """The values that are printed so.

    Args:
        text: such as `0.839`, `.84`, `83.9%` or `<0.001`.
        whole: a count; it stands for itself alone, and has no decimals.
        twice: it may have been rounded twice, as 0.5946 to 0.595 to 0.60.

    Returns:
        Half a unit of the last digit to either side; beyond `<` or `>`, everything.

    Raises:
        HccerError: the text is no number, or a count with decimals.
    """
    if not (COUNT if whole else PRINTED).fullmatch(text.strip()):
        raise HccerError(f"{text!r} is not a {'count' if whole else 'printed number'}")
    number = number_of(text)
    value, relation = float(number), _parts(text)["relation"]
    if relation:
        return Range(-math.inf, value) if relation == "<" else Range(value, math.inf)
    half = 0.0 if whole else float(Decimal(5).scaleb(number.as_tuple().exponent - 1))
    half *= ROUNDED_TWICE if twice else 1
    return Range(value - half, value + half)


def number_of(text: str) -> Decimal:
    """The number that a printed text shows: 83.9% is 0.839."""
    parts = _parts(text)
    return Decimal(parts["number"]).scaleb(-2 if parts["percent"] else 0)


def _parts(text: str) -> re.Match:
    return PRINTED.fullmatch(text.strip())


def same_number(text: str, other: str) -> bool:
    """Whether two texts differ by zeros at the end at most: 2.49 and 2.490."""
    same_relation = _parts(text)["relation"] == _parts(other)["relation"]
    return same_relation and number_of(text) == number_of(other)


def decimals(text: str) -> int:
    """Digits after the point."""
    return max(0, -number_of(text).as_tuple().exponent)


def one_digit_changed(text: str, wanted: Range) -> list[str]:
    """The texts with one other digit whose number is in a range."""
    places = [place for place, sign in enumerate(text) if sign.isdigit()]
    changed = [
        text[:place] + digit + text[place + 1 :]
        for place in places
        for digit in "0123456789"
        if digit != text[place]
    ]
    return [each for each in changed if wanted.holds(float(number_of(each)))]
