"""acquisition: how each stored image was acquired, from its sidecar."""

from hccer.ingest.discovery import Problem
from hccer.ingest.headers import read_header
from hccer.pipeline.context import Context
from hccer.pipeline.rows import write_small
from schemas.tables import ACQUISITION
from storage.lineage import Outcome

VERSION = "acquisition-1"


def make_acquisition(context: Context) -> Outcome:
    """One row per stored image; fields that no header gives stay empty."""
    images = context.store.rows(
        "select i.patient_id, i.phase, h.path from lake.image as i "
        "left join (from lake.source_file where kind = 'header') as h "
        "using (cohort_id, patient_id, phase) where i.cohort_id = ? order by all",
        [context.cohort_id],
    )
    rows, problems = [], []
    for patient_id, phase, path in images.iter_rows():
        unit = {"patient_id": patient_id, "phase": phase}
        try:
            rows.append({**unit, **read_header(context.root / path if path else None)})
        except (OSError, ValueError, TypeError) as error:
            rows.append({**unit, **read_header(None)})
            reason = f"the JSON sidecar cannot be read: {error}"
            problems.append(Problem("acquisition", reason, **unit, source=path))
    return write_small(context, ACQUISITION, rows, problems, VERSION)
