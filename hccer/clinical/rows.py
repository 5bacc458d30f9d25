"""From a spreadsheet's text cells to typed patients and outcomes."""

from collections import Counter
from dataclasses import dataclass

import polars as pl
from pydantic import ValidationError

from schemas.clinical import ClinicalRow
from schemas.cohort_parts import Clinical, Endpoint
from schemas.errors import HccerError, field_problems

VARIABLES = tuple(name for name in ClinicalRow.model_fields if name != "patient_id")


@dataclass(frozen=True)
class Refusal:
    """Why something of a patient could not be used; `asset` is the table that refuses it."""

    asset: str
    patient_id: str | None
    reason: str


def unread_columns(sheet: pl.DataFrame, clinical: Clinical, endpoints: list[Endpoint]) -> list[str]:
    """Columns of the sheet that nothing reads."""
    used = {clinical.patient, clinical.surgery, *clinical.columns, *VARIABLES}
    used |= {name for endpoint in endpoints for name in endpoint.columns}
    return [name for name in sheet.columns if name not in used]


def shown(columns: list[str]) -> str:
    """Names of columns in one line, whatever they are made of."""
    return ", ".join(name if name.isprintable() else ascii(name) for name in columns)[:500]


def require_columns(sheet: pl.DataFrame, clinical: Clinical, endpoints: list[Endpoint]) -> None:
    """Raise HccerError when a column that the cohort file names is not in the sheet."""
    named = [clinical.patient, *filter(None, [clinical.surgery]), *clinical.columns]
    named += [name for each in endpoints for name in each.columns]
    absent = [name for name in dict.fromkeys(named) if name not in sheet.columns]
    if absent:
        there = shown(sheet.columns)
        raise HccerError(f"the clinical file has no column {', '.join(absent)}; it has {there}")
    ours = _ours(clinical)
    meant = Counter(ours[name] for name in sheet.columns if name in ours)
    twice = [name for name, count in meant.items() if count > 1]
    if twice:
        given = [name for name in sheet.columns if ours.get(name) in twice]
        raise HccerError(f"the columns {', '.join(given)} both mean {', '.join(twice)}: keep one")


def read_patients(
    sheet: pl.DataFrame, clinical: Clinical
) -> tuple[list[ClinicalRow], list[Refusal]]:
    """Typed clinical rows.

    Args:
        sheet: text cells, one row per patient.
        clinical: which columns hold what.

    Returns:
        One row per patient that stands once; a value that is out of range is left empty and
        named in a refusal. Patients that stand twice are refused whole.
    """
    cells = [_renamed(row, clinical) for row in sheet.iter_rows(named=True)]
    counts = Counter(row.get("patient_id") for row in cells)
    refusals = [
        Refusal("patient", name, f"stands in {count} rows of the clinical file")
        for name, count in counts.items()
        if name and count > 1
    ]
    if counts[None]:
        refusals.append(Refusal("patient", None, f"{counts[None]} rows have no patient"))
    rows = []
    for row in cells:
        if row.get("patient_id") and counts[row["patient_id"]] == 1:
            valid, refused = _validated(row)
            rows.append(valid)
            refusals += refused
    return rows, refusals


def _ours(clinical: Clinical) -> dict[str, str]:
    # a column that happens to be called patient_id is not the patient, unless the file says so
    return {name: name for name in VARIABLES} | clinical.columns | {clinical.patient: "patient_id"}


def _renamed(row: dict, clinical: Clinical) -> dict:
    ours = _ours(clinical)
    return {ours[name]: cell(value) for name, value in row.items() if name in ours}


def cell(value: str | None) -> str | None:
    """The text of a cell without blanks around it; None where nothing is in it."""
    return (value or "").strip() or None


def _validated(row: dict) -> tuple[ClinicalRow, list[Refusal]]:
    try:
        return ClinicalRow.model_validate(row), []
    except ValidationError as error:
        wrong = {str(item["loc"][0]) for item in error.errors()}
        refused = [Refusal("patient", row["patient_id"], each) for each in field_problems(error)]
        kept = {name: value for name, value in row.items() if name not in wrong}
        return ClinicalRow.model_validate(kept), refused


def lonely_rows(named: set[str], imaged: set[str | None]) -> list[Refusal]:
    """Refusals of patients with a clinical row and no image."""
    reason = "has a clinical row but no image of any phase"
    return [Refusal("patient", patient_id, reason) for patient_id in sorted(named - imaged)]
