"""Exclusions and readings: two long tables that a research group hands in."""

from collections import Counter

import polars as pl

from hccer.clinical.dates import days_between, read_day
from hccer.clinical.rows import Refusal, cell, require_columns, shown
from schemas.cohort_parts import Clinical, Endpoint, Exclusions, Readings
from schemas.errors import HccerError


def require_section(
    sheet: pl.DataFrame, section: Clinical | Readings | Exclusions, endpoints: list[Endpoint]
) -> None:
    """Raise HccerError when a table lacks a column that the cohort file names."""
    if isinstance(section, Clinical):
        require_columns(sheet, section, endpoints)
        return
    named = section.model_dump(exclude={"file"}, exclude_none=True).values()
    absent = [name for name in named if name not in sheet.columns]
    if absent:
        there = shown(sheet.columns)
        raise HccerError(f"{section.file} has no column {', '.join(absent)}; it has {there}")


def read_exclusions(sheet: pl.DataFrame, given: Exclusions) -> tuple[list[dict], list[Refusal]]:
    """Who was excluded.

    Args:
        sheet: text cells, one row per excluded patient.
        given: which columns hold what.

    Returns:
        Rows `patient_id, position, reason, days_from_surgery`; a refusal for each row that
        cannot be used.
    """
    rows, refusals = [], []
    counts = Counter(cell(name) for name in sheet[given.patient])
    for row in sheet.iter_rows(named=True):
        patient_id = cell(row[given.patient])
        try:
            if patient_id is None or counts[patient_id] > 1:
                raise ValueError(f"{given.patient} is empty or stands in several rows")
            rows.append({"patient_id": patient_id, **_exclusion(row, given)})
        except ValueError as error:
            refusals.append(Refusal("exclusion", patient_id, str(error)))
    return rows, list(dict.fromkeys(refusals))


def _exclusion(row: dict, given: Exclusions) -> dict:
    reason, position = cell(row[given.reason]), cell(row[given.position]) or ""
    if reason is None:
        raise ValueError(f"{given.reason} is empty")
    if not (position.isdecimal() and len(position) < 4 and int(position) >= 1):
        raise ValueError(f"{given.position} is no whole number from 1 to 999")
    days = None
    if given.date:
        days = days_between(_day(row, given.surgery), _day(row, given.date))
    return {"position": int(position), "reason": reason, "days_from_surgery": days}


def _day(row: dict, name: str) -> object:
    try:
        return read_day(cell(row[name]) or "")
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def read_readings(sheet: pl.DataFrame, given: Readings) -> tuple[list[dict], list[Refusal]]:
    """What readers saw.

    Args:
        sheet: text cells, one row per patient, reader and item.
        given: which columns hold what.

    Returns:
        Rows `patient_id, reader_id, item, value`; a refusal for each reading that is incomplete
        or stands several times.
    """
    names = (given.patient, given.reader, given.item, given.value)
    found = [tuple(cell(row[name]) for name in names) for row in sheet.iter_rows(named=True)]
    counts = Counter(each[:3] for each in found)
    rows, refusals = [], []
    for each in found:
        if None in each:
            empty = names[each.index(None)]
            refusals.append(Refusal("reading", each[0], f"{empty} is empty"))
        elif counts[each[:3]] > 1:
            reason = f"{each[2]} of {each[1]} stands in {counts[each[:3]]} rows"
            refusals.append(Refusal("reading", each[0], reason))
        else:
            keys = ("patient_id", "reader_id", "item", "value")
            rows.append(dict(zip(keys, each, strict=True)))
    return rows, list(dict.fromkeys(refusals))
