"""Look at every file of a cohort before anything is stored, with the judgement of the pipeline."""

from dataclasses import dataclass
from pathlib import Path

from hccer.clinical.rows import (
    lonely_rows,
    read_outcomes,
    read_patients,
    require_columns,
    unread_columns,
)
from hccer.ingest.discovery import Problem, SourceFile, discover, missing
from hccer.ingest.headers import read_header
from hccer.ingest.spreadsheet import clinical_problem, read_spreadsheet
from hccer.ingest.volumes import UnusableError, read_image, read_mask
from hccer.parallel import CRASHED, map_tasks
from schemas.cohort_file import CohortFile, Limits
from schemas.errors import HccerError


@dataclass(frozen=True)
class CheckReport:
    """What `hccer cohort check` found.

    Attributes:
        problems: what would be rejected.
        notes: what would be ignored, without harm to a patient.
    """

    patients: int
    images: int
    masks: int
    problems: list[Problem]
    notes: list[str]


@dataclass(frozen=True)
class _Looking:
    root: Path
    image: SourceFile
    masks: tuple[SourceFile, ...]
    limits: Limits


def check_cohort(cohort: CohortFile, root: Path) -> CheckReport:
    """Read every image, mask and clinical row of a cohort; store nothing.

    Args:
        cohort: the validated cohort file.
        root: absolute root of its data.
    """
    files, problems = discover(cohort, root)
    problems += missing(cohort, files)
    images = [file for file in files if file.kind == "image"]
    masks = [file for file in files if file.kind == "mask"]
    tasks = [_Looking(root, image, _masks_of(image, masks), cohort.limits) for image in images]
    for task, found in map_tasks(_look, tasks, f"check of {cohort.id}"):
        problems += [_problem(task.image, "image", CRASHED)] if found is None else found
    problems += _headers(root, files)
    notes: list[str] = []
    clinical = [file for file in files if file.kind == "clinical"]
    if clinical:
        found, notes = _clinical(cohort, root, {image.patient_id for image in images})
        problems += found
    patients = {file.patient_id for file in files if file.patient_id}
    return CheckReport(len(patients), len(images), len(masks), problems, notes)


def _masks_of(image: SourceFile, masks: list[SourceFile]) -> tuple[SourceFile, ...]:
    unit = (image.patient_id, image.phase)
    return tuple(mask for mask in masks if (mask.patient_id, mask.phase) == unit)


def _look(task: _Looking) -> list[Problem]:
    try:
        _, image = read_image(task.root / task.image.path, task.limits)
    except UnusableError as error:
        return [_problem(task.image, "image", str(error))]
    problems = []
    for file in task.masks:
        try:
            read_mask(task.root / file.path, image, file.label or 1, task.limits)
        except UnusableError as error:
            problems.append(_problem(file, "segmentation", str(error)))
    return problems


def _problem(file: SourceFile, asset: str, reason: str) -> Problem:
    named = (file.patient_id, file.phase, file.reader_id, file.session_id)
    return Problem(asset, reason, *named, source=file.path)


def _headers(root: Path, files: list[SourceFile]) -> list[Problem]:
    problems = []
    for file in files:
        if file.kind == "header":
            try:
                read_header(root / file.path)
            except (OSError, ValueError, TypeError) as error:
                reason = f"the JSON sidecar cannot be read: {error}"
                problems.append(_problem(file, "acquisition", reason))
    return problems


def _clinical(
    cohort: CohortFile, root: Path, imaged: set[str | None]
) -> tuple[list[Problem], list[str]]:
    clinical = cohort.clinical
    try:
        sheet = read_spreadsheet(root / clinical.file)
        require_columns(sheet, clinical, cohort.endpoint)
    except HccerError as error:
        return [Problem("patient", str(error), source=clinical.file)], []
    rows, refusals = read_patients(sheet, clinical)
    named = {row.patient_id for row in rows}
    refusals += lonely_rows(named, imaged)
    for endpoint in cohort.endpoint:
        everyone = sorted(named | {each for each in imaged if each})
        refusals += read_outcomes(sheet, clinical, endpoint, everyone)[1]
    problems = [clinical_problem(refusal, clinical.file) for refusal in refusals]
    unknown = unread_columns(sheet, clinical, cohort.endpoint)
    notes = [f"{clinical.file}: column {name!r} is unknown and not read" for name in unknown]
    return problems, notes
