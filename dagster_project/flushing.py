"""Dagster's own SQLite files, written without waiting for the disk at each event of a run."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine, event


@contextmanager
def flushed_at_the_end(folder: Path) -> Iterator[None]:
    """Let this process flush Dagster's files to the disk in the end, not at every event.

    Dagster opens, commits and closes a file several times for each of the hundreds of events of
    a run, and each time waits for the disk twice. A killed process loses nothing by it; a power
    cut may lose the last events, never a row of the lake.

    Args:
        folder: where the files are (DAGSTER_HOME).

    Source: https://www.sqlite.org/wal.html (a database's last connection checkpoints it) and
        https://www.sqlite.org/pragma.html#pragma_synchronous.
    """
    held, inside = set[str](), folder.resolve()
    with ExitStack() as stack:

        def connected(connection: sqlite3.Connection, _record: object) -> None:
            file = _file_of(connection)
            if not Path(file).is_relative_to(inside) or not _in_wal_mode(connection):
                return
            connection.execute("pragma synchronous = normal")
            if file not in held:
                held.add(file)
                stack.enter_context(closing(_opened(file)))

        event.listen(Engine, "connect", connected)
        stack.callback(event.remove, Engine, "connect", connected)
        yield


def _file_of(connection: object) -> str:
    """The file of an SQLite connection; the root where there is none."""
    if not isinstance(connection, sqlite3.Connection):
        return "/"
    return connection.execute("pragma database_list").fetchone()[2] or "/"


def _in_wal_mode(connection: sqlite3.Connection) -> bool:
    return connection.execute("pragma journal_mode").fetchone()[0] == "wal"


def _opened(file: str) -> sqlite3.Connection:
    """A connection that counts as one: it has read once."""
    connection = sqlite3.connect(file, timeout=60, check_same_thread=False)
    connection.execute("select count(*) from sqlite_schema").fetchone()
    return connection
