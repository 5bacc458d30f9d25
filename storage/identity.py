"""Who a pseudonym is: keys and maps of the cohorts, in one file that only its owner can read."""

import base64
import hashlib
import hmac
import os
import re
import secrets
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import HccerError
from storage.home import Home
from storage.spellings import Spelling, spellings

FILE = "identity.sqlite"
KINDS = ("patient_id", "patient_name", "birth_date", "path")
OPTIONS = {"timeout": 60, "isolation_level": "IMMEDIATE"}
PRIVATE = 0o600
PSEUDONYM = re.compile("P[A-Z2-7]{12}")
# only endings of known file types: what else follows a dot may be a name
SUFFIXES = re.compile(r"(\.(nii|dcm|ima|json|csv|tsv|xlsx|nrrd|mha|mhd))?(\.gz)?$", re.IGNORECASE)
# one source per pseudonym and per path token; names and birth dates may be those of several
TABLES = """
create table if not exists cohort_key (cohort_id text primary key, key blob not null);
create table if not exists known (
    cohort_id text, kind text, value text, token text,
    primary key (cohort_id, kind, value, token)
) without rowid;
create unique index if not exists one_source on known (cohort_id, kind, token)
    where kind in ('patient_id', 'path');
create index if not exists of_token on known (cohort_id, token);
"""
REMEMBER = """
insert into known values (?, ?, ?, ?) on conflict (cohort_id, kind, value, token) do nothing
"""


@dataclass(frozen=True, repr=False)
class Known:
    """Something of a source that names somebody, and what stands for it in the store."""

    cohort_id: str
    kind: str
    value: str
    token: str


