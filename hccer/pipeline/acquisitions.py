"""acquisition: how each stored image was acquired, from its DICOM header or JSON sidecar."""

from datetime import date

from hccer.clinical.dates import days_between
from hccer.clinical.outcomes import surgery_days
from hccer.ingest.dicom_header import read_acquisition
from hccer.ingest.discovery import Problem
from hccer.ingest.headers import read_header
from hccer.pipeline.context import Context
from hccer.pipeline.rows import write_small
from hccer.pipeline.sheets import read_sheet
from schemas.cohort_parts import DicomImages
from schemas.tables import ACQUISITION
from storage.lineage import Outcome

VERSION = "acquisition-2"


def make_acquisition(context: Context) -> Outcome:
    """One row per stored image; fields that no header gives stay empty."""
    dicom = isinstance(context.cohort.images, DicomImages)
    header = "i.source" if dicom else "h.path"
    images = context.store.rows(
        f"select i.patient_id, i.phase, {header} as path from lake.image as i "
        "left join (from lake.source_file where kind = 'header') as h "
        "using (cohort_id, patient_id, phase) where i.cohort_id = ? order by all",
        [context.cohort_id],
    )
    surgery = _surgery(context)
    rows, problems = [], []
    for patient_id, phase, path in images.iter_rows():
        unit = {"patient_id": patient_id, "phase": phase}
        try:
            found = _read(context, path, dicom)
        except (OSError, ValueError, TypeError) as error:
            found = read_header(None)
            what = "header" if dicom else "JSON sidecar"
            reason = f"the {what} cannot be read: {error}"
            problems.append(Problem("acquisition", reason, **unit, source=path))
        rows.append({**unit, **_counted(found, surgery.get(patient_id))})
    return write_small(context, ACQUISITION, rows, problems, VERSION)


def _read(context: Context, path: str | None, dicom: bool) -> dict:
    file = context.file(path) if path else None
    return read_acquisition(file) if dicom else read_header(file)


def _surgery(context: Context) -> dict[str, date]:
    sheet = read_sheet(context, "clinical")
    return surgery_days(sheet.cells, sheet.section) if sheet.read else {}


def _counted(found: dict, surgery: date | None) -> dict:
    """The header's fields, its day as days from surgery; the date itself is not kept."""
    day = found.pop("examination_day", None)
    days = days_between(surgery, day) if surgery and day else None
    return {**found, "days_from_surgery": days}
