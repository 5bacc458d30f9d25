"""Everything that a cohort root holds for the store, whatever the layout of its images."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import SimpleITK as sitk

from hccer.ingest.dicom_header import FaultySliceError, Instance, read_instance
from hccer.ingest.dicom_series import assemble
from hccer.ingest.dicom_volume import read_series
from hccer.ingest.discovery import Problem, SourceFile, match_patterns, walk
from hccer.ingest.volumes import UnusableError
from hccer.parallel import CRASHED, map_tasks
from schemas.cohort_file import CohortFile
from schemas.cohort_parts import DicomImages

FILES_PER_TASK = 256
FEW = 64


@dataclass(frozen=True)
class Found:
    """What lies under a cohort root.

    Attributes:
        files: what the store reads.
        problems: what was refused, with the reason.
        instances: DICOM files by path, with what their headers say.
        paths: every file below the root, whether it is read or not.
    """

    files: list[SourceFile]
    problems: list[Problem]
    instances: dict[str, Instance]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class _Headers:
    root: Path
    paths: tuple[str, ...]
    cohort: CohortFile


def discover(cohort: CohortFile, root: Path, known: Mapping[str, Instance] | None = None) -> Found:
    """Find a cohort's files: by pattern, and for DICOM by their headers.

    Args:
        cohort: the validated cohort file.
        root: absolute root of the data.
        known: DICOM files whose headers were read before and have not changed since.
    """
    paths, refused = walk(root)
    files, problems = match_patterns(cohort, paths)
    if not isinstance(cohort.images, DicomImages):
        return Found(files, refused + problems, {}, tuple(paths))
    taken = {file.path for file in files}
    instances, damaged = _instances(cohort, root, [p for p in paths if p not in taken], known or {})
    whole = _less_a_slice(instances, refused + damaged)
    series, odd = assemble(cohort, whole, _ByGeometry(cohort, root, instances))
    # a file that is of no use stays what it is: it is looked at again when the rules change
    series = [replace(each, kind=instances[each.path].kind) for each in series]
    return Found(files + series, refused + problems + damaged + odd, instances, tuple(paths))


@dataclass(frozen=True)
class _ByGeometry:
    """The phase on whose voxels a mask lies that names no series that is there."""

    cohort: CohortFile
    root: Path
    instances: Mapping[str, Instance]

    def __call__(self, path: str, phases: tuple[str, ...]) -> str | None:
        from hccer.ingest.dicom_masks import candidates_by_geometry  # rarely needed

        mask = self.instances[path]
        images = {phase: image for phase in phases
                  if (image := self._image(mask.patient, phase)) is not None}  # fmt: skip
        try:
            found = candidates_by_geometry(self.root / path, images)
        except UnusableError:
            return None  # the step that reads the mask says why
        return found[0] if len(found) == 1 else None

    def _image(self, patient: str, phase: str) -> sitk.Image | None:
        wanted = ("image", patient, (phase,))
        files = [self.root / each.path for each in self.instances.values()
                 if (each.kind, each.patient, each.fits) == wanted]  # fmt: skip
        try:
            return read_series(files, self.cohort.limits)[1]
        except UnusableError:
            return None


def holds_an_image(cohort: CohortFile, root: Path) -> bool:
    """Whether any image of the cohort lies under its root; for DICOM, up to the first one."""
    paths, _ = walk(root)
    if not isinstance(cohort.images, DicomImages):
        return any(file.kind == "image" for file in match_patterns(cohort, paths)[0])
    task = _Headers(root, (), cohort)
    read = (_instance(task, path)[0] for path in paths)
    return any(
        each is not None and each.kind == "image" and each.fits and not each.fault for each in read
    )


def _instances(
    cohort: CohortFile, root: Path, paths: list[str], known: Mapping[str, Instance]
) -> tuple[dict[str, Instance], list[Problem]]:
    instances = {path: known[path] for path in paths if path in known}
    problems = _read_into(instances, cohort, root, [path for path in paths if path not in known])
    # of two files with one UID, only their content tells whether they are copies
    counts = Counter(each.sop_instance_uid for each in instances.values())
    twice = [path for path, each in instances.items()
             if counts[each.sop_instance_uid] > 1 and path in known]  # fmt: skip
    problems += _read_into(instances, cohort, root, twice)
    return dict(sorted(instances.items())), sorted(problems, key=lambda each: each.source or "")


def _read_into(
    instances: dict[str, Instance], cohort: CohortFile, root: Path, new: list[str]
) -> list[Problem]:
    problems = []
    tasks = [_Headers(root, tuple(new[at : at + FILES_PER_TASK]), cohort)
             for at in range(0, len(new), FILES_PER_TASK)]  # fmt: skip
    # a few files, such as those that are no DICOM and so never known, need no worker processes
    alone = ((task, _read(task)) for task in tasks)
    done = alone if len(new) <= FEW else map_tasks(_read, tasks, f"headers of {cohort.id}")
    for task, read in done:
        for path, instance, reason in read or [(path, None, CRASHED) for path in task.paths]:
            if instance is not None:
                instances[path] = instance
            elif reason:
                problems.append(Problem("source_file", reason, source=path))
    return problems


def _less_a_slice(instances: Mapping[str, Instance], refused: list[Problem]) -> list[Instance]:
    """A file that cannot be read in a folder of one series is a slice that the series lacks."""
    folders: dict[PurePosixPath, dict[str, str]] = defaultdict(dict)
    for path, each in instances.items():
        if each.kind == "image":
            folders[PurePosixPath(path).parent].setdefault(each.series_instance_uid, path)
    faults = {}
    for problem in refused:
        series = folders.get(PurePosixPath(problem.source or "").parent, {})
        if len(series) == 1:
            (first,) = series.values()
            faults[first] = f"a file beside it cannot be read ({problem.reason})"
    return [replace(each, fault=each.fault or faults.get(path))
            for path, each in instances.items()]  # fmt: skip


def _read(task: _Headers) -> list[tuple[str, Instance | None, str | None]]:
    return [(path, *_instance(task, path)) for path in task.paths]


def _instance(task: _Headers, path: str) -> tuple[Instance | None, str | None]:
    cohort = task.cohort
    try:
        return read_instance(
            task.root / path, path, cohort.images, cohort.delineations, cohort.limits
        ), None
    except UnusableError as error:
        # one file that is cut off takes its series along, which says of whom it is
        return (error.instance, None) if isinstance(error, FaultySliceError) else (None, str(error))
    except OSError as error:
        return None, f"unreadable: {error.strerror}"
