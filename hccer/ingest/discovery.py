"""Which files of a cohort root are images, masks, headers and clinical rows, by the patterns."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas.cohort_file import CohortFile


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


def discover(cohort: CohortFile, root: Path) -> tuple[list[SourceFile], list[Problem]]:
    """Match every file below the root against the cohort's patterns.

    Args:
        cohort: the validated cohort file.
        root: absolute root of the data.

    Returns:
        Files that fit, each the only one of its kind for its patient and phase; and what was
        refused: links that leave the root, several files for one thing, a missing clinical file.
    """
    paths, problems = _walk(root)
    found = [match for path in paths for match in _matches(cohort, path)]
    found += _headers(found, set(paths))
    files, doubles = _only_ones(found)
    clinical = cohort.clinical
    if clinical and clinical.file in paths:
        files.append(SourceFile(clinical.file, "clinical"))
    elif clinical:
        reason = "the clinical file is not there"
        problems.append(Problem("source_file", reason, source=clinical.file))
    return files, problems + doubles


def _walk(root: Path) -> tuple[list[str], list[Problem]]:
    paths, problems = [], []
    for folder, subfolders, names in os.walk(root):
        subfolders.sort()
        for name in sorted(names) + [
            each for each in subfolders if Path(folder, each).is_symlink()
        ]:
            file = Path(folder, name)
            path = file.relative_to(root).as_posix()
            if file.is_symlink() and (not _inside(file, root) or file.is_dir()):
                reason = "a link to a folder or out of the cohort root is not followed"
                problems.append(Problem("source_file", reason, source=path))
            elif file.is_file():
                paths.append(path)
    return paths, problems


def _inside(file: Path, root: Path) -> bool:
    return file.resolve().is_relative_to(root.resolve())


def _matches(cohort: CohortFile, path: str) -> Iterator[SourceFile]:
    if named := _fit(cohort.images.pattern, cohort.phases, path):
        yield SourceFile(path, "image", **named)
    masks, reference = cohort.masks, True
    for source in (masks, *cohort.repeats):
        if named := _fit(source.pattern, cohort.phases, path):
            yield SourceFile(
                path, "mask", **named, reader_id=source.reader, session_id=source.session,
                label=source.label, is_reference=reference,
            )  # fmt: skip
        reference = False


def _fit(pattern: str, phases: list[str], path: str) -> dict[str, str] | None:
    match = _expression(pattern, tuple(phases)).fullmatch(path)
    return {"patient_id": match["patient"], "phase": match["phase"]} if match else None


def _expression(pattern: str, phases: tuple[str, ...]) -> re.Pattern:
    parts = {"patient": "[^/]+?", "phase": "|".join(map(re.escape, phases))}
    text = re.escape(pattern).replace(r"\*", "[^/]*")
    for name, expression in parts.items():
        first, *more = text.split(rf"\{{{name}\}}")
        text = first + f"(?P<{name}>{expression})" + f"(?P={name})".join(more)
    return re.compile(text)


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
    patients = sorted({patient for patient, _ in images | drawn})
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
