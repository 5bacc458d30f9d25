"""A name that stands anywhere in the store fails the run, and is not repeated by it."""

import shutil
from pathlib import Path

import pytest

from dagster_project.checks import check_results, check_specs
from schemas.tables import REPORT
from storage.home import Home
from storage.identity import Identity
from storage.store import Store
from tests.dagster_project.processes import environment, instance_of, runs
from tests.storage.test_retention import files_naming
from tests.support import hccer_command

NAME = "Meyerhold^Annegret"


@pytest.fixture
def planted(registered_home: Path, tmp_path: Path) -> Path:
    """Home of a registered phantom cohort, one of whose patients stands in an old report."""
    path = Path(shutil.copytree(registered_home, tmp_path / "home"))
    Identity(Home(path)).remember("phantom", "patient_name", [(NAME, "PH_001")])
    report = path / "reports" / "old" / "page.html"
    report.parent.mkdir(parents=True)
    report.write_text("<p>of Annegret Meyerhold</p>")
    return path


def test_a_planted_name_fails_the_run_and_nothing_repeats_it(planted: Path):
    selected = ("run", "--cohort", "phantom", "--select", "rejected")
    failed = hccer_command(*selected, check=1, env=environment(planted))
    assert "error: rejected.no_identity: " in failed.stderr
    assert "(1 rows)" in failed.stderr
    assert "Meyerhold" not in failed.stdout + failed.stderr
    (run,) = runs(planted)
    with instance_of(planted) as instance:
        said = [entry.user_message for entry in instance.all_logs(run.run_id)]
    assert any("no_identity" in each for each in said)
    named = files_naming(Home(planted), "Meyerhold")
    assert sorted(Path(each).name for each in named) == ["identity.sqlite", "page.html"]
    (planted / "reports" / "old" / "page.html").unlink()
    hccer_command(*selected, env=environment(planted))


def test_a_name_on_a_page_of_a_study_fails_the_check_of_its_report(phantom_store: Store):
    assert "no_identity" in {spec.name for spec in check_specs(REPORT)}
    Identity(phantom_store.home).remember("phantom", "patient_name", [(NAME, "PH_001")])
    page = phantom_store.home.reports / "small" / "patients" / "phantom" / "PH_001.html"
    page.parent.mkdir(parents=True)
    for text, passed in (("<p>of PH_001</p>", True), ("<p>of Annegret Meyerhold</p>", False)):
        page.write_text(text)
        found = {each.check_name: each for each in check_results(phantom_store, REPORT, "small")}
        assert found["no_identity"].passed == passed
    assert "Meyerhold" not in str(found["no_identity"].metadata)
