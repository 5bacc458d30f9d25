"""How an identity may be written in a text, and where in a text it counts as written."""

import html
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

DATE_FORMATS = ("%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")
SEPARATORS = ("^", " ", ", ", ",", "_", "-", "")
SHORTEST_SEARCHED = 4
SHORTEST_HEXADECIMAL = 6
SHORTEST_SCRUBBED = 3


@dataclass(frozen=True, repr=False)
class Spelling:
    """One way to write one identity.

    Attributes:
        text: what is looked for.
        kind: patient_id, patient_name, birth_date or path.
        token: pseudonym of the patient, or token of the path.
        exact_case: a family or given name alone: "Long" and "LONG", but not the word "long".
    """

    text: str
    kind: str
    token: str
    exact_case: bool = False

    @property
    def is_short(self) -> bool:
        """Whether it stands in any file by chance: 3 characters, or 5 that hashes could hold."""
        return len(self.text) < (
            SHORTEST_HEXADECIMAL if self._is_hexadecimal else SHORTEST_SEARCHED
        )

    @cached_property
    def expression(self) -> str:
        """Regular expression of the text where it is not a part of a longer word or number."""
        edges = [self._forbidden(self.text[0]), self._forbidden(self.text[-1])]
        before, after = (f"[{edge}]" if edge else "(?!)" for edge in edges)
        case = "" if self.exact_case else "i"
        return f"(?<!{before})(?{case}:{re.escape(self.text)})(?!{after})"

    @property
    def _is_hexadecimal(self) -> bool:
        return self.kind != "patient_name" and bool(re.fullmatch("[0-9a-fA-F]+", self.text))

    def _forbidden(self, edge: str) -> str:
        """Neighbours that would make the text a part of something else."""
        if len(self.text) < SHORTEST_SCRUBBED:
            return "0-9A-Za-z"
        if self._is_hexadecimal:  # hashes hold every short number
            return "0-9a-fA-F"
        if edge.isdigit():
            return "0-9"
        return "A-Za-z" if self.kind == "patient_name" or self.text.isalpha() else ""

    def as_bytes(self) -> "Spelling":
        """The same for texts that are bytes decoded as Latin-1."""
        if self.text.isascii():
            return self
        return replace(self, text=self.text.encode().decode("latin-1"))


def spellings(kind: str, value: str, token: str) -> Iterator[Spelling]:
    """Every spelling that is looked for, those inside JSON and HTML included; a path has one.

    Args:
        kind: patient_id, patient_name, birth_date or path.
        value: as the source has it; a name as DICOM writes it, as `Family, Given`, or in words.
        token: what stands for it in the store.

    Source: DICOM PS3.5, 6.2.1.2 (components `^` and groups `=` of a person's name).
    """
    if kind == "path":
        yield Spelling(value, kind, token)
        return
    whole = {"birth_date": _dates, "patient_name": _names}.get(kind, lambda given: [given])(value)
    for text in _written(whole):
        yield Spelling(text, kind, token)
    if kind == "patient_name":
        cases = [case for part in _parts(value) for case in (part, part.upper(), part.title())]
        for text in _written(cases):
            yield Spelling(text, kind, token, exact_case=True)


def _written(texts: list[str]) -> list[str]:
    every = [form for text in texts for case in _cases(text) for form in _escaped(case)]
    return list(dict.fromkeys(every))


def _cases(text: str) -> list[str]:
    """Searches disregard the case of ASCII letters alone."""
    return [text] if text.isascii() else [text, text.upper(), text.lower(), text.title()]


def _escaped(text: str) -> list[str]:
    return [text, json.dumps(text)[1:-1], html.escape(text)]


def _dates(value: str) -> list[str]:
    for form in DATE_FORMATS:
        with suppress(ValueError):
            day = datetime.strptime(value, form)
            return [day.strftime(each) for each in DATE_FORMATS]
    return [value]


def _names(value: str) -> list[str]:
    pairs = [(a, b) for a, b in _family_and_given(value) if a and b]
    orders = pairs + [(given, family) for family, given in pairs]
    return [value] + [a + separator + b for a, b in orders for separator in SEPARATORS]


def _parts(value: str) -> list[str]:
    """Family and given name, where they are long enough to mean somebody by themselves."""
    named = [part for pair in _family_and_given(value) for part in pair]
    return [part for part in named if len(part) >= SHORTEST_SEARCHED]


def _family_and_given(value: str) -> list[tuple[str, str]]:
    return [_split(group) for group in value.split("=") if group.strip()]


def _split(name: str) -> tuple[str, str]:
    if "^" in name or "," in name:
        family, given, *_ = [*re.split(r"[\^,]", name), ""]
    else:
        given, _, family = name.strip().rpartition(" ")
    return family.strip(), given.strip()
