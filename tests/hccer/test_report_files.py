"""The files of a report: same store, same bytes; written whole; gone with study or patient."""

import re
import shutil
from pathlib import Path

import pytest

from hccer.study.context import StudyContext
from hccer.study.report import make_report
from hccer.study.report_files import File, patient_path, report_folder, report_page, write
from hccer.study.rows import study_key
from schemas.tables import REPORT
from storage.leaks import leaks
from storage.retention import remove_patient, remove_study
from tests.hccer.planted import COHORT
from tests.hccer.report_html import Reading
from tests.hccer.rewritten import rewrite
from tests.support import hccer_here


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes()
            for file in folder.rglob("*") if file.is_file()}  # fmt: skip


def differing(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Names of files that came, went or have other bytes."""
    return sorted(name for name in before.keys() | after if before.get(name) != after.get(name))


def test_the_same_store_gives_the_same_bytes_whatever_befell_the_files(context: StudyContext):
    folder = report_folder(context.store.home, "hcc")
    before, snapshot = contents(folder), context.store.snapshot()
    rows = context.own(REPORT)
    assert set(rows["file"]) == set(before)
    done = make_report(context)
    assert (done.computed, done.reused, done.snapshot) == (0, len(before), snapshot)
    shutil.rmtree(folder / "tables")  # lost
    (folder / patient_path(COHORT, "HCC_010")).write_text("edited")
    (folder / "patients" / "gone.html").write_text("stale")
    done = make_report(context)
    assert differing(before, contents(folder)) == []
    assert done.computed == 0


def test_rows_in_another_order_and_in_several_files_give_the_same_bytes(context: StudyContext):
    folder = report_folder(context.store.home, "hcc")
    before = contents(folder)
    rewrite(context.store, 1)
    shutil.rmtree(folder)
    done = make_report(context)
    assert differing(before, contents(folder)) == []
    assert done.computed == 0


def test_a_changed_number_makes_it_anew(context: StudyContext):
    context.store.session.execute("update lake.metric set value = 0.123 where metric = 'auc' "
                                  "and role = 'validation' and fit_id = 'CR-LR'")  # fmt: skip
    assert make_report(context).computed > 0
    shown = Reading(report_page(context.store.home, "hcc").read_text())
    assert any("0.123" in cell for row in shown.articles["table_4"].rows for cell in row)
    assert len(shown.articles["audit_report"].rows) > 0


@pytest.mark.parametrize("change", [
    "insert into lake.rejected (cohort_id, patient_id, asset, reason, run_id) "
    "values ('away', 'HCC_002', 'image', 'constant image', 'x')",
    "update lake.study_setting set value = '9' where name = 'validation.random_state'",
])  # fmt: skip
def test_what_only_checklists_or_provenance_read_counts_too(context: StudyContext, change: str):
    before = study_key(context, REPORT, "1", "")
    context.store.session.execute(change)
    assert study_key(context, REPORT, "1", "") != before


@pytest.mark.long
def test_removing_a_study_or_patient_takes_the_pages_along(context: StudyContext):
    folder = report_folder(context.store.home, "hcc")
    found = leaks(context.store, {"HCC_007": "someone"})
    assert any(leak.where.startswith("reports/hcc/") for leak in found)
    remove_patient(context.store, COHORT, "HCC_007")
    assert not folder.exists()
    (folder / "patients").mkdir(parents=True)
    remove_study(context.store, "hcc")
    assert not folder.exists()


def test_the_command_prints_the_path(context: StudyContext, monkeypatch: pytest.MonkeyPatch):
    context.store.close()
    monkeypatch.setenv("HCCER_HOME", str(context.store.home.path))
    said = hccer_here("report", "--study", "hcc").stdout.strip()
    assert said == str(report_page(context.store.home, "hcc"))
    named = ("sql", "checklist_acquisition", "-p", "study=hcc")
    assert "images; field strength of" in hccer_here(*named).stdout
    Path(said).unlink()
    assert "hccer run --study hcc" in hccer_here("report", "--study", "hcc", check=1).stderr
    assert "registered: hcc" in hccer_here("report", "--study", "x", check=1).stderr


@pytest.mark.parametrize("patient_id", ["P 1/2", "../../x", ".hidden", "é", "a" * 300, ""])
def test_no_patient_id_makes_a_wrong_path(patient_id: str):
    path = patient_path("c", patient_id)
    assert re.fullmatch(r"patients/c/[0-9a-f]{16}\.html", path)
    assert patient_path("c", "HCC_001") == "patients/c/HCC_001.html"


def test_files_are_written_whole(tmp_path: Path):
    def broken():
        yield File("tables/a.csv", "table", "A", b"1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, broken())
    assert contents(tmp_path) == {"tables/a.csv": b"1"}
