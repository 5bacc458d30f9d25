"""Look at every file of a cohort before anything is stored, with the judgement of the pipeline."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from hccer.imaging.series import voxel_sha256
from hccer.ingest.check_tables import check_tables
from hccer.ingest.crawl import discover
from hccer.ingest.dicom_header import read_acquisition
from hccer.ingest.discovery import Problem, SourceFile, missing
from hccer.ingest.headers import read_header
from hccer.ingest.layouts import delineation, read_files
from hccer.ingest.lesion import measured_lesion
from hccer.ingest.twins import Voxels, disputes
from hccer.ingest.volumes import UnusableError, read_mask
from hccer.parallel import CRASHED, map_tasks
from schemas.cohort_file import CohortFile


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
    cohort: CohortFile
    images: tuple[SourceFile, ...]
    masks: tuple[SourceFile, ...]


@dataclass(frozen=True)
class _Seen:
    problems: list[Problem]
    voxels: Voxels | None = None


def check_cohort(cohort: CohortFile, root: Path) -> CheckReport:
    """Read every image, mask and table of a cohort; store nothing.

    Args:
        cohort: the validated cohort file.
        root: absolute root of its data.
    """
    found = discover(cohort, root)
    problems = found.problems + missing(cohort, found.files)
    images, masks = _units(found.files, "image"), _units(found.files, "mask")
    tasks = [_Looking(root, cohort, tuple(files), tuple(masks[unit]))
             for unit, files in images.items()]  # fmt: skip
    looked = []
    for task, seen in map_tasks(_look, tasks, f"check of {cohort.id}"):
        looked.append(seen or _Seen([_problem(task.images[0], "image", CRASHED)]))
    problems += [each for seen in looked for each in seen.problems]
    problems += disputes(seen.voxels for seen in looked if seen.voxels)
    problems += _sidecars(root, found.files)
    imaged = {patient for patient, _ in images}
    tables = check_tables(cohort, root, found.files, imaged)
    patients = {file.patient_id for file in found.files if file.patient_id}
    count = sum(map(len, masks.values()))
    return CheckReport(len(patients), len(images), count, problems + tables[0], tables[1])


def _units(files: list[SourceFile], kind: str) -> dict[tuple, list[SourceFile]]:
    units = defaultdict(list)
    for file in sorted(files, key=lambda each: each.path):
        if file.kind == kind and file.phase and (kind == "image" or file.reader_id):
            units[file.patient_id, file.phase].append(file)
    return units


def _look(task: _Looking) -> _Seen:
    first = task.images[0]
    try:
        _, image = read_files(task.cohort, [task.root / each.path for each in task.images])
        if first.series_instance_uid:
            read_acquisition(task.root / first.path)
    except UnusableError as error:
        return _Seen([_problem(first, "image", str(error))])
    problems = []
    for file in task.masks:
        drawn = delineation(task.cohort, file.reader_id, file.session_id)
        try:
            _, mask = read_mask(task.root / file.path, image, drawn, task.cohort.limits)
            measured_lesion(mask, drawn.label, task.cohort.limits)
        except UnusableError as error:
            problems.append(_problem(file, "segmentation", str(error)))
    return _Seen(problems, Voxels(first.patient_id, first.phase, voxel_sha256(image), first.path))


def _problem(file: SourceFile, asset: str, reason: str) -> Problem:
    named = (file.patient_id, file.phase, file.reader_id, file.session_id)
    return Problem(asset, reason, *named, source=file.path)


def _sidecars(root: Path, files: list[SourceFile]) -> list[Problem]:
    problems = []
    for file in files:
        if file.kind == "header":
            try:
                read_header(root / file.path)
            except (OSError, ValueError, TypeError) as error:
                reason = f"the JSON sidecar cannot be read: {error}"
                problems.append(_problem(file, "acquisition", reason))
    return problems
