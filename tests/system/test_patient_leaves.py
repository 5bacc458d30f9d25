"""`hccer patient remove` as a user types it: asked on a terminal, repeated, mistyped."""

import sys

import pytest
import typer

from hccer.cli import dagster
from storage import retention
from storage.retention import remove_patient
from storage.store import Store
from tests.storage.test_retention import KilledError, killed
from tests.support import hccer_here

COMMAND = ("patient", "remove", "phantom", "PH_001")


@pytest.fixture(autouse=True)
def without_dagster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dagster, "run_dagster", lambda *_: 0)


def test_a_second_removal_erases_nothing_and_says_so(phantom_store: Store):
    said = hccer_here(*COMMAND).stdout
    assert "older snapshots of all cohorts are gone: --as-of shows nothing before" in said
    before = phantom_store.snapshot()
    again = hccer_here(*COMMAND).stdout
    assert again == "patient PH_001 was already removed from cohort phantom: nothing erased\n"
    assert phantom_store.snapshot() == before


def test_a_second_removal_finishes_one_whose_rows_alone_were_gone(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(retention, "erased", killed)
        remove_patient(phantom_store, "phantom", "PH_001")
    phantom_store.close()  # as the end of its process does
    assert "snapshots" in hccer_here(*COMMAND).stdout
    assert "already removed" in hccer_here(*COMMAND).stdout


def test_an_unknown_cohort_is_refused_before_any_snapshot_is_read(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(retention, "snapshots", killed)
    said = hccer_here("patient", "remove", "phantm", "PH_001", check=1).stderr
    assert said == "hccer: there is no cohort 'phantm'; registered: phantom\n"


def test_a_terminal_is_asked_and_no_other(phantom_store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    asked = []

    def no(question: str, abort: bool) -> None:
        asked.append(question)
        raise typer.Abort

    monkeypatch.setattr(typer, "confirm", no)
    hccer_here(*COMMAND, check=1)
    assert len(phantom_store.rows("from lake.patient")) == 4
    assert "older snapshots of all cohorts" in hccer_here("patient", "remove", "--help").stdout
    hccer_here(*COMMAND, "--yes")
    assert len(phantom_store.rows("from lake.patient")) == 3
    (question,) = asked
    assert "PH_001 of cohort phantom for ever" in question and "rows of study small" in question
