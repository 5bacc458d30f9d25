"""source_file: what lies under the cohort root, with the hash of every file that is read."""

import hashlib
from pathlib import Path, PurePosixPath

from hccer.ingest.discovery import UNLISTED, Problem, SourceFile, discover
from hccer.pipeline.context import Context
from hccer.pipeline.rows import write_small
from schemas.errors import HccerError
from schemas.tables import SOURCE_FILE
from storage.lineage import Outcome

VERSION = "source_file-1"


def make_source_file(context: Context) -> Outcome:
    """Scan the root; files whose size and time of change are known are not read again."""
    found, problems = discover(context.cohort, context.root)
    files = [file for file in found if not context.withdrew(file.patient_id)]
    problems = [each for each in problems if not _of_withdrawn(context, each)]
    known = _known(context)
    if known and not any(file.kind == "image" for file in files):
        raise HccerError(
            f"no image of cohort {context.cohort_id} is left under {context.root}: is the disk "
            f"mounted? (`hccer cohort remove {context.cohort_id}` empties a cohort)"
        )
    rows = []
    for file in files:
        try:
            rows.append({**file.__dict__, **_identity(context.root / file.path, file.path, known)})
        except OSError as error:
            problems.append(_unreadable(file, error))
    rows += _kept(context, [each.source for each in problems if each.reason == UNLISTED])
    return write_small(context, SOURCE_FILE, rows, problems, VERSION)


def _of_withdrawn(context: Context, problem: Problem) -> bool:
    named = PurePosixPath(problem.source or "").parts
    return any(context.withdrew(each) for each in (problem.patient_id, *named))


def _kept(context: Context, folders: list[str]) -> list[dict]:
    """Stored rows of files below folders that cannot be listed just now."""
    stored = context.store.rows("from lake.source_file where cohort_id = ?", [context.cohort_id])
    return [
        row
        for row in stored.iter_rows(named=True)
        if any(PurePosixPath(row["path"]).is_relative_to(folder) for folder in folders)
    ]


def _known(context: Context) -> dict[tuple, str]:
    rows = context.store.rows(
        "select distinct path, size_bytes, changed_ns, file_sha256 from lake.source_file "
        "where cohort_id = ?",
        [context.cohort_id],
    )
    return {tuple(row[:3]): row[3] for row in rows.iter_rows()}


def _identity(file: Path, path: str, known: dict[tuple, str]) -> dict[str, int | str]:
    state = file.stat()
    # the time of change of the inode too: a copy can carry the old time of modification
    changed = max(state.st_mtime_ns, state.st_ctime_ns)
    sha256 = known.get((path, state.st_size, changed))
    if sha256 is None:
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return {"size_bytes": state.st_size, "changed_ns": changed, "file_sha256": sha256}


def _unreadable(file: SourceFile, error: OSError) -> Problem:
    reason = f"unreadable: {error.strerror}"
    return Problem("source_file", reason, file.patient_id, file.phase, source=file.path)
