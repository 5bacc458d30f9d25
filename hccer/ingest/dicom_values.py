"""Values of a DICOM header in the types that we expect; what is of another type is not said.

Source: DICOM PS3.5 6.2 (value representations).
"""

from collections.abc import Sequence

from pydicom import Dataset

FAULTS = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, NotImplementedError)


def value(data: Dataset, keyword: str) -> object:
    """An element's value; None where it is absent or cannot be decoded."""
    try:
        return data.get(keyword)
    except FAULTS:
        return None


def text(data: Dataset, keyword: str) -> str:
    """An element as printable text, at most 1024 characters; values are joined by a backslash."""
    given = value(data, keyword)
    several = isinstance(given, Sequence) and not isinstance(given, str | bytes)
    words = list(given[:64]) if several else [given]
    if any(isinstance(each, Dataset | bytes | None) for each in words):
        return ""
    joined = "\\".join(map(str, words))[:1024]
    printable = joined if joined.isprintable() else "".join(filter(str.isprintable, joined))
    return printable.strip()


def number(data: Dataset, keyword: str) -> float | None:
    """An element as a finite number; None where it is none."""
    numbers = list_of_numbers(data, keyword)
    return numbers[0] if numbers else None


def list_of_numbers(data: Dataset, keyword: str) -> list[float]:
    """An element as finite numbers; empty where any is none."""
    given = value(data, keyword)
    several = not isinstance(given, str | bytes) and isinstance(given, Sequence)
    try:
        numbers = [float(each) for each in (given if several else [given])]
    except FAULTS:
        return []
    return numbers if all(abs(each) < float("inf") for each in numbers) else []


def items(data: Dataset, keyword: str) -> list[Dataset]:
    """Items of a sequence; empty where it is absent or no sequence."""
    given = value(data, keyword)
    several = isinstance(given, Sequence) and not isinstance(given, str | bytes)
    return [each for each in given if isinstance(each, Dataset)] if several else []


def first_item(groups: Sequence[Dataset], keyword: str) -> Dataset:
    """The first item of a sequence in the first of some functional groups that has it.

    Args:
        groups: groups of one frame: its own, then the ones that all frames share.

    Source: DICOM PS3.3 C.7.6.16, multi-frame functional groups.
    """
    for group in groups:
        for item in items(group, keyword):
            return item
    return Dataset()


def first_frame(data: Dataset) -> list[Dataset]:
    """The functional groups of the first frame; of a single-frame file, none."""
    own = items(data, "PerFrameFunctionalGroupsSequence")[:1]
    return [*own, *items(data, "SharedFunctionalGroupsSequence")[:1]]
