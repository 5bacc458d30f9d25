"""What the command takes out leaves no byte in the store, Dagster's files included."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hccer.cli import cohorts, dagster, patients
from schemas.errors import HccerError
from storage.home import Home
from storage.store import Store
from tests.dagster_project.processes import runs
from tests.storage.test_retention import files_naming
from tests.support import PHANTOM_FILE, hccer_command, register, small_study

SECRET = "PH_004"
COARSE = {"featureClass": ["firstorder"], "setting": {"binWidth": 1000}}


@pytest.fixture
def finished(store: Store, own_phantom: Path) -> Home:
    """A phantom cohort run by the command: a check warns, a file is rejected."""
    (own_phantom / SECRET / "AP_reader_2.nii.gz").write_bytes(b"no mask")
    register(store, PHANTOM_FILE, own_phantom)
    small_study(store, "phantom", **COARSE)
    store.close()
    done = hccer_command("run", "--cohort", "phantom")
    assert "warn: extraction.bins_per_roi" in done.stderr
    return store.home


def check_results(home: Home) -> int:
    """How many check results Dagster keeps."""
    with closing(sqlite3.connect(home.dagster / "history" / "runs" / "index.db")) as index:
        return index.execute("select count(*) from asset_check_executions").fetchone()[0]


def test_no_byte_names_a_patient_who_withdrew(finished: Home):
    (run,) = runs(finished.path)
    logs = finished.dagster / "storage" / run.run_id
    logs.mkdir(parents=True, exist_ok=True)
    (logs / "step.err").write_text(SECRET)
    assert check_results(finished) > 0
    assert files_naming(finished, SECRET)
    hccer_command("patient", "remove", "phantom", SECRET)
    assert files_naming(finished, SECRET) == []
    assert not logs.exists()
    assert check_results(finished) == 0
    assert runs(finished.path) == []


@pytest.mark.long
def test_logs_that_were_not_erased_are_told(phantom_store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dagster, "run_dagster", lambda *_: 1)
    phantom_store.registry.remove(phantom_store.registry.study("small"))
    for _ in range(2):
        with pytest.raises(HccerError, match="not from Dagster's logs"):
            patients.remove("phantom", SECRET)
        with pytest.raises(HccerError, match="not from Dagster's logs"):
            cohorts.remove("phantom", purge=True)
    assert files_naming(phantom_store.home, SECRET) == []


def test_an_id_in_use_is_not_taken_over_in_silence(
    phantom_store: Store, phantom_root: Path, own_phantom: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dagster, "run_dagster", lambda *_: 0)
    cohorts.register(PHANTOM_FILE, phantom_root)
    with pytest.raises(HccerError, match=f"registered as .* under {phantom_root}.*--replace"):
        cohorts.register(PHANTOM_FILE, own_phantom)
    assert phantom_store.registry.cohort("phantom").root == str(phantom_root)
    cohorts.register(PHANTOM_FILE, own_phantom, replace=True)
    assert phantom_store.registry.cohort("phantom").root == str(own_phantom)
