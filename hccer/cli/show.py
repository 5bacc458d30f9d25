"""Print frames: aligned in a terminal, CSV into a pipe."""

import json
import sys
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
    """Print a frame to standard output."""
    if not sys.stdout.isatty():
        sys.stdout.write(_flat(frame).write_csv())
        return
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
        HccerError: another suffix, or the file cannot be written.
    """
    writer = WRITERS.get(file.suffix)
    if writer is None:
        raise HccerError(f"--out takes a .csv, .json or .parquet file (given: {file})")
    try:
        writer(_flat(frame) if file.suffix == ".csv" else frame, file)
    except OSError as error:
        raise HccerError(f"{file} cannot be written: {error.strerror}") from None
    print(f"{len(frame)} rows written to {file}")


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Nested columns as JSON text, which CSV can hold."""
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    texts = [
        pl.Series(name, [json.dumps(value, default=str) for value in frame[name].to_list()])
        for name in nested
    ]
    return frame.with_columns(texts)
