"""The contact sheet of a cohort: rows and blobs of the store as one page under `reports/`."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import SimpleITK as sitk

import sql
from hccer.imaging.quality import tumour
from hccer.ingest.volumes import read_volume
from hccer.parallel import map_tasks
from hccer.pipeline.context import Context
from hccer.report.contact_sheet import (
    PREVIEW_CASES,
    Case,
    Sheet,
    Tile,
    contact_sheet,
    head,
    preview,
)
from hccer.report.thumbnail import thumbnail
from storage.blobs import Blobs, write_whole

VERSION = "contact-sheet-2"
UNREADABLE = "its stored volume cannot be read"
FLAGS = {
    "phase_order": "phases swapped? Named {named}, by the vessels {seen}",
    "flipped_mask": "mask flipped? Mirrored, it meets the other phases far better",
    "several_nodules": "{component_count} nodules in the mask of {reader_id}",
    "voxels_twice": "another image has the same voxels",
    "mask_at_border": "the image's border cuts the tumour",
}

PREVIEW = ".md"


@dataclass(frozen=True)
class Task:
    """One picture to make; the mask is None where there is none."""

    patient_id: str
    phase: str
    image_sha256: str
    mask_sha256: str | None
    label: int | None
    diameter_mm: float | None
    synthetic: bool
    blobs: Blobs


@dataclass(frozen=True)
class Notes:
    """What the checks flag by patient, and what was refused by patient and phase."""

    flags: dict[str, list[str]]
    refused: dict[tuple[str, str], list[str]]


def contact_sheet_file(context: Context) -> Path:
    """`reports/<cohort_id>/contact_sheet.html` in the store's folder."""
    return context.store.home.reports / context.cohort_id / "contact_sheet.html"


def write_contact_sheet(context: Context) -> Path:
    """Bring the contact sheet of a cohort and its preview up to date, if anything changed.

    Returns:
        The page.
    """
    tasks, notes = _tasks(context), _notes(context)
    checksum = _checksum(context, tasks, notes)
    file = contact_sheet_file(context)
    if _first_line(file) != head(checksum):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(PREVIEW).write_text(_preview(context, tasks, notes), encoding="utf-8")
        page = contact_sheet(_sheet(context, tasks, notes, checksum))
        write_whole(file, page.encode())
    return file


def contact_sheet_preview(context: Context) -> str:
    """Markdown with the pictures of a few patients, flagged ones first; at most 200 kB."""
    file = contact_sheet_file(context).with_suffix(PREVIEW)
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _preview(context: Context, tasks: list[Task], notes: Notes) -> str:
    noted = {patient for patient, _ in notes.refused} | set(notes.flags)
    patients = dict.fromkeys(task.patient_id for task in tasks)
    shown = set(sorted(patients, key=lambda patient: patient not in noted)[:PREVIEW_CASES])
    few = [task for task in tasks if task.patient_id in shown]
    return preview(_sheet(context, few, notes, "", shown))


def _tasks(context: Context) -> list[Task]:
    rows = context.store.rows(
        "select i.patient_id, i.phase, i.image_sha256, s.mask_sha256, s.label, s.diameter_mm "
        "from lake.image as i left join lake.segmentation as s on s.is_reference and "
        "(s.cohort_id, s.patient_id, s.phase) = (i.cohort_id, i.patient_id, i.phase) "
        "where i.cohort_id = ? order by all",
        [context.cohort_id],
    )
    synthetic, blobs = context.cohort.synthetic, context.store.blobs
    return [Task(**row, synthetic=synthetic, blobs=blobs) for row in rows.iter_rows(named=True)]


def _notes(context: Context) -> Notes:
    refused = defaultdict(list)
    rows = context.store.rows(
        "select distinct patient_id, phase, reason from lake.rejected where cohort_id = ? "
        "and patient_id is not null and phase is not null and settings_id is null order by all",
        [context.cohort_id],
    )
    for patient_id, phase, reason in rows.iter_rows():
        refused[patient_id, phase].append(reason)
    return Notes(_flags(context), dict(refused))


