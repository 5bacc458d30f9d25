"""What nothing cites goes: old snapshots, blobs, what sessions left, old values in statistics."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil

from schemas.errors import HccerError
from schemas.table import Table
from storage.blobs import Blobs
from storage.connection import SPILL
from storage.ddl import STORED
from storage.store import Store

CATALOG = "__ducklake_metadata_lake"
PATIENCE_S = 60.0  # for another program's query of an SQLite file
CITED = (
    ("image", "image_sha256"), ("segmentation", "mask_sha256"), ("model_fit", "artifact_sha256"),
    ("network", "weights_sha256"), ("embedding", "weights_sha256"),
)  # fmt: skip


@dataclass(frozen=True)
class Removal:
    """What was taken out: rows of the lake's tables, snapshots and blobs."""

    rows: int
    snapshots: int
    blobs: int


def compact(store: Store) -> Removal:
    """Merge small files, and drop the snapshots and blobs that nothing cites.

    Cited are the latest snapshot, and those that the rows of today were made from.

    Raises:
        HccerError: a run is going on.
    """
    with store.activity(exclusive=True):
        _check_files_known(store)
        return _reduced(store, 0, cited_snapshots(store))


def _check_files_known(store: Store) -> None:
    """An empty catalog in the place of another one would have all data files deleted."""
    found = store.session.execute(f"select count(*) from {CATALOG}.ducklake_data_file").fetchone()
    if not found[0] and any(store.home.data.rglob("*.parquet")):
        raise HccerError(
            f"the catalog of {store.home.path} knows none of the data files under "
            f"{store.home.data}: is it another store's? nothing was deleted"
        )


def cited_snapshots(store: Store) -> set[int]:
    """Inputs of every run of which a row stands; of a run that was killed before it was recorded,
    the snapshot before its first commit."""
    named = [table.name for table in STORED if "run_id" in table.column_names]
    makers = {each: set(store.rows(f"select distinct run_id from lake.{each}")["run_id"])
              for each in named}  # fmt: skip
    cited, recorded = store.registry.inputs_of(makers)
    begun = store.session.execute(
        "select commit_extra_info, min(snapshot_id) - 1 from ducklake_snapshots('lake') "
        "where commit_extra_info <> '' group by all"
    ).fetchall()
    killed = set().union(*makers.values()) - recorded
    return cited | {number for run_id, number in begun if run_id in killed}


def snapshots(store: Store) -> list[int]:
    """Numbers of the snapshots that can be read."""
    found = store.session.execute("select snapshot_id from ducklake_snapshots('lake')")
    return [number for (number,) in found.fetchall()]


def erased(store: Store, rows: int, erase_logs: Callable[[], None]) -> Removal:
    """Leave nothing of deleted rows: neither snapshots, blobs, statistics, free pages nor logs.

    Args:
        rows: how many were deleted.
        erase_logs: called at the end.
    """
    removal = _reduced(store, rows, set())
    _erase_statistics(store)
    erase_logs()
    return removal


def _reduced(store: Store, rows: int, cited: set[int]) -> Removal:
    with store.write_lock():
        run = store.session.execute
        run("call ducklake_rewrite_data_files('lake', delete_threshold => 0.0)")
        run("call ducklake_merge_adjacent_files('lake')")
        latest = store.snapshot()
        known = snapshots(store)
        old = [number for number in known if number != latest and number not in cited]
        if old:
            run(f"call ducklake_expire_snapshots('lake', versions => {old})")
        _drop_spilled(store)
        run("call ducklake_cleanup_old_files('lake', cleanup_all => true)")
        run("call ducklake_delete_orphaned_files('lake', cleanup_all => true)")
        kept = set(known) - set(old)
        kinds = (store.blobs, store.artifacts, store.weights)
        blobs = sum(_swept(store, each, kept) for each in kinds)
    return Removal(rows, len(old), blobs)


def _drop_spilled(store: Store) -> None:
    """What sessions that were killed had put on disk for lack of memory."""
    for folder in store.home.lake.glob(f"{SPILL}*"):
        if not psutil.pid_exists(int(folder.name.removeprefix(SPILL))):
            shutil.rmtree(folder, ignore_errors=True)


def _swept(store: Store, blobs: Blobs, snapshots: set[int]) -> int:
    """Delete the blobs that no row of the snapshots cites; returns how many there were."""
    cited = {
        sha256
        for number in snapshots
        for table, column in CITED
        for sha256 in _cited(store, table, column, number)
    }
    blobs.delete_unfinished()
    return blobs.delete(set(blobs) - cited)


def _cited(store: Store, table: str, column: str, number: int) -> list[str]:
    try:
        rows = store.rows(f"select {column} from lake.{table} at (version => {number})")
    except duckdb.CatalogException:
        return []  # the table came later
    except Exception as error:
        raise HccerError(f"snapshot {number} cannot be read: {error}") from None
    return rows[column].drop_nulls().to_list()


def _erase_statistics(store: Store) -> None:
    """Minima and maxima in the catalog, and free pages of SQLite files, still hold old values."""
    with store.write_lock():
        for table in STORED:
            _renew_extremes(store, table)
    store.close()
    if store.home.catalog_url is None:
        vacuum(store.home.catalog)


def _renew_extremes(store: Store, table: Table) -> None:
    names = [column.name for column in table.columns if column.type != "BOOLEAN"]
    listed = ", ".join(f"min({name})::varchar, max({name})::varchar" for name in names)
    values = store.session.execute(f"select {listed} from lake.{table.name}").fetchone()
    for name, low, high in zip(names, values[::2], values[1::2], strict=True):
        store.session.execute(
            f"update {CATALOG}.ducklake_table_column_stats set min_value = ?, max_value = ? "
            f"where (table_id, column_id) in (select c.table_id, c.column_id "
            f"from {CATALOG}.ducklake_column c join {CATALOG}.ducklake_table t using (table_id) "
            "where t.table_name = ? and c.column_name = ? and c.end_snapshot is null)",
            [low, high, table.name, name],
        )


def vacuum(file: Path) -> None:
    """Rewrite an SQLite file, so that its free pages hold nothing of what was deleted.

    Raises:
        HccerError: another program reads the file, so that old pages stay.
    """
    with closing(sqlite3.connect(file, timeout=PATIENCE_S, isolation_level=None)) as con:
        try:
            con.execute("vacuum")
            busy, *_ = con.execute("pragma wal_checkpoint(truncate)").fetchone()
        except sqlite3.OperationalError:
            busy = True
    if busy:
        raise HccerError(
            f"another program reads {file}, which keeps deleted rows in it: end that program, then "
            "give the same command again"
        )
