"""From a spreadsheet's text cells to outcomes: a label per patient, and days from surgery."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import polars as pl

from hccer.clinical.dates import days_between, months_later, read_day
from hccer.clinical.rows import Refusal, cell
from schemas.cohort_parts import Clinical, Endpoint


@dataclass(frozen=True)
class Label:
    """An outcome of one patient, or why there is none."""

    value: int | None = None
    days: float | None = None
    reason: str | None = None


def read_outcomes(
    sheet: pl.DataFrame, clinical: Clinical, endpoint: Endpoint, patients: list[str]
) -> tuple[list[dict], list[Refusal]]:
    """Outcomes of one endpoint.

    Args:
        sheet: text cells, one row per patient.
        patients: who needs a label.

    Returns:
        Rows `patient_id, endpoint, value, days`; a refusal for each patient without a usable label.
    """
    counts, cells = _rows_of_patients(sheet, clinical)
    rows, refusals = [], []
    for patient_id in patients:
        label = _label(endpoint, clinical, cells.get(patient_id, {}))
        if counts[patient_id] > 1:  # which of them is right, nobody can say
            label = Label(reason=f"no label: the patient stands in {counts[patient_id]} rows")
        if label.reason:
            refusals.append(Refusal("outcome", patient_id, label.reason))
        else:
            named = {"patient_id": patient_id, "endpoint": endpoint.name}
            rows.append({**named, "value": label.value, "days": label.days})
    return rows, refusals


def surgery_days(sheet: pl.DataFrame, clinical: Clinical) -> dict[str, date]:
    """Day of surgery by patient, of those whose cell names one."""
    found = {}
    for patient_id, row in (
        _rows_of_patients(sheet, clinical)[1].items() if clinical.surgery else ()
    ):
        try:
            found[patient_id] = read_day(cell(row[clinical.surgery]) or "")
        except ValueError:
            continue  # `read_outcomes` names it where a day is needed
    return found


def _rows_of_patients(
    sheet: pl.DataFrame, clinical: Clinical
) -> tuple[Counter[str | None], dict[str, dict]]:
    """How often each patient stands in the sheet, and the rows of those who stand once."""
    named = [(cell(row[clinical.patient]), row) for row in sheet.iter_rows(named=True)]
    counts = Counter(name for name, _ in named)
    return counts, {name: row for name, row in named if name and counts[name] == 1}


def _label(endpoint: Endpoint, clinical: Clinical, row: dict) -> Label:
    if endpoint.date:
        return _dated(endpoint, clinical, row)
    given = cell(row.get(endpoint.column))
    if given is None:
        return Label(reason=f"no label: {endpoint.column} is empty or the patient has no row")
    if not (_same(given, endpoint.positive) or _same(given, endpoint.negative)):
        choice = f"{endpoint.positive} (event) nor {endpoint.negative} (no event)"
        return Label(reason=f"{endpoint.column} is neither {choice} but {given!r}")
    days = cell(row.get(endpoint.days)) if endpoint.days else None
    try:
        number = None if days is None else float(days)
    except ValueError:
        number = -1.0
    if number is not None and not 0 <= number < float("inf"):
        return Label(reason=f"{endpoint.days} is not a number of days: {days!r}")
    return Label(int(_same(given, endpoint.positive)), number)


def _same(given: str, value: object) -> bool:
    try:
        return float(given) == float(value)
    except (TypeError, ValueError):
        return given.casefold() == str(value).casefold()


def _dated(endpoint: Endpoint, clinical: Clinical, row: dict) -> Label:
    days: dict[str, date | None] = {}
    for name in (clinical.surgery, endpoint.date, endpoint.follow_up):
        given = cell(row.get(name))
        try:
            days[name] = read_day(given) if given else None
        except ValueError as error:
            return Label(reason=f"{name} {error}")
    surgery, event, last = days[clinical.surgery], days[endpoint.date], days[endpoint.follow_up]
    if surgery is None:
        return Label(reason=f"no label: {clinical.surgery} is empty or the patient has no row")
    if any(day and day < surgery for day in (event, last)):
        return Label(reason=f"{endpoint.date} or {endpoint.follow_up} lies before surgery")
    return _within(endpoint, surgery, event, last)


def _within(endpoint: Endpoint, surgery: date, event: date | None, last: date | None) -> Label:
    end = months_later(surgery, endpoint.within_months)
    if event and event <= end:
        return Label(1, days_between(surgery, event))
    seen = max((day for day in (event, last) if day), default=None)
    if seen is None or seen < end:
        months = endpoint.within_months
        return Label(reason=f"no label: no event, and followed for less than {months} months")
    return Label(0, days_between(surgery, seen))
