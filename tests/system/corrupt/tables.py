"""Damage to the tables of a cohort."""

import os
import zipfile
from pathlib import Path

import openpyxl

from tests.system.corrupt.edits import Edit, cuts, line, raw, replaced
from tests.system.corrupt.harness import Damage
from tests.system.corrupt.healthy import EXCLUSION, READING, ROW

CLINICAL, READINGS, EXCLUSIONS, EXCEL = (
    "clinical.csv", "readings.csv", "exclusions.csv", "clinical.xlsx",
)  # fmt: skip
B = f"B,{ROW}\n"


def _row(old: str, new: str):
    """A patient's clinical row with another cell."""
    return line(CLINICAL, f"*,{ROW}", f"*,{ROW}".replace(old, new))


def _excluded(rest: str):
    """A further exclusion."""
    return line(EXCLUSIONS, f"D0,{EXCLUSION}", f"D0,{EXCLUSION}\n*,{rest}")


def _encoded(encoding: str, add: str = ""):
    return raw(CLINICAL, lambda content: (content.decode() + add).encode(encoding))


def _sheet(rows: list[list]):
    def apply(root: Path) -> None:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(root / EXCEL)

    return apply


def _member(name: str, content: bytes):
    """An .xlsx with one of its parts replaced."""

    def apply(root: Path) -> None:
        with zipfile.ZipFile(root / EXCEL) as book:
            parts = {each: book.read(each) for each in book.namelist()}
        with zipfile.ZipFile(root / EXCEL, "w", zipfile.ZIP_DEFLATED) as book:
            for each, there in {**parts, name: content}.items():
                book.writestr(each, there)

    return apply


def _cells(rows: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()


SHEET = "xl/worksheets/sheet1.xml"
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>patient</t></is></c></row>'
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'">'
    b'<!ENTITY b "' + b"&a;" * 1000 + b'"><!ENTITY c "' + b"&b;" * 1000 + b'">]>'
    b"<worksheet>&c;</worksheet>"
)


def _gone(name: str):
    return lambda root: (root / name).unlink()


def _a_folder(root: Path) -> None:
    (root / CLINICAL).unlink()
    (root / CLINICAL).mkdir()


def _a_pipe(root: Path) -> None:
    (root / CLINICAL).unlink()
    os.mkfifo(root / CLINICAL)


def _link_out(root: Path) -> None:
    (root / CLINICAL).rename(root.parent / "away.csv")
    (root / CLINICAL).symlink_to(root.parent / "away.csv")


def _whole(kind: str, apply: Edit, says: str) -> Damage:
    """Damage to a whole table: it names no patient, and what is stored of it stays."""
    return Damage(kind, apply, says, "nobody")


