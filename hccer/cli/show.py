"""Print frames: aligned in a terminal, CSV into a pipe."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl

from schemas.errors import HccerError

ROWS = 40
WRITERS = {
    ".csv": pl.DataFrame.write_csv,
    ".json": pl.DataFrame.write_json,
    ".parquet": pl.DataFrame.write_parquet,
}


def show(frame: pl.DataFrame) -> None:
    """Print a frame to standard output.

    Raises:
        HccerError: a value has no text.
    """
    _check_dates(frame)
    with _values_have_texts():
        if sys.stdout.isatty():
            _print_table(frame)
        else:
            sys.stdout.write(_flat(frame).write_csv())


def _print_table(frame: pl.DataFrame) -> None:
    with pl.Config(
        tbl_rows=ROWS,
        tbl_cols=-1 if frame.width <= 16 else 10,
        fmt_str_lengths=60,
        tbl_width_chars=200,
        tbl_hide_column_data_types=True,
        tbl_hide_dataframe_shape=len(frame) <= ROWS,
        tbl_formatting="UTF8_BORDERS_ONLY",
    ):
        print(frame)


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
