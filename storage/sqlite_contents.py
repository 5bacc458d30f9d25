"""Bytes and cells of SQLite files, read in a process of its own.

A process that closes a file loses all POSIX locks that it holds on it, those of its open SQLite
connections too; another process then takes the database for unused, and may damage it
(https://www.sqlite.org/howtocorrupt.html, 2.2). So `contents` runs this file as a script.
"""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

HEADER = b"SQLite format 3\0"
NAMED = re.compile(r"\.(sqlite|db)(-wal|-shm|-journal)?$")
LENGTH_BYTES = 8
REFUSED = 3


def is_sqlite(file: Path) -> bool:
    """Whether a file is part of an SQLite database, by its name: it must not be opened to see."""
    return bool(NAMED.search(file.name))


def contents(files: Sequence[Path]) -> Iterator[tuple[Path, bytes]]:
    """Bytes of each file, and of a database the cells of each table; not of those that have gone.

    Raises:
        OSError: a file cannot be read, or is no database within.
    """
    if not files:
        return
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:  # fmt: skip
        process.stdin.write(json.dumps([str(file) for file in files]).encode())
        process.stdin.close()
        while head := process.stdout.read(2 * LENGTH_BYTES):
            number, length = (int.from_bytes(head[at : at + LENGTH_BYTES], "little")
                              for at in (0, LENGTH_BYTES))  # fmt: skip
            yield files[number], process.stdout.read(length)
        reason = process.stderr.read().decode(errors="replace")
        if process.wait():
            raise OSError(reason.strip().rpartition("\n")[2])


def _main(out: BinaryIO) -> int:
    for number, name in enumerate(json.load(sys.stdin)):
        try:
            for content in _pieces(Path(name)):
                for value in (number, len(content)):
                    out.write(value.to_bytes(LENGTH_BYTES, "little"))
                out.write(content)
        except FileNotFoundError:
            continue  # a journal that has gone since it was listed
        except (OSError, sqlite3.Error) as error:
            print(f"{name}: {error}", file=sys.stderr)
            return REFUSED
    out.flush()
    return 0


def _pieces(file: Path) -> Iterator[bytes]:
    content = file.read_bytes()
    yield content
    if content.startswith(HEADER):
        yield from _cells(file)


def _cells(file: Path) -> Iterator[bytes]:
    """The rows of each table: in the file, a long row is cut in pages."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=60)) as con:
        con.text_factory = bytes
        tables = con.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in tables:
            rows = con.execute(f'select * from "{name.decode()}"')
            yield b"\0".join(cell for row in rows for cell in row if isinstance(cell, bytes))


if __name__ == "__main__":
    sys.exit(_main(sys.stdout.buffer))