TABLES = [
    _whole("table-lost", _gone(CLINICAL), "clinical file is not there"),
    _whole("table-a-folder", _a_folder, "clinical file is not there"),
    _whole("table-a-pipe", _a_pipe, "clinical file is not there"),
    _whole("table-a-link-out-of-the-root", _link_out, "out of the cohort root"),
    _whole("table-empty", raw(CLINICAL, lambda _: b""), "no header line"),
    _whole("table-utf-16", _encoded("utf-16"), "not UTF-8"),
    _whole("table-utf-16-without-mark", _encoded("utf-16-le"), "NUL|UTF-8"),
    _whole("table-latin-1", _encoded("latin-1", "E\xe9,2021-04-01,1,40,,2024-01-01\n"),
           "not UTF-8"),
    _whole("table-nul-bytes", raw(CLINICAL, lambda b: b.replace(b"42", b"4\x002")), "NUL"),
    _whole("table-two-byte-order-marks", raw(CLINICAL, lambda b: b"\xef\xbb\xbf" * 2 + b),
           "no column patient"),
    _whole("table-by-tabs", raw(CLINICAL, lambda b: b.replace(b",", b"\t")), "no column patient"),
    _whole("table-by-bars", raw(CLINICAL, lambda b: b.replace(b",", b"|")), "no column patient"),
    _whole("table-ragged", replaced(CLINICAL, B, B[:-1] + ",more\n"), "data row 2: 8 cells"),
    _whole("table-short-row", replaced(CLINICAL, B, "B,2021-04-02,62\n"),
           "data row 2: 3 cells"),
    _whole("table-quote-open", replaced(CLINICAL, B, B.replace("62", '"62')),
           "not valid CSV|cells"),
    _whole("table-column-twice", replaced(CLINICAL, "age,albumin", "age,age"), "twice"),
    _whole("table-column-lost", replaced(CLINICAL, "albumin", "alb"), "no column albumin"),
    _whole("table-cell-huge", replaced(CLINICAL, B, B.replace("62", "6" * 200_000)),
           "not valid CSV"),
    _whole("table-of-markup", raw(CLINICAL, lambda _: b"<html><body>Sign in</body></html>"),
           "no column patient"),
]  # fmt: skip
EXCEL_TABLES = [
    *cuts("excel-cut", EXCEL, "cannot be read as .xlsx", 31, "nobody"),
    _whole("excel-of-csv", raw(EXCEL, lambda _: b"patient,event\nB,1\n"),
           "cannot be read as .xlsx"),
    _whole("excel-bomb-of-text", _member("xl/sharedStrings.xml", b"<sst>" + b" " * 2**29),
           "more than"),
    _whole("excel-bomb-of-rows", _member(SHEET, _cells(
        HEADER + '<row r="99999999999"><c r="XFD99999999999"><v>1</v></c></row>')), "more than"),
    _whole("excel-entities", _member(SHEET, LAUGHS), "cannot be read as .xlsx|header"),
    _whole("excel-without-a-sheet", _member("xl/workbook.xml", b"<workbook/>"),
           "cannot be read as .xlsx"),
    _whole("excel-nested", _member(SHEET, _cells(HEADER + "<row>" * 100_000)),
           "cannot be read as .xlsx|header|cells"),
    _whole("excel-formula-error", _sheet([["patient", "#REF!"], ["A", 1]]), "no column surgery"),
]  # fmt: skip
ROWS = [
    Damage("patient-twice", _row(",0", ",0\n*,2021-05-02,62,42,2021-06-01,2023-12-01,1"),
           "stands in 2 rows"),
    Damage("patient-twice-by-a-blank", _row(",0", f",0\n* ,{ROW}"),
           "stands in 2 rows"),
    Damage("patient-unnamed", line(CLINICAL, f"*,{ROW}", f",{ROW}"), "rows have no patient",
           "nobody"),
    Damage("patient-renamed", line(CLINICAL, f"*,{ROW}", f"*x,{ROW}"), "the patient has no row"),
    Damage("albumin-in-g-per-dl", _row(",42,", ",4.2,"), "alb_g_l: .* greater than"),
    Damage("albumin-in-g-per-l-times-ten", _row(",42,", ",420,"), "alb_g_l: .* less than"),
    Damage("albumin-of-words", _row(",42,", ",low,"), "alb_g_l"),
    Damage("albumin-not-finite", _row(",42,", ",nan(7),"), "alb_g_l"),
    Damage("albumin-infinite", _row(",42,", ",Infinity,"), "alb_g_l"),
    Damage("age-with-a-comma", _row(",62,", ',"62,5",'), "age_years"),
    Damage("age-huge", _row(",62,", f",{'9' * 5000},"), "age_years"),
    Damage("date-day-first", _row("2021-04-02", "02.04.2021"), "year-month-day"),
    Damage("date-of-seven-digits", _row("2021-04-02", "2021112"), "year-month-day"),
    Damage("date-impossible", _row("2021-04-02", "2021-02-30"), "year-month-day"),
    Damage("date-for-unknown", _row("2021-04-02", "9999-12-31"), "year-month-day, of 1900 to"),
    Damage("dates-for-unknown",
           _row("2021-04-02,62,42,,2023-12-01", "9999-12-31,62,42,,9999-12-31"),
           "year-month-day, of 1900 to"),
    Damage("dates-in-wrong-order", _row("2023-12-01", "2020-12-01"), "lies before surgery"),
    Damage("follow-up-short", _row("2023-12-01", "2021-12-01"), "less than 24 months"),
    Damage("label-unknown", _row(",0", ",yes?"), "event is neither"),
    Damage("label-empty", _row("01,0", "01,"), "event is empty"),
    Damage("reading-twice", line(READINGS, f"*,{READING}", f"*,{READING}\n*,R1,capsule,absent"),
           "stands in 2 rows"),
    Damage("reading-unfinished", line(READINGS, f"*,{READING}", "*,R1,capsule,"),
           "value is empty"),
    Damage("exclusion-twice", _excluded("1,no MRI\n*,2,refused"), "several rows"),
    Damage("exclusion-without-reason", _excluded("1,"), "reason is empty"),
    Damage("exclusion-position-no-number", _excluded("first,no MRI"), "no whole number"),
    Damage("exclusion-position-huge", _excluded("9" * 30 + ",no MRI"), "whole number"),
]  # fmt: skip
