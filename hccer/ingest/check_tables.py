"""Look at the tables of a cohort: clinical rows, outcomes, readings, exclusions."""

from pathlib import Path

import polars as pl

from hccer.clinical.outcomes import read_outcomes
from hccer.clinical.records import read_exclusions, read_readings, require_section
from hccer.clinical.rows import Refusal, lonely_rows, read_patients, unread_columns
from hccer.ingest.discovery import Problem, SourceFile
from hccer.ingest.spreadsheet import read_spreadsheet
from schemas.cohort_file import CohortFile
from schemas.errors import HccerError

TABLES = {"exclusions": "exclusion", "readings": "reading", "clinical": "patient"}


def check_tables(
    cohort: CohortFile, root: Path, files: list[SourceFile], imaged: set[str | None]
) -> tuple[list[Problem], list[str]]:
    """What of a cohort's tables would be rejected, and what would not be read.

    Args:
        files: what was found below the root.
        imaged: patients with an image.
    """
    there = {file.kind for file in files}
    problems: list[Problem] = []
    sheets: dict[str, pl.DataFrame] = {}
    for kind in (kind for kind in TABLES if kind in there):
        section = getattr(cohort, kind)
        try:
            sheet = read_spreadsheet(root / section.file)
            require_section(sheet, section, cohort.endpoint)
            sheets[kind] = sheet
        except HccerError as error:
            problems.append(Problem(TABLES[kind], str(error), source=section.file))
    refused = _refusals(cohort, sheets, {each for each in imaged if each})
    problems += [Problem(each.asset, each.reason, each.patient_id, source=section)
                 for section, each in refused]  # fmt: skip
    return problems, _notes(cohort, sheets)


def _refusals(
    cohort: CohortFile, sheets: dict[str, pl.DataFrame], imaged: set[str]
) -> list[tuple[str, Refusal]]:
    found: list[tuple[str, Refusal]] = []
    excluded: set[str] = set()
    if "exclusions" in sheets:
        rows, refused = read_exclusions(sheets["exclusions"], cohort.exclusions)
        excluded = {row["patient_id"] for row in rows}
        found += [(cohort.exclusions.file, each) for each in refused]
    if "readings" in sheets:
        refused = read_readings(sheets["readings"], cohort.readings)[1]
        found += [(cohort.readings.file, each) for each in refused]
    if "clinical" in sheets:
        refused = _clinical(cohort, sheets["clinical"], imaged, excluded)
        found += [(cohort.clinical.file, each) for each in refused]
    return found


def _clinical(
    cohort: CohortFile, sheet: pl.DataFrame, imaged: set[str], excluded: set[str]
) -> list[Refusal]:
    rows, refusals = read_patients(sheet, cohort.clinical)
    named = {row.patient_id for row in rows}
    refusals += lonely_rows(named - excluded, imaged)
    for endpoint in cohort.endpoint:
        everyone = sorted((named | imaged) - excluded)
        refusals += read_outcomes(sheet, cohort.clinical, endpoint, everyone)[1]
    return refusals


def _notes(cohort: CohortFile, sheets: dict[str, pl.DataFrame]) -> list[str]:
    if "clinical" not in sheets:
        return []
    unknown = unread_columns(sheets["clinical"], cohort.clinical, cohort.endpoint)
    return [f"{cohort.clinical.file}: column {name!r} is unknown and not read" for name in unknown]