@dataclass(frozen=True)
class Identity:
    """Keys and maps of a store; made on first use, never a part of the lake or the registry.

    The rollback journal of SQLite has the file's own mode and goes with each transaction.
    """

    home: Home
    _keys: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)
    _scrubbed: dict[str, list[tuple[str, Spelling]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def file(self) -> Path:
        """The one file, of mode 0600."""
        return self.home.path / FILE

    def has_key(self, cohort_id: str) -> bool:
        """Whether pseudonyms of a cohort were ever made here."""
        return bool(self._rows("select 1 from cohort_key where cohort_id = ?", cohort_id))

    def key(self, cohort_id: str) -> bytes:
        """The 32 random bytes of a cohort, made once; they outlive the cohort's map.

        Raises:
            HccerError: the file is damaged, or cannot be read or written.
        """
        if cohort_id not in self._keys:
            with self._opened() as con:
                con.execute("insert or ignore into cohort_key values (?, ?)",
                            [cohort_id, secrets.token_bytes(32)])  # fmt: skip
                wanted = "select key from cohort_key where cohort_id = ?"
                (self._keys[cohort_id],) = con.execute(wanted, [cohort_id]).fetchone()
        return self._keys[cohort_id]

    def pseudonym(self, cohort_id: str, source_id: str) -> str:
        """P and 12 characters that stand for a patient id of a source, always the same.

        Source: RFC 2104 (HMAC) with SHA-256, cut to 60 bits; RFC 4648 (base32).

        Raises:
            HccerError: the id is empty.
        """
        stripped = source_id.strip()
        if not stripped:
            raise HccerError(f"a patient of cohort {cohort_id} has an empty id: give them one")
        digest = hmac.digest(self.key(cohort_id), stripped.encode(), hashlib.sha256)
        return "P" + base64.b32encode(digest)[:12].decode()

    def path_token(self, cohort_id: str, path: str) -> str:
        """24 hex digits that stand for a path below the cohort root, with its file suffixes."""
        text = b"path\0" + path.encode("utf-8", "surrogateescape")
        digest = hmac.digest(self.key(cohort_id), text, hashlib.sha256)
        return digest.hex()[:24] + SUFFIXES.search(path)[0]

    def remember(
        self, cohort_id: str, kind: str, pairs: Mapping[str, str] | Iterable[tuple[str, str]]
    ) -> None:
        """Keep what stands for what; known pairs stay as they are.

        Args:
            kind: one of KINDS.
            pairs: value of the source and its pseudonym or path token; names and birth dates go
                with the pseudonym of their patient. Empty values are left out.

        Raises:
            HccerError: two values would share a pseudonym or a token; none of them is kept.
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        given = pairs.items() if isinstance(pairs, Mapping) else pairs
        stripped = ((value if kind == "path" else value.strip(), token) for value, token in given)
        rows = [(cohort_id, kind, value, token) for value, token in stripped if value]
        self._scrubbed.pop(cohort_id, None)
        with self._opened() as con:
            con.executemany(REMEMBER, rows)

    def source_of(self, cohort_id: str, token: str) -> str | None:
        """The patient id or path that a pseudonym or token stands for, None if none is known."""
        found = self._rows(
            "select value from known where cohort_id = ? and token = ? "
            "and kind in ('patient_id', 'path')", cohort_id, token,
        )  # fmt: skip
        return found[0][0] if found else None

    def stored_patient(self, cohort_id: str, given: str) -> str:
        """The id under which a patient is stored, given that or the id of the source."""
        if PSEUDONYM.fullmatch(given) or not self.has_key(cohort_id):
            return given
        return self.pseudonym(cohort_id, given)

    def stored_path(self, cohort_id: str, given: str) -> str:
        """The path under which a file is stored, given that or the path below the root."""
        return self.path_token(cohort_id, given) if self.has_key(cohort_id) else given

    def paths(self, cohort_id: str) -> dict[str, str]:
        """Paths below the cohort root, by token."""
        return self._map(cohort_id, "path")

    def patients(self, cohort_id: str) -> dict[str, str]:
        """Patient ids of the source, by pseudonym."""
        return self._map(cohort_id, "patient_id")

    def values(self, cohort_id: str | None = None) -> list[Known]:
        """Everything that is known of a cohort, or of all."""
        rows = self._rows(
            "select cohort_id, kind, value, token from known where ? is null or cohort_id = ?",
            cohort_id, cohort_id,
        )  # fmt: skip
        return [Known(*row) for row in rows]

    def forget_patient(
        self, cohort_id: str, pseudonym: str, path_tokens: Iterable[str] = ()
    ) -> None:
        """Forget who a patient is, and the paths of their files; can be repeated."""
        gone = [(cohort_id, token) for token in (pseudonym, *path_tokens)]
        self._forget("delete from known where cohort_id = ? and token = ?", gone)

    def forget_cohort(self, cohort_id: str) -> None:
        """Forget who the patients of a cohort are; its key stays, for withdrawals are by it."""
        self._forget("delete from known where cohort_id = ?", [(cohort_id,)])

    def scrub(self, cohort_id: str, text: str) -> str:
        """A text with the known paths, patient ids, names and birth dates of a cohort replaced.

        The longest are replaced first; ids of one or two characters only as whole words.
        """
        if cohort_id not in self._scrubbed:
            named = every_spelling(self.values(cohort_id))
            self._scrubbed[cohort_id] = [(each.text.lower(), each) for each in named]
        lowered = text.lower()
        found = [each for searched, each in self._scrubbed[cohort_id] if searched in lowered]
        found.sort(key=lambda each: -len(each.text))
        if not found:
            return text
        any_of_them = "|".join(f"({each.expression})" for each in found)
        return re.sub(any_of_them, lambda match: found[match.lastindex - 1].token, text)

    def _map(self, cohort_id: str, kind: str) -> dict[str, str]:
        return dict(self._rows(
            "select token, value from known where cohort_id = ? and kind = ?", cohort_id, kind
        ))  # fmt: skip

    def _rows(self, sql: str, *parameters: str | None) -> list[tuple]:
        if not self.file.exists():
            return []
        with self._opened() as con:
            return con.execute(sql, parameters).fetchall()

    def _forget(self, sql: str, rows: list[tuple]) -> None:
        self._scrubbed.clear()
        if self.file.exists():
            with self._opened() as con:
                con.executemany(sql, rows)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A connection in one transaction; what is deleted is overwritten in the file."""
        try:
            _keep_private(self.file)
            address = f"{self.file.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(address, uri=True, **OPTIONS)) as con, con:
                con.execute("pragma secure_delete = on")
                con.executescript(TABLES)
                yield con
        except sqlite3.IntegrityError:
            raise HccerError(
                "two patients or files of one cohort would get the same pseudonym: give one of "
                "them another name in the source"
            ) from None
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise HccerError(f"{self.file}, which knows who the pseudonyms are, does not open: "
                             f"{reason}; bring it back from a backup") from None  # fmt: skip


def every_spelling(known: Iterable[Known]) -> Iterator[Spelling]:
    """Every way to write what is known."""
    return (each for one in known for each in spellings(one.kind, one.value, one.token))


def _keep_private(file: Path) -> None:
    """Make the file if it is not there; nobody else may read it at any moment."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f"{FILE}-")
        os.close(handle)
        # not by opening it: closing it again would end the locks of this process's other threads
        try:
            with suppress(FileExistsError):
                os.link(name, file)
        finally:
            Path(name).unlink()
    if file.stat().st_mode & 0o777 != PRIVATE:
        file.chmod(PRIVATE)
