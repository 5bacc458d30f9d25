"""What a user asks for by name, held against what is there: a wrong name is one sentence."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

import sql as sql_files
from schemas.errors import HccerError
from storage.reading import NAMED, Reader

PHASES = "select distinct phase from image where $cohort is null or cohort_id = $cohort order by 1"
FEATURES = "select distinct feature_name from feature_definition order by 1"
# an older snapshot may hold a study that was removed since
STUDIES = "select study_id from study union select study_id from split order by 1"
FITS = "select fit_id from model_fit where study_id = $study order by 1"
SHOWN = 20  # more names than these are suggested from, not listed


def check_query(reader: Reader, word: str) -> None:
    """Refuse a single word that is no query, for DuckDB would call it a syntax error.

    Raises:
        HccerError: with a table, or queries, that may be meant.
    """
    known = {name for folder in NAMED for name in sql_files.load(folder)}
    if not word.replace("-", "_").isidentifier() or word in known:
        return
    if word in reader.query("show tables")["name"]:
        raise HccerError(f'{word} is a table, not a query: `hccer sql "from {word}"`')
    raise HccerError(f"there is no query {word!r}{_meant(word, known)} see `hccer tables`")


def check_parameters(reader: Reader, given: Mapping[str, str]) -> None:
    """Refuse a study, phase or feature that no row has; a cohort is checked by the reader.

    Raises:
        HccerError: with those that are there.
    """
    if "study" in given:
        check_study(reader, given["study"])
    if "phase" in given:
        named = {"cohort": given.get("cohort")}
        _check("phase", given["phase"], reader.query(PHASES, named)["phase"].to_list())
    if "feature" in given:
        check_feature(reader, given["feature"])


def check_study(reader: Reader, study_id: str) -> None:
    """Raise HccerError, naming those there are, when a study is not registered."""
    known = reader.query(STUDIES)["study_id"].to_list()
    if study_id not in known:
        there = ", ".join(known) or "none: `hccer study add` first"
        raise HccerError(f"there is no study {study_id!r}; registered: {there}")


def check_fit(reader: Reader, study_id: str, fit_id: str) -> None:
    """Raise HccerError, naming those there are, when a study, or its fit, is not there."""
    check_study(reader, study_id)
    known = reader.query(FITS, {"study": study_id})["fit_id"].to_list()
    if not known:
        raise HccerError(f"study {study_id} has no fit yet: `hccer run --study {study_id}`")
    if fit_id not in known:
        raise HccerError(f"study {study_id} has no fit {fit_id!r}; its fits: {', '.join(known)}")


def check_feature(reader: Reader, name: str) -> None:
    """Raise HccerError, with what may be meant, when a feature is not defined."""
    _check("feature", name, reader.query(FEATURES)["feature_name"].to_list())


def _check(kind: str, name: str, known: Collection[str]) -> None:
    if not known or name in known:  # without any, an empty answer says so
        return
    listed = f"; there are: {', '.join(known)}" if len(known) <= SHOWN else ""
    more = listed or f'{_meant(name, known)} see `hccer sql "from feature_definition"`'
    raise HccerError(f"there is no {kind} {name!r}{more}")


def _meant(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, sorted(known), n=3)
    return f"; did you mean {' or '.join(close)}?" if close else ":"
