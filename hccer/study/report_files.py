"""Files of a report: written whole or not at all, and gone when nothing names them any more."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from storage.blobs import UNFINISHED, content_sha256, write_whole
from storage.home import Home

PAGE = "report.html"
PREVIEW = "report.md"
OWN_FOLDERS = ("figures", "patients", "tables")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}")


@dataclass(frozen=True)
class File:
    """A file of a report.

    Attributes:
        path: below the folder of the report.
        kind: page, patient, figure or table.
        query: the SQL that gives its data.
    """

    path: str
    kind: str
    title: str
    content: bytes
    query: str | None = None

    @property
    def row(self) -> dict:
        """Its row in the table `report`."""
        return {
            "file": self.path, "kind": self.kind, "title": self.title, "query": self.query,
            "file_sha256": content_sha256(self.content), "size_bytes": len(self.content),
        }  # fmt: skip


def report_folder(home: Home, study_id: str) -> Path:
    """`reports/<study_id>` in the store's folder."""
    return home.reports / study_id


def report_page(home: Home, study_id: str) -> Path:
    """The page of a study's report."""
    return report_folder(home, study_id) / PAGE


def report_preview_text(home: Home, study_id: str) -> str:
    """Markdown with the key numbers and a figure; empty while there is no report."""
    file = report_folder(home, study_id) / PREVIEW
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def patient_path(cohort_id: str, patient_id: str) -> str:
    """The page of a patient below the folder of the report; a name that no system misreads."""
    plain = NAME.fullmatch(patient_id)
    name = patient_id if plain else hashlib.sha256(patient_id.encode()).hexdigest()[:16]
    return f"patients/{cohort_id}/{name}.html"


def stand(folder: Path, rows: pl.DataFrame) -> bool:
    """Whether every file that rows of `report` name is there with the bytes it had."""
    return all(
        (folder / path).is_file() and content_sha256((folder / path).read_bytes()) == sha256
        for path, sha256 in rows.select("file", "file_sha256").iter_rows()
    )


def write(folder: Path, files: Iterable[File]) -> list[dict]:
    """Write files as they come, and delete what is no file of the report any more.

    Returns:
        Their rows.
    """
    rows = []
    for file in files:
        _write(folder / file.path, file.content)
        rows.append(file.row)
    _delete_stale(folder, {row["file"] for row in rows})
    return rows


def _write(target: Path, content: bytes) -> None:
    if target.is_file() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, content)


def _delete_stale(folder: Path, kept: set[str]) -> None:
    found = [file for name in OWN_FOLDERS for file in (folder / name).rglob("*") if file.is_file()]
    found += folder.glob(f"{UNFINISHED}*")
    for file in found:
        if file.relative_to(folder).as_posix() not in kept:
            file.unlink()
