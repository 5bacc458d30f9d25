"""source_file: what lies under the cohort root, with the hash of every file that is read."""

import hashlib
import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path, PurePosixPath

from hccer.ingest.crawl import Found, discover
from hccer.ingest.dicom_header import Instance
from hccer.ingest.discovery import UNLISTED, Problem, SourceFile
from hccer.pipeline.context import Context
from hccer.pipeline.rows import write_small
from schemas.cohort_parts import DicomImages
from schemas.errors import HccerError
from schemas.preset import settings_id
from schemas.tables import SOURCE_FILE
from storage.lineage import Outcome

VERSION = "source_file-2"
State = Callable[[Path], os.stat_result]


def make_source_file(context: Context) -> Outcome:
    """Scan the root; files whose size and time of change are known are not read again."""
    state = cache(Path.stat)  # a file's state is asked for once: shares answer slowly
    stored = context.store.rows("from lake.source_file where cohort_id = ?", [context.cohort_id])
    known = {row["path"]: row for row in stored.iter_rows(named=True)}
    found = discover(context.cohort, context.root, _headers(context, known.values(), state))
    found = _without_withdrawn(context, found)
    _remember(context, found)
    files = [context.naming.file(file) for file in found.files]
    problems = [context.naming.found(each) for each in found.problems]
    _check_mounted(context, known.values(), files)
    rows, rules_id = [], _rules_id(context)
    for file in files:
        try:
            identity = _identity(context.file(file.path), known.get(file.path), state)
            rows.append({**file.__dict__, "rules_id": rules_id, **identity})
        except OSError as error:
            problems.append(_unreadable(file, error))
    shut = [each.source for each in problems if each.reason == UNLISTED]
    rows += [row for row in known.values() if _below(context, row["path"], shut)]
    return write_small(context, SOURCE_FILE, rows, problems, VERSION)


def _rules_id(context: Context) -> str | None:
    """Hash of what decides how a DICOM file is read; None where no header decides."""
    cohort = context.cohort
    if not isinstance(cohort.images, DicomImages):
        return None
    return settings_id(cohort.model_copy(update={"title": "", "root": None, "clinical": None}))


def _headers(context: Context, rows: Iterable[dict], state: State) -> dict[str, Instance]:
    """What is known of unchanged DICOM files in use, by their path below the root.

    Those that were refused are read again: their rows do not say what was wrong.
    """
    rules_id = _rules_id(context)
    return {
        context.naming.source(row["path"]): _instance(context, row)
        for row in rows
        if rules_id and row["rules_id"] == rules_id and row["sop_instance_uid"] and row["phase"]
        and _unchanged(context.file(row["path"]), row, state)
    }  # fmt: skip


def _instance(context: Context, row: dict) -> Instance:
    return Instance(
        path=context.naming.source(row["path"]),
        kind=row["kind"],
        patient=context.naming.source_patient(row["patient_id"]) or "",
        patient_name="",  # remembered when the header was read
        birth_date="",
        series_instance_uid=row["series_instance_uid"] or "",
        sop_instance_uid=row["sop_instance_uid"],
        referenced_uid=row["referenced_uid"],
        fits=tuple(filter(None, (row["fits"] or "").split(","))),
    )


def _without_withdrawn(context: Context, found: Found) -> Found:
    if not context.withdrawn:
        return found

    gone = _withdrawn_paths(context, found)
    return Found(
        [each for each in found.files if each.path not in gone],
        [each for each in found.problems
         if each.source not in gone and not _of_withdrawn(context, each)],
        {path: each for path, each in found.instances.items() if path not in gone},
        tuple(path for path in found.paths if path not in gone),
    )  # fmt: skip


def _withdrawn_paths(context: Context, found: Found) -> set[str]:
    """Files of those who withdrew, and whatever lies in a folder that is theirs alone."""
    patients = {file.path: file.patient_id for file in found.files}
    patients |= {path: each.patient or None for path, each in found.instances.items()}
    gone = {path for path in found.paths if _names_withdrawn(context, path)}
    gone |= {path for path, patient in patients.items()
             if context.withdrew(context.naming.patient(patient))}  # fmt: skip
    theirs = _folders(gone) - _folders(path for path in patients if path not in gone)
    return gone | {path for path in found.paths if theirs.intersection(PurePosixPath(path).parents)}


def _folders(paths: Iterable[str]) -> set[PurePosixPath]:
    return {folder for path in paths for folder in PurePosixPath(path).parents}


def _remember(context: Context, found: Found) -> None:
    refused = {each.source for each in found.problems if each.source}
    context.naming.remember_files({*found.paths, *refused})
    named = {each.patient_id for each in (*found.files, *found.problems)}
    context.naming.remember_patients(named)
    context.naming.remember_headers(found.instances.values())


def _check_mounted(context: Context, known: Iterable[dict], files: list[SourceFile]) -> None:
    if known and not any(file.kind == "image" for file in files):
        raise HccerError(
            f"no image of cohort {context.cohort_id} is left under {context.root}: is the disk "
            f"mounted? (`hccer cohort remove {context.cohort_id}` empties a cohort)"
        )


def _of_withdrawn(context: Context, problem: Problem) -> bool:
    patient = context.naming.patient(problem.patient_id)
    return context.withdrew(patient) or _names_withdrawn(context, problem.source or "")


def _names_withdrawn(context: Context, path: str) -> bool:
    parts = PurePosixPath(path).parts
    return any(context.withdrew(context.naming.patient(part)) for part in parts if part.strip())


def _below(context: Context, path: str, folders: list[str | None]) -> bool:
    """Whether a stored file lies below a folder that cannot be listed just now."""
    real = PurePosixPath(context.naming.source(path))
    return any(real.is_relative_to(context.naming.source(each)) for each in folders if each)


def _changed_ns(state: os.stat_result) -> int:
    # the time of change of the inode too: a copy can carry the old time of modification
    return max(state.st_mtime_ns, state.st_ctime_ns)


def _unchanged(file: Path, row: dict, state: State) -> bool:
    try:
        found = state(file)
    except OSError:
        return False
    return (found.st_size, _changed_ns(found)) == (row["size_bytes"], row["changed_ns"])


def _identity(file: Path, known: dict | None, state: State) -> dict[str, int | str]:
    found = state(file)
    if known and _unchanged(file, known, state):
        sha256 = known["file_sha256"]
    else:
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return {"size_bytes": found.st_size, "changed_ns": _changed_ns(found), "file_sha256": sha256}


def _unreadable(file: SourceFile, error: OSError) -> Problem:
    reason = f"unreadable: {error.strerror}"
    return Problem("source_file", reason, file.patient_id, file.phase, source=file.path)
