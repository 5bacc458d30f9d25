"""patient and outcome: the clinical rows of everyone who has a row or an image."""

import polars as pl

from hccer.clinical.rows import (
    Refusal,
    lonely_rows,
    read_outcomes,
    read_patients,
    require_columns,
)
from hccer.ingest.discovery import Problem
from hccer.ingest.spreadsheet import clinical_problem, read_spreadsheet
from hccer.pipeline.context import Context
from hccer.pipeline.rows import write_small
from schemas.errors import HccerError
from schemas.tables import OUTCOME, PATIENT
from storage.lineage import Outcome

VERSION = "clinical-1"


def make_patient(context: Context) -> Outcome:
    """Everyone with a clinical row, and everyone with an image."""
    rows, problems = [], []
    sheet, failure = read_sheet(context)
    if sheet is not None:
        valid, refusals = read_patients(sheet, context.cohort.clinical)
        rows = [row.model_dump() for row in valid]
        problems = [_problem(context, refusal) for refusal in refusals]
    imaged = _imaged(context)
    named = {row["patient_id"] for row in rows}
    problems += [_problem(context, refusal) for refusal in lonely_rows(named, imaged)]
    if failure:
        rows = _stored(context, "patient")
        named = {row["patient_id"] for row in rows}
    rows += [{"patient_id": patient_id} for patient_id in sorted(imaged - named)]
    return write_small(context, PATIENT, rows, problems + failure, VERSION)


def make_outcome(context: Context) -> Outcome:
    """A label per patient and endpoint, or the reason why there is none."""
    rows, problems = [], []
    sheet, failure = read_sheet(context)
    if sheet is not None:
        patients = context.store.rows(
            "select patient_id from lake.patient where cohort_id = ? order by all",
            [context.cohort_id],
        )["patient_id"].to_list()
        for endpoint in context.cohort.endpoint:
            found, refusals = read_outcomes(sheet, context.cohort.clinical, endpoint, patients)
            rows += found
            problems += [_problem(context, refusal) for refusal in refusals]
    if failure:
        rows = _stored(context, "outcome")
    failure = [Problem("outcome", each.reason, source=each.source) for each in failure]
    return write_small(context, OUTCOME, rows, problems + failure, VERSION)


def read_sheet(context: Context) -> tuple[pl.DataFrame | None, list[Problem]]:
    """The clinical spreadsheet, or why it cannot be read; neither where the cohort has none."""
    clinical = context.cohort.clinical
    if clinical is None:
        return None, []
    try:
        sheet = read_spreadsheet(context.root / clinical.file)
        require_columns(sheet, clinical, context.cohort.endpoint)
    except HccerError as error:
        reason = f"{error}; what is stored of it is kept"
        return None, [Problem("patient", reason, source=clinical.file)]
    kept = [not context.withdrew((name or "").strip()) for name in sheet[clinical.patient]]
    return sheet.filter(pl.Series(kept, dtype=pl.Boolean)), []


def _stored(context: Context, table: str) -> list[dict]:
    """A clinical file that cannot be read takes nothing out of the store."""
    rows = context.store.rows(f"from lake.{table} where cohort_id = ?", [context.cohort_id])
    return rows.to_dicts()


def _imaged(context: Context) -> set[str]:
    return {file.patient_id for file in context.source_files() if file.kind == "image"}


def _problem(context: Context, refusal: Refusal) -> Problem:
    return clinical_problem(refusal, context.cohort.clinical.file)
