"""The proof that no identity is in a finished store: every place is searched for every one.

Not searched: free space of PostgreSQL, compressed text of a PDF, and what only a picture shows.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice

import polars as pl

from schemas.tables import TABLES
from storage.identity import Identity, Known, every_spelling
from storage.places import byte_places, column_cells
from storage.spellings import Spelling
from storage.store import Store

PIECE_BYTES = 65536
PIECES_AT_ONCE = 512
FEATURES = "feature_definition.feature"
NOBODY = {"anonymous", "anonymised", "anonymized", "unknown", "none"}


@dataclass(frozen=True, order=True)
class Leak:
    """An identity that stands in the store; it is named by its pseudonym alone.

    Attributes:
        where: table and column, or file below the home.
        kind: patient_id, patient_name or birth_date.
        pseudonym: of the patient whom it names.
    """

    where: str
    kind: str
    pseudonym: str


@dataclass(frozen=True)
class Findings:
    """What a search found, and what it could not look for.

    Attributes:
        leaks: each identity once per place.
        skipped: pseudonyms of which a value, or a form of it, is a word of the store itself.
        short: how many short values were looked for in the tables' text alone.
    """

    leaks: tuple[Leak, ...] = ()
    skipped: tuple[str, ...] = ()
    short: int = 0


def leaks(store: Store, needles: Mapping[str, str] | None = None) -> list[Leak]:
    """Every identity that stands in the store: `search`, without what was not looked for."""
    return list(search(store, needles).leaks)


def search(store: Store, needles: Mapping[str, str] | None = None) -> Findings:
    """Look for every remembered patient id, name and birth date, in every usual spelling.

    Looked through are the text columns of all Parquet files, those of older snapshots and deleted
    rows included; catalog, registry, Dagster's files and reports byte by byte, their free pages
    included (databases also by cell, archives unpacked); and the headers of the blobs.

    An id of fewer than 4 characters, or of fewer than 6 that are all hexadecimal digits, stands
    everywhere by chance: it is looked for in the Parquet files alone, as a whole cell, a part of a
    path, or (when it has a letter) a word. A family or given name of fewer than 4 letters is
    looked for only beside the other. Values equal to a registered cohort, study, phase or reader,
    to a table, column or feature, or to a word for nobody are not looked for: they are `skipped`.

    Args:
        needles: ids to look for instead of those remembered, each with what it is called.

    Raises:
        HccerError: a place cannot be searched.
    """
    known = _given(needles) if needles is not None else _remembered(store)
    if not known:
        return Findings()
    cells = dict(column_cells(store.home))
    words = _words_of_the_store(store, cells)
    every = list(every_spelling(known))
    wanted = [each for each in every if each.text.lower() not in words]
    skipped = {each.token for each in every if each.text.lower() in words}
    short = [each for each in wanted if each.is_short]
    found = _short_leaks(cells, short, words)
    found |= _long_leaks(_places(store, cells), [each for each in wanted if not each.is_short])
    count = len({(each.kind, each.text) for each in short})
    return Findings(tuple(sorted(found)), tuple(sorted(skipped)), count)


def _given(needles: Mapping[str, str]) -> list[Known]:
    return [Known("", "patient_id", value, token) for value, token in needles.items() if value]


def _remembered(store: Store) -> list[Known]:
    return [each for each in Identity(store.home).values() if each.kind != "path"]


def _words_of_the_store(store: Store, cells: dict[str, list[str]]) -> set[str]:
    cohorts = store.registry.cohorts()
    words = {row.cohort_id for row in cohorts} | {row.study_id for row in store.registry.studies()}
    for row in cohorts:
        words |= set(json.loads(row.file_json).get("phases", []))
        words |= set(re.findall(r'"reader":\s*"([^"]+)"', row.file_json))
    words |= {name for table in TABLES.values() for name in (table.name, *table.column_names)}
    words |= set(filter(str.isalpha, cells.get(FEATURES, ())))
    return {word.lower() for word in words} | NOBODY


def _short_leaks(cells: dict[str, list[str]], short: list[Spelling], words: set[str]) -> set[Leak]:
    by_text = _grouped((each.text.lower(), each) for each in short)
    found = set()
    for where, values in (cells if short else {}).items():
        there = {word for value in values if value.lower() not in words for word in _words(value)}
        named = [each for text in there & set(by_text) for each in by_text[text]]
        found |= {Leak(where, each.kind, each.token) for each in named}
    return found


def _words(value: str) -> Iterator[str]:
    """A cell, its words with a letter, and, where it is no sentence, the parts of a path."""
    yield value.lower()
    yield from (word for word in re.split(r"[\W_]+", value.lower()) if not word.isdigit())
    if " " not in value:
        yield from (re.sub(r"\.[a-z].*", "", part) for part in re.split("[/_]", value.lower()))


def _places(store: Store, cells: dict[str, list[str]]) -> Iterator[tuple[str, bytes]]:
    for where, values in cells.items():
        yield where, "\0".join(values).encode()
    yield from byte_places(store)


def _long_leaks(places: Iterable[tuple[str, bytes]], wanted: list[Spelling]) -> set[Leak]:
    if not wanted:
        return set()
    by_text = _grouped((_lower(each.text), each) for each in map(Spelling.as_bytes, wanted))
    pieces = _pieces(places, max(map(len, by_text)) + 1)
    found: set[Leak] = set()
    while batch := list(islice(pieces, PIECES_AT_ONCE)):
        hits = pl.Series([piece for _, piece in batch]).str.extract_many(
            list(by_text), ascii_case_insensitive=True, overlapping=True
        )
        for (where, piece), texts in zip(batch, hits, strict=True):
            named = {text: by_text[text] for text in map(_lower, texts)}
            found |= _confirmed(where, piece, named)
    return found


def _pieces(places: Iterable[tuple[str, bytes]], overlap: int) -> Iterator[tuple[str, str]]:
    """Small overlapping texts, so that a hit is looked at again in a small one."""
    for where, content in places:
        for start in range(0, len(content), PIECE_BYTES):
            piece = content[max(0, start - overlap) : start + PIECE_BYTES]
            yield where, piece.decode("latin-1")


def _confirmed(where: str, piece: str, named: dict[str, list[Spelling]]) -> set[Leak]:
    """The leaks among texts of a piece: those that are no part of a longer word or number."""
    lowered = _lower(piece)
    there = []
    for text in sorted(named, key=len, reverse=True):
        by_expression = _grouped((each.expression, each) for each in named[text])
        for expression, same in by_expression.items():
            pattern = _compiled(expression)
            if any(pattern.match(piece, at) for at in _positions(text, lowered)):
                there += same
                where = pattern.sub(same[0].token, where)  # a file may bear a patient's name
    return {Leak(where, each.kind, each.token) for each in there}


def _positions(text: str, piece: str) -> Iterator[int]:
    at = piece.find(text)
    while at >= 0:
        yield at
        at = piece.find(text, at + 1)


def _grouped(named: Iterable[tuple[str, Spelling]]) -> dict[str, list[Spelling]]:
    found = defaultdict(list)
    for name, each in named:
        found[name].append(each)
    return found


def _lower(text: str) -> str:
    """As the search disregards case: in ASCII letters alone."""
    return text.encode("latin-1").lower().decode("latin-1")


_compiled = cache(re.compile)
