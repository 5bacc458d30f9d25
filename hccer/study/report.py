"""report: the pages and pieces of a study, written when something they show has changed."""

import hashlib
from collections.abc import Iterator

import sql
from hccer.pipeline.rows import frame
from hccer.report.checklists import checklists
from hccer.report.items import items, patient_sections, sections
from hccer.study.context import StudyContext
from hccer.study.report_files import File, report_folder, stand, write
from hccer.study.report_pages import study_files
from hccer.study.report_patients import patient_files
from hccer.study.report_pictures import Pictures
from hccer.study.report_source import Source
from hccer.study.report_subject import Subject
from hccer.study.rows import study_key
from schemas.tables import REPORT
from storage.lineage import Outcome
from storage.memory import reconcile

VERSION = "report-4"
WHOLE = ("report", "macros", "views")  # of these every file counts


def make_report(context: StudyContext) -> Outcome:
    """Write the report of a study, unless it stands and nothing that it shows has changed.

    A file that was lost or edited is written again, with the bytes that it had.
    """
    key = study_key(context, REPORT, VERSION, _declared(context))
    stored, folder = context.own(REPORT), report_folder(context.store.home, context.study_id)
    same = len(stored) > 0 and bool((stored["derivation"] == key).all())
    if same and stand(folder, stored):
        return Outcome(REPORT, 0, len(stored), 0, 0, context.store.snapshot(), VERSION)
    source = Source(context.store.home, context.study_id)
    state = stored["state"][0] if same else source.state()
    made = write(folder, _files(Subject(context, source, state)))
    named = {"study_id": context.study_id, "derivation": key, "state": state}
    rows = frame(REPORT, [{**row, **named} for row in made])
    change, reused = reconcile(context.store, REPORT, rows, f"study_id = '{context.study_id}'")
    computed = 0 if change.insert is None else len(change.insert)
    text = f"report of {context.study_id}: {computed} files new, {reused} unchanged"
    snapshot = context.store.commit([change], text, context.run_id)
    return Outcome(REPORT, computed, reused, 0, 0, snapshot, VERSION)


def _files(subject: Subject) -> Iterator[File]:
    pictures = Pictures(subject)
    yield from patient_files(subject, pictures)
    yield from study_files(subject, pictures)


def _declared(context: StudyContext) -> str:
    """Everything but rows that decides the pages: what is shown, by which queries, of whom."""
    registry = context.store.registry
    cohorts = [registry.cohort(each) for each in context.file.cohorts]
    about = [(each.cohort_id, each.title, each.synthetic) for each in cohorts]
    every = [*items(sections()), *items(patient_sections())]
    shown = {item.source for item in every if item.is_queried}
    shown |= {(folder, name) for folder in WHOLE for name in sql.load(folder)}
    texts = [(each, sql.load(each[0])[each[1]].text) for each in sorted(shown)]
    asked = [each.model_dump_json() for each in (*every, *checklists())]
    said = repr([registry.study(context.study_id).title, about, asked, texts])
    return hashlib.sha256(said.encode()).hexdigest()