def _flags(context: Context) -> dict[str, list[str]]:
    said = defaultdict(lambda: defaultdict(set))
    for check, sentence in FLAGS.items():
        for row in _found(context, check).iter_rows(named=True):
            said[row["patient_id"]][sentence.format(**row)].add(row.get("phase"))
    order = context.cohort.phases
    return {
        patient_id: [_flag(text, [each for each in order if each in phases])
                     for text, phases in texts.items()]
        for patient_id, texts in said.items()
    }  # fmt: skip


def _flag(text: str, phases: list[str]) -> str:
    return f"{', '.join(phases)}: {text}" if phases else text


def _found(context: Context, check: str) -> pl.DataFrame:
    text = sql.load("checks")[check].text
    return context.store.rows(
        f"select * from ({text}) as t where cohort_id = ? order by all", [context.cohort_id]
    )


def _checksum(context: Context, tasks: list[Task], notes: Notes) -> str:
    pictures = [[task.patient_id, task.phase, task.image_sha256, task.mask_sha256, task.label,
                 task.diameter_mm] for task in tasks]  # fmt: skip
    cohort = context.cohort
    about = [VERSION, cohort.title, cohort.synthetic, cohort.phases]
    said = [notes.flags, [[*unit, *reasons] for unit, reasons in notes.refused.items()]]
    return hashlib.sha256(json.dumps([about, pictures, said]).encode()).hexdigest()


def _first_line(file: Path) -> str | None:
    if not file.is_file():
        return None
    with file.open(errors="replace") as lines:
        return lines.readline().rstrip("\n")


def _sheet(
    context: Context, tasks: list[Task], notes: Notes, checksum: str, only: set[str] | None = None
) -> Sheet:
    units = {(task.patient_id, task.phase): task for task in tasks}
    pictures = _pictures(tasks, f"contact sheet of {context.cohort_id}")
    known = {patient for patient, _ in [*units, *notes.refused]}
    cases = tuple(_case(context, patient, units, pictures, notes)
                  for patient in sorted(known if only is None else known & only))  # fmt: skip
    cohort = context.cohort
    return Sheet(cohort.id, cohort.title, cohort.synthetic, cases, checksum)


def pictures_of(context: Context, title: str) -> dict[tuple[str, str], bytes | None]:
    """The picture of each image of a cohort by patient and phase; None where it cannot be read."""
    return _pictures(_tasks(context), title)


def _pictures(tasks: list[Task], title: str) -> dict[tuple[str, str], bytes | None]:
    made = map_tasks(_picture, tasks, title)
    return {(task.patient_id, task.phase): picture for task, picture in made}


def _case(context: Context, patient_id: str, units: dict, pictures: dict, notes: Notes) -> Case:
    tiles, widths = [], []
    for phase in context.cohort.phases:
        unit = (patient_id, phase)
        reasons = list(notes.refused.get(unit, []))
        if unit in units and pictures[unit] is None:
            reasons.append(UNREADABLE)
        tiles.append(Tile(phase, pictures.get(unit), tuple(reasons)))
        widths.append(units[unit].diameter_mm if unit in units else None)
    known = [width for width in widths if width is not None]
    flags = tuple(notes.flags.get(patient_id, []))
    return Case(patient_id, max(known, default=None), tuple(tiles), flags)


def _picture(task: Task) -> bytes | None:
    try:
        image = read_volume(task.blobs.path(task.image_sha256))
        drawn = None
        if task.mask_sha256 is not None:
            mask = sitk.DICOMOrient(read_volume(task.blobs.path(task.mask_sha256)), "LPS")
            drawn = tumour(sitk.GetArrayViewFromImage(mask), task.label)
        shown = sitk.DICOMOrient(image, "LPS")
        voxels = sitk.GetArrayViewFromImage(shown)
        return thumbnail(voxels, drawn, shown.GetSpacing(), synthetic=task.synthetic)
    except Exception:  # the page says which; one bad blob never stops it
        return None
