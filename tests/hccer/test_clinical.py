"""Clinical rows: typed, ranged, and never a wrong value in the store."""

from pathlib import Path
from zipfile import ZipFile

import openpyxl
import polars as pl
import pytest

from hccer.clinical.outcomes import read_outcomes
from hccer.clinical.rows import (
    read_patients,
    require_columns,
    unread_columns,
)
from hccer.ingest.spreadsheet import read_spreadsheet
from schemas.cohort_parts import Clinical, Endpoint
from schemas.errors import HccerError

CLINICAL = Clinical(file="c.csv", patient="id", columns={"AST (U/L)": "ast_u_l"})
ENDPOINT = Endpoint(name="er", column="recurred", days="days")


def sheet(*rows: tuple) -> pl.DataFrame:
    names = ["id", "AST (U/L)", "sex", "recurred", "days", "shoe size"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def test_rows_are_typed():
    rows, refusals = read_patients(sheet(("a", " 41.5 ", "male", "1", "", "43")), CLINICAL)
    assert refusals == []
    assert (rows[0].patient_id, rows[0].ast_u_l, rows[0].sex) == ("a", 41.5, "male")
    assert rows[0].age_years is None


def test_a_value_out_of_range_is_left_empty_and_named():
    rows, refusals = read_patients(
        sheet(("a", "-3", "male", "", "", ""), ("b", "forty", "M", "", "", "")), CLINICAL
    )
    assert [(row.patient_id, row.ast_u_l, row.sex) for row in rows] == [
        ("a", None, "male"),
        ("b", None, None),
    ]
    assert [(each.patient_id, each.reason.split(":")[0]) for each in refusals] == [
        ("a", "ast_u_l"),
        ("b", "sex"),
        ("b", "ast_u_l"),
    ]
    assert "(given: '-3')" in refusals[0].reason


def test_a_patient_who_stands_twice_is_refused():
    rows, refusals = read_patients(
        sheet(("a", "1", "", "", "", ""), ("b", "1", "", "", "", ""), ("a", "2", "", "", "", ""),
              ("", "3", "", "", "", "")),
        CLINICAL,
    )  # fmt: skip
    assert [row.patient_id for row in rows] == ["b"]
    assert [(each.patient_id, each.reason) for each in refusals] == [
        ("a", "stands in 2 rows of the clinical file"),
        (None, "1 rows have no patient"),
    ]


def test_outcomes_are_exactly_event_or_no_event():
    given = sheet(("a", "", "", "1", "30", ""), ("b", "", "", "0", "", ""),
                  ("c", "", "", "2", "", ""), ("d", "", "", "", "", ""),
                  ("e", "", "", "1.0", "-4", ""))  # fmt: skip
    rows, refusals = read_outcomes(given, CLINICAL, ENDPOINT, list("abcdef"))
    assert [(row["patient_id"], row["value"], row["days"]) for row in rows] == [
        ("a", 1, 30.0),
        ("b", 0, None),
    ]
    reasons = {each.patient_id: each.reason for each in refusals}
    assert reasons["c"] == "recurred is neither 1 (event) nor 0 (no event) but '2'"
    assert reasons["d"] == reasons["f"] == "no label: recurred is empty or the patient has no row"
    assert reasons["e"] == "days is not a number of days: '-4'"


def test_words_may_be_the_values():
    words = Endpoint(name="er", column="recurred", positive="yes", negative="no")
    rows, _ = read_outcomes(sheet(("a", "", "", "Yes", "", ""), ("b", "", "", "NO", "", "")),
                            CLINICAL, words, ["a", "b"])  # fmt: skip
    assert [row["value"] for row in rows] == [1, 0]


def test_columns_that_are_missing_or_unread():
    given = sheet(("a", "1", "", "1", "", ""))
    assert unread_columns(given, CLINICAL, [ENDPOINT]) == ["shoe size"]
    with pytest.raises(HccerError, match="has no column recurred, days; it has id"):
        require_columns(given.drop("recurred", "days"), CLINICAL, [ENDPOINT])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no header"),
        (b"id,id\n1,2\n", "names a column twice: id"),
        (b"id,x\n1,2,3\n", "data row 1: 3 cells under 2 columns"),
        ("id,name\n1,M\xfcller\n".encode("latin-1"), "is not UTF-8"),
        (b'id,x\n1,"open\n', "is not valid CSV"),
        (b"id,,x,\n1,2,3,4\n", "has cells but no header in column 2, 4"),
    ],
)
def test_a_spreadsheet_that_cannot_be_trusted_is_refused(
    tmp_path: Path, content: bytes, message: str
):
    (tmp_path / "c.csv").write_bytes(content)
    with pytest.raises(HccerError, match=message):
        read_spreadsheet(tmp_path / "c.csv")


def test_semicolons_a_byte_order_mark_and_excel_are_read_alike(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfid;x\r\np1;1\r\n\r\n")
    book = openpyxl.Workbook()
    for row in (["id", "x"], ["p1", 1], [None, None]):
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    first, second = (read_spreadsheet(tmp_path / name) for name in ("a.csv", "b.xlsx"))
    assert first.equals(second)
    assert first.rows() == [("p1", "1")]
    (tmp_path / "c.xlsx").write_bytes(b"PK no book")
    with pytest.raises(HccerError, match=r"cannot be read as \.xlsx"):
        read_spreadsheet(tmp_path / "c.xlsx")


def test_a_column_that_is_called_patient_id_does_not_name_the_patient():
    given = pl.DataFrame({"id": ["a", "b"], "patient_id": ["b", "a"], "AST (U/L)": ["1", "2"],
                          "sex": ["", ""]})  # fmt: skip
    rows, refusals = read_patients(given, CLINICAL)
    assert [(row.patient_id, row.ast_u_l) for row in rows] == [("a", 1), ("b", 2)]
    assert refusals == []
    assert unread_columns(given, CLINICAL, []) == ["patient_id"]


def test_two_columns_for_one_variable_are_refused():
    given = sheet(("a", "1", "", "1", "", "")).with_columns(ast_u_l=pl.lit("2"))
    with pytest.raises(HccerError, match=r"AST \(U/L\), ast_u_l both mean ast_u_l"):
        require_columns(given, CLINICAL, [ENDPOINT])


def test_columns_without_header_and_cells_are_left_out(tmp_path: Path):
    book = openpyxl.Workbook()
    for row in (["id", None, "x", None], ["p1", None, "1", None]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "b.csv").write_text("id,,x,\np1,,1, \n")
    for name in ("a.xlsx", "b.csv"):
        found = read_spreadsheet(tmp_path / name)
        assert (found.columns, found.rows()) == (["id", "x"], [("p1", "1")])


def test_a_cell_that_says_it_is_no_number_is_empty(tmp_path: Path):
    (tmp_path / "a.csv").write_text("id,x,y,z\np1,NaN, nan ,NA\np2,Nancy,0,-\n")
    found = read_spreadsheet(tmp_path / "a.csv").rows()
    assert found == [("p1", "", "", ""), ("p2", "Nancy", "0", "-")]


def test_a_damaged_excel_file_is_one_sentence(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.append(["id", "x"])
    book.save(tmp_path / "whole.xlsx")
    with ZipFile(tmp_path / "whole.xlsx") as whole, ZipFile(tmp_path / "cut.xlsx", "w") as cut:
        for name in whole.namelist():
            content = whole.read(name)
            cut.writestr(name, content[:-30] if "sheet1" in name else content)
    with pytest.raises(HccerError, match=r"cannot be read as \.xlsx"):
        read_spreadsheet(tmp_path / "cut.xlsx")
