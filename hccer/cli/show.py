"""Print frames: aligned in a terminal, CSV into a pipe."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl

from schemas.errors import HccerError

ROWS = 40
CUT, WHOLE = 60, 10_000  # characters of a text
WIDEST = 65_535  # which polars takes
WRITERS = {
    ".csv": pl.DataFrame.write_csv,
    ".json": pl.DataFrame.write_json,
    ".parquet": pl.DataFrame.write_parquet,
}


def show(frame: pl.DataFrame, *, rest: str | None = None) -> None:
    """Print a frame to standard output.

    Args:
        rest: for frames of any size, what shows those rows and columns that a terminal has no
            place for; without it, everything is shown, in cells of several lines.

    Raises:
        HccerError: a value has no text.
    """
    _check_dates(frame)
    with _values_have_texts():
        if not sys.stdout.isatty():
            sys.stdout.write(_flat(frame).write_csv())
        elif rest is None:
            print(_table(frame, shutil.get_terminal_size().columns, WHOLE))
        else:
            _print_part(frame, rest)


def _print_part(frame: pl.DataFrame, rest: str) -> None:
    width = shutil.get_terminal_size().columns
    shown = _fitting(frame.head(ROWS), width)
    print(_table(shown, width, CUT))
    counts = ((shown.height, frame.height, "rows"), (shown.width, frame.width, "columns"))
    left = [f"{there} of {whole} {what}" for there, whole, what in counts if there < whole]
    if left:
        print(f"{' and '.join(left)} are shown: {rest}")


def _fitting(frame: pl.DataFrame, width: int) -> pl.DataFrame:
    """The first columns that fit a width, at least one."""
    taken, names = 1, []
    for name in frame.columns:
        taken += len(_table(frame.select(name), WIDEST, CUT).splitlines()[0]) - 1
        if taken > width and names:
            break
        names.append(name)
    return frame.select(names)


def _table(frame: pl.DataFrame, width: int, texts: int) -> str:
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        fmt_str_lengths=texts,
        tbl_width_chars=width,
        tbl_hide_column_data_types=True,
        tbl_hide_dataframe_shape=True,
        tbl_formatting="UTF8_BORDERS_ONLY",
    ):
        return str(frame)


def write(frame: pl.DataFrame, file: Path) -> None:
    """Write a frame to a .csv, .json or .parquet file.

    Raises:
        HccerError: another suffix, the file cannot be written, or it cannot hold a value.
    """
    writer = WRITERS.get(file.suffix)
    if writer is None:
        raise HccerError(f"--out takes a .csv, .json or .parquet file (given: {file})")
    if file.suffix != ".parquet":
        _check_dates(frame)
    try:
        with _values_have_texts():
            writer(_flat(frame) if file.suffix == ".csv" else frame, file)
    except OSError as error:
        raise HccerError(f"{file} cannot be written: {error.strerror or error}") from None
    print(f"{len(frame)} rows written to {file}")


@contextmanager
def _values_have_texts() -> Iterator[None]:
    # PanicException is no Exception: polars gives up so on nested values of a rare kind
    try:
        with _silent_panics():
            yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        raise HccerError(
            "a column of the result holds values that cannot be written here: cast it, "
            "for example with ::varchar"
        ) from None


@contextmanager
def _silent_panics() -> Iterator[None]:
    # before it raises, a panic writes its stack to the process's standard error
    sys.stderr.flush()
    shown = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(shown, 2)
        os.close(shown)


def _check_dates(frame: pl.DataFrame) -> None:
    """Refuse DuckDB's infinity and dates after the year 9999: polars cannot write them."""
    epoch = date(1970, 1, 1).toordinal()
    first, last = (each.toordinal() - epoch for each in (date.min, date.max))
    for column in frame.iter_columns():
        a_day = _units_of_a_day(column.dtype)
        if a_day and not (column.to_physical() // a_day).is_between(first, last).all():
            raise HccerError(f"the column {column.name} holds a date out of the years 1 to 9999: "
                             "cast it, for example with ::varchar")  # fmt: skip


def _units_of_a_day(kind: pl.DataType) -> int:
    if isinstance(kind, pl.Datetime):
        return 86_400 * {"ms": 10**3, "us": 10**6, "ns": 10**9}[kind.time_unit]
    return int(kind == pl.Date)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Nested columns as JSON text and bytes as hex digits, which CSV can hold."""
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    texts = [
        pl.Series(name, [json.dumps(value, default=str) for value in frame[name].to_list()])
        for name in nested
    ]
    return frame.with_columns(texts).with_columns(pl.col(pl.Binary).bin.encode("hex"))
