"""Which files of a cohort root are images, masks, headers and tables, by the patterns."""

import os
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.cohort_file import CohortFile
from schemas.cohort_parts import Masks, NiftiImages

UNLISTED = "the folder cannot be listed; what is stored of it is kept"


@dataclass(frozen=True)
class SourceFile:
    """One file that the store reads; fields as in the table `source_file`."""

    path: str
    kind: str
    patient_id: str | None = None
    phase: str | None = None
    reader_id: str | None = None
    session_id: int | None = None
    label: int | None = None
    is_reference: bool | None = None
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    referenced_uid: str | None = None
    fits: str | None = None
    rules_id: str | None = None

    @property
    def unit(self) -> tuple:
        """What the file is the only source of."""
        return (self.kind, self.patient_id, self.phase, self.reader_id, self.session_id)


@dataclass(frozen=True)
class Problem:
    """Something of a cohort that cannot be used; fields as in the table `rejected`."""

    asset: str
    reason: str
    patient_id: str | None = None
    phase: str | None = None
    reader_id: str | None = None
    session_id: int | None = None
    source: str | None = None


def match_patterns(cohort: CohortFile, paths: list[str]) -> tuple[list[SourceFile], list[Problem]]:
    """Match paths against the cohort's patterns and the names of its tables.

    Args:
        cohort: the validated cohort file.
        paths: files below the root.

    Returns:
        Files that fit, each the only one of its kind for its patient and phase; and what was
        refused: paths that can be read in two ways, several files for one thing, a missing table.
    """
    matched = [(path, _matches(cohort, path)) for path in paths]
    problems = [_ambiguous(path, each) for path, each in matched if len(each) > 1]
    only = [each[0] for _, each in matched if len(each) == 1]
    problems += [_blank(file) for file in only if not _is_name(file.patient_id)]
    found = [file for file in only if _is_name(file.patient_id)]
    found += _headers(found, set(paths))
    files, doubles = _only_ones(found)
    tables, absent = _tables(cohort, set(paths))
    return files + tables, problems + doubles + absent


def _tables(cohort: CohortFile, paths: set[str]) -> tuple[list[SourceFile], list[Problem]]:
    named = [(kind, getattr(cohort, kind)) for kind in ("clinical", "readings", "exclusions")]
    files = [SourceFile(each.file, kind) for kind, each in named if each and each.file in paths]
    problems = [
        Problem("source_file", f"the {kind} file is not there", source=each.file)
        for kind, each in named
        if each and each.file not in paths
    ]
    return files, problems


def walk(root: Path) -> tuple[list[str], list[Problem]]:
    """Every file below a root.

    Returns:
        Paths below the root; and what was refused: links that leave the root, folders that cannot
        be listed, names that are not UTF-8.
    """
    paths: list[str] = []
    problems: list[Problem] = []
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            inside, others = _listed(folder)
        except OSError as error:
            problems.append(_shut(error, root))
            continue
        folders += [folder / each.name for each in reversed(inside)]
        below = folder.relative_to(root)
        for entry in others:
            path = (below / entry.name).as_posix()
            if reason := _refusal(entry, path, root):
                problems.append(Problem("source_file", reason, source=_shown(path)))
            elif entry.is_file():
                paths.append(path)
    return paths, problems


