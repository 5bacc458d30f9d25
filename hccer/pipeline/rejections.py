"""rejected: nothing may be lost in silence, so every source file is accounted for."""

import sql
from hccer.ingest.discovery import Problem
from hccer.pipeline.context import Context
from hccer.pipeline.rows import found_rejections
from schemas.tables import REJECTED
from storage.lineage import Outcome

VERSION = "rejected-1"


def make_rejected(context: Context) -> Outcome:
    """Count what the other steps refused, and name any file that no step took or refused."""
    lost = context.store.rows(
        f"select patient_id, phase, path from ({sql.load('checks')['accounted'].text}) "
        "where cohort_id = ?",
        [context.cohort_id],
    )
    reason = "neither stored nor refused by any step: run the whole cohort again"
    problems = [
        Problem("rejected", reason, patient_id, phase, source=path)
        for patient_id, phase, path in lost.iter_rows()
    ]
    change = found_rejections(context, "rejected", problems)
    snapshot = context.store.commit([change], f"rejected of {context.cohort_id}", context.run_id)
    count = context.store.rows(
        "select count(*) as n from lake.rejected where cohort_id = ?", [context.cohort_id]
    )["n"][0]
    return Outcome(REJECTED, len(lost), count - len(lost), count, 0, snapshot, VERSION)
