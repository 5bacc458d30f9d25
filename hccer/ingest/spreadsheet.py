"""Read a clinical spreadsheet as text cells: .csv (UTF-8, comma or semicolon) or .xlsx."""

import csv
import io
import zipfile
from pathlib import Path

import polars as pl

from hccer.clinical.rows import Refusal
from hccer.ingest.discovery import Problem
from schemas.errors import HccerError


def read_spreadsheet(file: Path) -> pl.DataFrame:
    """All cells as text, one row per line below the header.

    Raises:
        HccerError: missing, not UTF-8, rows of different length, or a column named twice.
    """
    rows = _xlsx(file) if file.suffix == ".xlsx" else _csv(file)
    header = [name.strip() for name in rows[0]] if rows else []
    if not any(header):
        raise HccerError(f"{file} has no header line")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise HccerError(f"{file} names a column twice: {', '.join(twice)}")
    body = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    for number, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise HccerError(
                f"{file}, data row {number - 1}: {len(row)} cells under {len(header)} columns"
            )
    return pl.DataFrame(body, schema=dict.fromkeys(header, pl.String), orient="row")


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
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise HccerError(f"{file} cannot be read as .xlsx: {error}") from None
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def clinical_problem(refusal: Refusal, source: str) -> Problem:
    """A refusal of the clinical file `source` as a row of `rejected`."""
    return Problem(refusal.asset, refusal.reason, refusal.patient_id, source=source)
