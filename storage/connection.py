"""DuckDB sessions with the lake attached; the extensions come from installed wheels, offline."""

import os
import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path

import duckdb

from schemas.errors import HccerError
from storage.home import Home, without_password

SPILL = "spill-"  # and the process: what queries put on disk for lack of memory
OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


def open_session(
    home: Home, *, read_only: bool, snapshot: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB session with the lake attached as `lake`.

    Args:
        home: the store.
        read_only: refuse writes; several readers and one writer may work at the same time.
        snapshot: the state of the lake to see; None for the latest at each query.

    Raises:
        HccerError: there is no store, or no such snapshot.
    """
    con = duckdb.connect(config=OFFLINE)
    con.execute("set python_enable_replacements = false")
    con.execute(f"set temp_directory = '{quoted(home.lake / f'{SPILL}{os.getpid()}')}'")
    for name in ("ducklake", "postgres_scanner" if home.catalog_url else "sqlite_scanner"):
        load_extension(con, name)
    options = [
        f"data_path '{quoted(home.data)}/'",
        "override_data_path true",
        "data_inlining_row_limit 0",
    ]
    options += ["read_only"] if read_only else []
    options += [f"snapshot_version {int(snapshot)}"] if snapshot is not None else []
    try:
        con.execute(f"attach '{_catalog(home)}' as lake ({', '.join(options)})")
    except duckdb.Error as error:
        raise _explained(home, snapshot, error) from None
    return con


def _explained(home: Home, snapshot: int | None, error: duckdb.Error) -> HccerError:
    if snapshot is not None:
        return HccerError(f"there is no snapshot {snapshot} (any more): see `hccer history`")
    reason = without_password(str(error).splitlines()[0])
    return HccerError(f"the lake of {home.path} does not open: {reason}")


def load_extension(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load a DuckDB extension from its wheel; DuckDB checks its signature."""
    package = Path(import_module(f"duckdb_extension_{name}").__file__ or "").parent
    (file,) = package.glob(f"extensions/v{duckdb.__version__}/{name}.duckdb_extension")
    con.execute(f"load '{quoted(file)}'")


def check_catalog(home: Home) -> None:
    """A catalog that is lost is not begun anew: all its data files would seem to be nobody's.

    Raises:
        HccerError: there are data files or a registry, but no SQLite catalog.
    """
    there = home.catalog.exists() and home.catalog.stat().st_size
    if not there and (home.registry.exists() or any(home.data.rglob("*.parquet"))):
        raise HccerError(
            f"the catalog {home.catalog} is lost, what belongs to it is there: put it back from a "
            f"copy, or move {home.path} away and begin anew"
        )


def prepare_catalog(home: Home) -> None:
    """Make the folder of the lake; its SQLite catalog in WAL mode, so readers never wait.

    Raises:
        HccerError: the catalog is damaged, lost, or cannot be written.
    """
    if home.catalog_url is None:
        check_catalog(home)
    home.data.mkdir(parents=True, exist_ok=True)
    if home.catalog_url is None:
        try:
            with closing(sqlite3.connect(home.catalog, timeout=60)) as catalog:
                catalog.execute("pragma journal_mode = wal")
        except sqlite3.Error as error:
            raise HccerError(f"the catalog {home.catalog} does not open: {error}") from None


def _catalog(home: Home) -> str:
    if home.catalog_url:
        return f"ducklake:postgres:{home.catalog_url}".replace("'", "''")
    return f"ducklake:sqlite:{quoted(home.catalog)}"


def quoted(text: object) -> str:
    """The text of a path or value for use between the quotes of an SQL literal."""
    return str(text).replace("'", "''")
