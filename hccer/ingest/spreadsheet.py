"""Read a clinical spreadsheet as text cells: .csv (UTF-8, comma or semicolon) or .xlsx."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import ParseError

import polars as pl

from schemas.errors import HccerError

UNPACKED_BYTES = 2**26
MAXIMUM_ROWS, MAXIMUM_CELLS = 100_000, 5_000_000
# how programs write a number that is not there
NOTHING = frozenset({"NaN", "nan", "NAN", "NA"})
# what a damaged .xlsx ends in: no archive, a part that is missing, cut or of a wrong kind
DAMAGED = (
    OSError, EOFError, LookupError, TypeError, ValueError, AttributeError, NotImplementedError,
    ParseError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def read_spreadsheet(file: Path) -> pl.DataFrame:
    """All cells as text, one row per line below the header; columns with nothing are left out.

    Raises:
        HccerError: missing, damaged, not UTF-8, rows of different length, or a column that is
            named twice or not at all.
    """
    if file.exists() and not file.is_file():
        raise HccerError(f"{file} is no regular file")  # to open a pipe would wait for ever
    rows = _xlsx(file) if file.suffix == ".xlsx" else _csv(file)
    header = [name.strip() for name in rows[0]] if rows else []
    if not any(header):
        raise HccerError(f"{file} has no header line")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise HccerError(f"{file} names a column twice: {', '.join(twice)}")
    body = _body(file, rows[1:], len(header))
    kept = [at for at, name in enumerate(header) if name or any(row[at].strip() for row in body)]
    nameless = [str(at + 1) for at in kept if not header[at]]
    if nameless:
        raise HccerError(f"{file} has cells but no header in column {', '.join(nameless)}")
    schema = {header[at]: pl.String for at in kept}
    return pl.DataFrame([[row[at] for at in kept] for row in body], schema=schema, orient="row")


def _body(file: Path, rows: list[list[str]], width: int) -> list[list[str]]:
    texts = [["" if cell.strip() in NOTHING else cell for cell in row] for row in rows]
    body = [row for row in texts if any(cell.strip() for cell in row)]
    for number, row in enumerate(body, start=1):
        if len(row) != width:
            raise HccerError(f"{file}, data row {number}: {len(row)} cells under {width} columns")
    return body


def _csv(file: Path) -> list[list[str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise HccerError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise HccerError(f"{file} is not UTF-8 text: save it as CSV UTF-8") from None
    if "\0" in text:
        raise HccerError(f"{file} has NUL bytes, so it is no plain text: save it as CSV UTF-8")
    first = text.split("\n", 1)[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise HccerError(f"{file} is not valid CSV: {error}") from None


def _check_unpacked(file: Path) -> None:
    with zipfile.ZipFile(file) as parts:
        size = sum(part.file_size for part in parts.infolist())
    if size > UNPACKED_BYTES:
        raise HccerError(f"{file} unpacks to more than {UNPACKED_BYTES >> 20} MiB: save it as CSV")


def _within_limit(file: Path, rows: Iterable[tuple]) -> list[tuple]:
    kept, count = [], 0
    for row in rows:
        count += len(row)
        kept.append(row)
        if count > MAXIMUM_CELLS or len(kept) > MAXIMUM_ROWS:
            limits = f"{MAXIMUM_ROWS} rows or {MAXIMUM_CELLS} cells"
            raise HccerError(f"{file} has more than {limits}: save it as CSV")
    return kept


def _xlsx(file: Path) -> list[list[str]]:
    import openpyxl  # only where a cohort uses Excel

    try:
        _check_unpacked(file)
        with file.open("rb") as content:  # openpyxl leaves a damaged file open
            book = openpyxl.load_workbook(content, read_only=True, data_only=True)
            rows = _within_limit(file, book.worksheets[0].iter_rows(values_only=True))
    except DAMAGED as error:
        raise HccerError(f"{file} cannot be read as .xlsx: {error}") from None
    return [["" if cell is None else str(cell) for cell in row] for row in rows]
