"""patient, outcome, exclusion, reading: what the tables of a cohort say of its patients."""

from collections.abc import Callable
from typing import Literal

from hccer.clinical.outcomes import read_outcomes
from hccer.clinical.records import read_exclusions, read_readings
from hccer.clinical.rows import Refusal, lonely_rows, read_patients
from hccer.ingest.discovery import Problem
from hccer.pipeline.context import Context
from hccer.pipeline.rows import write_small
from hccer.pipeline.sheets import Sheet, read_sheet
from schemas.table import Table
from schemas.tables import EXCLUSION, OUTCOME, PATIENT, READING
from storage.lineage import Outcome

VERSION = "clinical-2"


def make_patient(context: Context) -> Outcome:
    """Everyone with a clinical row, and everyone with an image."""
    sheet = read_sheet(context, "clinical")
    valid, refusals = read_patients(sheet.cells, sheet.section) if sheet.read else ([], [])
    rows = [row.model_dump() for row in valid]
    imaged = _imaged(context)
    named = {row["patient_id"] for row in rows}
    refusals += lonely_rows(named - _excluded(context), imaged)
    if sheet.failure:
        rows = _stored(context, PATIENT)
        named = {row["patient_id"] for row in rows}
    rows += [{"patient_id": patient_id} for patient_id in sorted(imaged - named)]
    return write_small(context, PATIENT, rows, _problems(sheet, PATIENT, refusals), VERSION)


def make_outcome(context: Context) -> Outcome:
    """A label per patient and endpoint, or the reason why there is none."""
    sheet = read_sheet(context, "clinical")
    rows, refusals = [], []
    for endpoint in context.cohort.endpoint if sheet.read else ():
        patients = sorted(_patients(context) - _excluded(context))
        found, refused = read_outcomes(sheet.cells, sheet.section, endpoint, patients)
        rows += found
        refusals += refused
    if sheet.failure:
        rows = _stored(context, OUTCOME)
    return write_small(context, OUTCOME, rows, _problems(sheet, OUTCOME, refusals), VERSION)


def make_exclusion(context: Context) -> Outcome:
    """Who was recruited and excluded."""
    return _make_records(context, "exclusions", EXCLUSION, read_exclusions)


def make_reading(context: Context) -> Outcome:
    """What readers saw."""
    return _make_records(context, "readings", READING, read_readings)


def _make_records(
    context: Context, name: Literal["exclusions", "readings"], table: Table, read: Callable
) -> Outcome:
    sheet = read_sheet(context, name)
    rows, refusals = read(sheet.cells, sheet.section) if sheet.read else ([], [])
    if sheet.failure:
        rows = _stored(context, table)
    return write_small(context, table, rows, _problems(sheet, table, refusals), VERSION)


def _problems(sheet: Sheet, table: Table, refusals: list[Refusal]) -> list[Problem]:
    found = [Problem(each.asset, each.reason, each.patient_id, source=sheet.path)
             for each in refusals]  # fmt: skip
    if sheet.failure:
        found.append(Problem(table.name, sheet.failure, source=sheet.path))
    return found


def _stored(context: Context, table: Table) -> list[dict]:
    """A file that cannot be read takes nothing out of the store."""
    return context.store.rows(
        f"from lake.{table.name} where cohort_id = ?", [context.cohort_id]
    ).to_dicts()


def _patients(context: Context) -> set[str]:
    return {row["patient_id"] for row in _stored(context, PATIENT)}


def _excluded(context: Context) -> set[str]:
    return {row["patient_id"] for row in _stored(context, EXCLUSION)}


def _imaged(context: Context) -> set[str]:
    return {file.patient_id for file in context.source_files()
            if file.kind == "image" and file.patient_id}  # fmt: skip
