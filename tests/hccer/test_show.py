"""Frames in a terminal: what fits, and what is said of the rest."""

from contextlib import redirect_stdout
from io import StringIO

import polars as pl
import pytest

from hccer.cli.show import show

REST = "--out FILE shows all"
WIDE = pl.DataFrame({f"column_{number}": ["x" * 15] * 3 for number in range(30)})


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def shown(frame: pl.DataFrame, where: StringIO, **options: str) -> str:
    with redirect_stdout(where):
        show(frame, **options)
    return where.getvalue()


def test_columns_that_do_not_fit_are_counted():
    said = shown(WIDE, Terminal(), rest=REST)
    assert max(map(len, said.splitlines())) <= 80
    assert "column_3" in said and "column_4" not in said and "…" not in said
    assert said.endswith(f"4 of 30 columns are shown: {REST}\n")


def test_rows_beyond_forty_are_counted():
    said = shown(pl.DataFrame({"n": range(1000, 1041)}), Terminal(), rest=REST)
    assert "1039" in said and "1040" not in said
    assert said.endswith(f"40 of 41 rows are shown: {REST}\n")


def test_what_fits_needs_no_word():
    said = shown(pl.DataFrame({"n": range(40)}), Terminal(), rest=REST)
    assert "39" in said and "shown" not in said


def test_a_column_wider_than_the_terminal_is_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "20")
    said = shown(pl.DataFrame({"text": ["y" * 50]}), Terminal(), rest=REST)
    assert max(map(len, said.splitlines())) <= 20
    assert said.count("y") == 50


def test_a_listing_is_whole_and_wrapped():
    said = shown(pl.DataFrame({"n": range(100, 199), "text": ["word " * 40] * 99}), Terminal())
    assert max(map(len, said.splitlines())) <= 80
    assert said.count("word") == 99 * 40 and "198" in said


def test_a_pipe_gets_everything():
    assert shown(WIDE, StringIO(), rest=REST) == WIDE.write_csv()
