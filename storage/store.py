"""One store: its lake, registry and blobs, and the only function that writes rows."""

import fcntl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import duckdb
import polars as pl
from filelock import FileLock, Timeout

from schemas.errors import HccerError
from schemas.table import Table
from schemas.tables import TABLES
from storage.blobs import Blobs
from storage.connection import open_session, prepare_catalog
from storage.ddl import cast_list, check_rows, create_missing
from storage.home import Home
from storage.registry import Registry

LOCK_SECONDS = 600


@dataclass(frozen=True)
class Change:
    """Rows to take out of a table and rows to put in, in one commit.

    Attributes:
        delete: rows that match these in all of its columns go (empty matches empty), together
            with the rows that they own in child tables.
        insert: new rows, with all columns of the table.
    """

    table: Table
    delete: pl.DataFrame | None = None
    insert: pl.DataFrame | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be written."""
        frames = (self.delete, self.insert)
        return all(frame is None or frame.is_empty() for frame in frames)


class Store:
    """A store under `$HCCER_HOME`; made on first use."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.blobs = Blobs(home.blobs)
        self.artifacts = Blobs(home.artifacts, ".json.gz", "run the study again")
        self.weights = Blobs(home.weights, ".safetensors", "run the study again")
        self.registry = Registry(home)

    @classmethod
    def open(cls, home: Home | None = None) -> "Store":
        """The store of the environment, made if it is not there.

        Raises:
            HccerError: its folder cannot be made or written, or a database in it is damaged.
        """
        store = cls(home or Home.from_environment())
        try:
            store._prepare()
        except OSError as error:
            reason = error.strerror or error
            raise HccerError(f"no store can be kept in {store.home.path}: {reason} "
                             "(HCCER_HOME names its folder)") from None  # fmt: skip
        return store

    def _prepare(self) -> None:
        self.home.lake.mkdir(parents=True, exist_ok=True)
        with self.write_lock():
            prepare_catalog(self.home)
            create_missing(self.session)
            _ = self.registry.engine

    @cached_property
    def session(self) -> duckdb.DuckDBPyConnection:
        """The writing session of this process; sees the latest snapshot at each query."""
        return open_session(self.home, read_only=False)

    def close(self) -> None:
        """Close the session; the next use opens another, which sees the catalog as it is."""
        if "session" in self.__dict__:
            self.session.close()
            del self.__dict__["session"]

    @contextmanager
    def write_lock(self) -> Iterator[None]:
        """Held around each commit: commits to a SQLite catalog would collide without it.

        Raises:
            HccerError: another process has held it for ten minutes.
        """
        lock = FileLock(self.home.lake / "write.lock", timeout=LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout:
            raise HccerError(f"another process holds {lock.lock_file}: wait or end it") from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def activity(self, *, exclusive: bool = False) -> Iterator[None]:
        """Mark a run as going on (shared), or keep runs away (exclusive, refused at once).

        Raises:
            HccerError: exclusive, and a run is going on.
        """
        with (self.home.lake / "activity.lock").open("w") as file:
            try:
                wanted = fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH
                fcntl.flock(file, wanted)
            except BlockingIOError:
                raise HccerError(
                    f"a run is going on in {self.home.path}: wait for its end, then try again"
                ) from None
            yield

    @contextmanager
    def alone(self, partition: str) -> Iterator[None]:
        """Keep other processes from making tables of the same cohort or study; waits for them."""
        lock = FileLock(self.home.lake / f"partition-{partition}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            print(f"waiting for another run of {partition}", file=sys.stderr)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def rows(self, sql: str, parameters: Sequence | dict | None = None) -> pl.DataFrame:
        """Rows of a query of our own (the lake's tables as `lake.<name>`)."""
        return self.session.execute(sql, parameters).pl()

    def snapshot(self) -> int:
        """Number of the latest snapshot of the lake."""
        return self.session.execute("from ducklake_current_snapshot('lake')").fetchone()[0]

    def commit(self, changes: Sequence[Change], message: str, run_id: str = "") -> int:
        """Write all changes in one snapshot, or none.

        Args:
            changes: deletions come before insertions, in the given order.
            message: what was done, shown by `hccer history`.
            run_id: run that did it.

        Returns:
            Number of the snapshot that holds the changes; the latest when there is no change.

        Raises:
            HccerError: a row breaks its table's declaration; nothing is written.
        """
        real = [change for change in changes if not change.is_empty]
        if not real:
            return self.snapshot()
        with self.write_lock():
            self.session.execute("begin")
            try:
                for change in real:
                    _apply(self.session, change)
                self.session.execute(
                    "call lake.set_commit_message('hccer', ?, extra_info => ?)", [message, run_id]
                )
                self.session.execute("commit")
            except BaseException:
                self.session.execute("rollback")
                raise
            return self.snapshot()

    def merge_files(self) -> None:
        """Merge the small data files of many commits; the old ones stay until `hccer compact`."""
        with self.write_lock():
            self.session.execute("call ducklake_merge_adjacent_files('lake')")


def _apply(con: duckdb.DuckDBPyConnection, change: Change) -> None:
    name = change.table.name
    if change.delete is not None and not change.delete.is_empty():
        con.register("_gone", change.delete.to_arrow())
        match = _match(change.delete.columns)
        for child in (table for table in TABLES.values() if table.parent == name):
            owner = change.table.key[0]
            con.execute(
                f"delete from lake.{child.name} where {owner} in (select t.{owner} from "
                f"lake.{name} t where exists (select 1 from _gone g where {match}))"
            )
        con.execute(f"delete from lake.{name} t where exists (select 1 from _gone g where {match})")
        con.unregister("_gone")
    if change.insert is not None and not change.insert.is_empty():
        con.register("_given", change.insert.to_arrow())
        con.execute(
            f"create or replace temp table _new as select {cast_list(change.table)} from _given"
        )
        check_rows(con, change.table, "_new")
        order = f" order by {', '.join(change.table.sorted_by)}" if change.table.sorted_by else ""
        con.execute(f"insert into lake.{name} by name select * from _new{order}")
        con.execute("drop table _new")
        con.unregister("_given")


def _match(columns: Sequence[str]) -> str:
    return " and ".join(f"t.{column} is not distinct from g.{column}" for column in columns)