def _listed(folder: Path) -> tuple[list[os.DirEntry], list[os.DirEntry]]:
    """Folders in it, and everything else, by name; the listing knows which is what."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda each: each.name)
    inside = [each for each in entries if each.is_dir(follow_symlinks=False)]
    return inside, [each for each in entries if not each.is_dir(follow_symlinks=False)]


def _shut(error: OSError, root: Path) -> Problem:
    folder = Path(error.filename).relative_to(root).as_posix()
    return Problem("source_file", UNLISTED, source=_shown(folder))


def _refusal(entry: os.DirEntry, path: str, root: Path) -> str | None:
    if _shown(path) != path:
        return "the name is not UTF-8: rename it"
    if not entry.is_symlink():
        return None
    file = Path(entry.path)
    try:
        inside = file.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a loop of links
        inside = False
    if inside and not file.is_dir():
        return None
    return "a link to a folder, out of the cohort root or to nothing is not followed"


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()


def _matches(cohort: CohortFile, path: str) -> list[SourceFile]:
    """Every reading of a path by the pattern that says most of it literally."""
    by_name = isinstance(cohort.images, NiftiImages)
    sources = [("image", cohort.images, None)] if by_name else []
    drawn = [("mask", each, each is cohort.masks) for each in cohort.delineations]
    sources += [each for each in drawn if each[1].pattern]
    read = [
        (
            _literal_length(source.pattern),
            SourceFile(path, kind, patient, phase, **_drawn(source, first)),
        )
        for kind, source, first in sources
        for patient, phase in _fits(source.pattern, cohort.phases, path)
    ]
    most = max((length for length, _ in read), default=0)
    return [file for length, file in read if length == most]


def _drawn(source: Masks | NiftiImages, is_reference: bool | None) -> dict:
    if is_reference is None:
        return {}
    return {"reader_id": source.reader, "session_id": source.session, "label": source.label,
            "is_reference": is_reference}  # fmt: skip


def _literal_length(pattern: str) -> int:
    return len(re.sub(r"\{.*?\}|\*", "", pattern))


def _fits(pattern: str, phases: list[str], path: str) -> list[tuple[str, str]]:
    """Every (patient, phase) that the path can mean."""
    # a patient as short and as long as possible: two answers, where it can be cut in two ways
    found = [
        (match["patient"], phase)
        for phase in phases
        for patient in ("[^/]+?", "[^/]+")
        if (match := _expression(pattern, phase, patient).fullmatch(path))
    ]
    return list(dict.fromkeys(found))


@cache
def _expression(pattern: str, phase: str, patient: str) -> re.Pattern:
    text = re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\{phase\}", re.escape(phase))
    first, *more = text.split(r"\{patient\}")
    return re.compile(first + f"(?P<patient>{patient})" + "(?P=patient)".join(more))


def _ambiguous(path: str, read: list[SourceFile]) -> Problem:
    ways = "; ".join(f"{file.kind} of {file.patient_id}, {file.phase}" for file in read)
    reason = f"the path can be read as {ways}: choose patterns that tell them apart"
    return Problem("source_file", reason, source=path)


def _is_name(patient_id: str | None) -> bool:
    """Whether a patient's name has no blanks around it: tables do not keep them."""
    return bool(patient_id) and patient_id == patient_id.strip()


def _blank(file: SourceFile) -> Problem:
    reason = "the patient's name in the path begins or ends with a blank: rename it"
    return Problem("source_file", reason, source=file.path)


def _headers(found: list[SourceFile], paths: set[str]) -> list[SourceFile]:
    images = [file for file in found if file.kind == "image"]
    named = [(file, re.sub(r"\.nii(\.gz)?$", ".json", file.path)) for file in images]
    return [
        SourceFile(path, "header", file.patient_id, file.phase)
        for file, path in named
        if path in paths
    ]


def _only_ones(found: list[SourceFile]) -> tuple[list[SourceFile], list[Problem]]:
    groups = defaultdict(list)
    for file in found:
        groups[file.unit].append(file)
    problems = [
        Problem("source_file", _several(files), *files[0].unit[1:])
        for files in groups.values()
        if len(files) > 1
    ]
    return [files[0] for files in groups.values() if len(files) == 1], problems


def _several(files: list[SourceFile]) -> str:
    return f"{len(files)} files fit one {files[0].kind}: {', '.join(f.path for f in files)}"


def missing(cohort: CohortFile, files: list[SourceFile]) -> list[Problem]:
    """What a patient lacks: an image of a declared phase, the mask of an image, or its image."""
    images = {(f.patient_id, f.phase) for f in files if f.kind == "image"}
    masks = {(f.patient_id, f.phase) for f in files if f.kind == "mask" and f.is_reference}
    drawn = {(f.patient_id, f.phase) for f in files if f.kind == "mask"}
    patients = sorted({patient for patient, _ in images | drawn if patient})
    problems = []
    for patient in patients:
        for phase in cohort.phases:
            unit = (patient, phase)
            if unit in drawn - images:
                problems.append(Problem("segmentation", "mask without image", *unit))
            elif unit not in images:
                problems.append(Problem("image", f"no image of phase {phase}", *unit))
            elif unit not in masks:
                problems.append(Problem("segmentation", "image without mask", *unit))
    return problems
