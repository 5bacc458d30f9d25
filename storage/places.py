"""Where text can stand in a store: columns of Parquet files, databases, other files, blobs."""

import gzip
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import duckdb
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from schemas.errors import HccerError
from storage.connection import OFFLINE
from storage.home import Home
from storage.registry import NAMES, driven
from storage.sqlite_contents import contents, is_sqlite
from storage.store import Store

NIFTI_HEADER_BYTES = 352
SAFETENSORS, LENGTH_BYTES = ".safetensors", 8
CATALOG_PREFIX = "ducklake_"


def column_cells(home: Home) -> Iterator[tuple[str, list[str]]]:
    """Distinct values of each text column of the lake's files, whatever snapshot they are of.

    Returns:
        `table.column` and its values.
    """
    folders = {file.parent for file in home.data.rglob("*.parquet")}
    with duckdb.connect(config=OFFLINE) as con:
        for folder in sorted(folders):
            files = [str(file) for file in folder.glob("*.parquet")]
            found = con.read_parquet(files, union_by_name=True)
            names = [name for name, kind in zip(found.columns, found.types, strict=True)
                     if kind == "VARCHAR"]  # fmt: skip
            if names:
                listed = ", ".join(f'list(distinct "{name}")' for name in names)
                values = found.aggregate(listed).fetchone()
                for name, cells in zip(names, values, strict=True):
                    yield f"{folder.name}.{name}", [cell for cell in cells or () if cell]


def byte_places(store: Store) -> Iterator[tuple[str, bytes]]:
    """Content of each file of a store but Parquet, and of its tables in PostgreSQL.

    Returns:
        Path below the home, or database and table; and the path with the content.

    Raises:
        HccerError: a file or a database cannot be read.
    """
    home = store.home
    files = _files(home)
    databases = [file for file in files if is_sqlite(file)]
    found = chain(contents(databases), _plain(file for file in files if not is_sqlite(file)))
    try:
        for file, content in found:
            where = str(file.relative_to(home.path))
            yield where, where.encode(errors="surrogateescape") + b"\0" + content
    except OSError as error:
        raise HccerError(f"{home.path} cannot be searched for identities: {error}") from None
    binary = [*home.blobs.rglob("*"), *home.checkpoints.rglob("*")]
    for file in sorted(path for path in binary if path.is_file()):
        with suppress(FileNotFoundError):  # a checkpoint that has gone since it was listed
            yield str(file.relative_to(home.path)), _header(file)
    if home.registry_url:
        yield from _tables("registry", store.registry.engine, NAMES)
    if home.catalog_url:
        yield from _tables("catalog", create_engine(driven(home.catalog_url)), CATALOG_PREFIX)


def _files(home: Home) -> list[Path]:
    found = [*home.lake.glob("*"), *home.path.glob(f"{home.registry.name}*")]
    found += [*home.dagster.rglob("*"), *home.reports.rglob("*")]
    return sorted(file for file in found if file.is_file())


def _plain(files: Iterable[Path]) -> Iterator[tuple[Path, bytes]]:
    """Bytes of each file, and what they hold when it is an archive; not of those that have gone."""
    for file in files:
        with suppress(FileNotFoundError):
            for content in _unpacked(file):
                yield file, content


def _unpacked(file: Path) -> Iterator[bytes]:
    content = file.read_bytes()
    yield content
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    elif zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            yield from map(archive.read, archive.namelist())


def _header(file: Path) -> bytes:
    if file.suffix == SAFETENSORS:
        with file.open("rb") as content:
            length = int.from_bytes(content.read(LENGTH_BYTES), "little")
            return content.read(min(length, file.stat().st_size))
    try:
        with gzip.open(file) as content:
            return content.read(NIFTI_HEADER_BYTES)
    except (OSError, EOFError, zlib.error):  # torn: what is there is read as it is
        return file.read_bytes()


def _tables(
    database: str, engine: Engine, wanted: tuple[str, ...] | str
) -> Iterator[tuple[str, bytes]]:
    try:
        with engine.connect() as con:
            for name in inspect(con).get_table_names():
                if name.startswith(wanted):
                    rows = con.execute(text(f'select cast(t as text) from "{name}" as t'))
                    yield f"{database}.{name}", "\0".join(rows.scalars()).encode()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise HccerError(f"the {database} cannot be searched for identities: {reason}") from None
