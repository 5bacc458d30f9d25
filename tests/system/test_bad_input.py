"""Whatever a user or a damaged disk hands in: one sentence and exit code 1, never a traceback."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from hccer.ingest.headers import read_header
from schemas.errors import HccerError
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.support import hccer_command


def one_sentence(*arguments: str, **options: object) -> str:
    """Standard error of a command that must refuse."""
    done = hccer_command(*arguments, check=1, **options)
    assert done.stdout == ""
    assert done.stderr.startswith("hccer: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select interval 1 month", "INTERVAL"),
        ("select {'a': 'infinity'::date}", "a column of the result"),
        ("select 'infinity'::date", "a date out of the years"),
        ("select '-infinity'::timestamptz", "a date out of the years"),
        ("select " + "+".join(["1"] * 900), "nested too deeply"),
        ("from feature_matrix('nope')", "there is no cohort 'nope'"),
        ("from duckdb_databases", "is refused"),
    ],
)
def test_a_query_that_cannot_be_answered(
    finished_home: Path, tmp_path: Path, query: str, message: str
):
    options = {"env": {"HCCER_HOME": str(finished_home)}}
    assert message in one_sentence("sql", query, **options)
    assert message in one_sentence("sql", query, "--out", str(tmp_path / "x.csv"), **options)


def test_rare_values_and_a_missing_folder(finished_home: Path, tmp_path: Path):
    options = {"env": {"HCCER_HOME": str(finished_home)}}
    assert hccer_command("sql", "select 'a'::blob as b", **options).stdout == "b\n61\n"
    file = tmp_path / "x.csv"
    hccer_command("sql", "select 'a'::blob as b", "--out", str(file), **options)
    assert file.read_text() == "b\n61\n"
    said = one_sentence("sql", "select 1", "--out", str(tmp_path / "no" / "x.csv"), **options)
    assert "cannot be written" in said
    assert "None" not in said


def test_the_home_is_a_file_or_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", Path("/proc/x")):
        with pytest.raises(HccerError, match="no store can be kept in"):
            Store.open(Home(path))
        with pytest.raises(HccerError, match="there is no store in"):
            Reader(Home(path))


def _overwrite(file: Path) -> None:
    file.write_bytes(b"no database" * 1000)


def _break_inside(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    content = bytearray(file.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [_overwrite, _break_inside])
@pytest.mark.parametrize("name", ["lake/catalog.sqlite", "registry.sqlite"])
def test_a_damaged_database(home: Home, name: str, damage: Callable):
    store = Store.open(home)
    store.close()
    store.registry.engine.dispose()
    damage(home.path / name)
    for opened in (Store.open, Reader):
        with pytest.raises(HccerError, match="does not open"):
            opened(home)


@pytest.mark.parametrize(
    "content",
    [
        '{"EchoTime": ' + "9" * 400 + "}",
        '{"EchoTime": Infinity}',
        '{"x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_a_sidecar_out_of_bounds_is_a_value_error(tmp_path: Path, content: str):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match=r"finite|nested"):
        read_header(tmp_path / "a.json")
