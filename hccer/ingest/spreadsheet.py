"""Read a clinical spreadsheet as text cells: .csv (UTF-8, comma or semicolon) or .xlsx."""

import csv
import io
import zipfile
import zlib
from pathlib import Path
from xml.etree.ElementTree import ParseError

import polars as pl

from hccer.clinical.rows import Refusal
from hccer.ingest.discovery import Problem
from schemas.errors import HccerError

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
    first = text.split("\n", 1)[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise HccerError(f"{file} is not valid CSV: {error}") from None


def _xlsx(file: Path) -> list[list[str]]:
    import openpyxl  # only where a cohort uses Excel

    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    except DAMAGED as error:
        raise HccerError(f"{file} cannot be read as .xlsx: {error}") from None
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def clinical_problem(refusal: Refusal, source: str) -> Problem:
    """A refusal of the clinical file `source` as a row of `rejected`."""
    return Problem(refusal.asset, refusal.reason, refusal.patient_id, source=source)
