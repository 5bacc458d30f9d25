"""From an empty store to the report, by clicking in the Dagster UI."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import hccer
from hccer.ingest.built_in import Recipe, write_built_in
from storage.home import Home
from storage.reading import Reader
from tests.dagster_project.browser import Page, browsed, served
from tests.dagster_project.processes import environment
from tests.support import COHORTS, hccer_command

pytestmark = [pytest.mark.needs("browser"), pytest.mark.long]
COHORT, STUDY = "hcc_synthetic", "hcc"
PATIENTS = 16
RUN_S = 1200
STUDY_FILE = Path(hccer.__file__).parent / "studies" / "hcc_part.toml"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser on the UI of a store that knows a small cohort and its study, and holds no row."""
    folder = tmp_path_factory.mktemp("clicked")
    files, home = folder / "files", folder / "home"
    write_built_in(files, Recipe(PATIENTS))
    cohort_file, of_home = COHORTS / COHORT / "cohort.toml", {"env": environment(home)}
    hccer_command("cohort", "add", str(cohort_file), "--root", str(files), **of_home)
    hccer_command("study", "add", str(STUDY_FILE), **of_home)
    with served(home, folder) as address, browsed(address, home) as page:
        yield page


def test_from_an_empty_store_to_the_report(page: Page):
    for job, partition in (("cohort", COHORT), ("study", STUDY)):
        page.open(f"/locations/dagster_project.definitions/jobs/{job}", "Materialize all")
        page.click("//button[contains(., 'Materialize all')]")
        page.launch(partition, RUN_S)
    page.open("/assets/report", "report_preview")
    page.click("//*[text()='[Show Markdown]']")
    page.wait(lambda: "synthetic" in _dialog(page).lower(), "the preview")
    page.open("/assets/report", "report_preview")
    link = page.driver.find_element("partial link text", f"/{STUDY}/report.html")
    page.driver.get(link.get_attribute("href"))
    assert "SYNTHETIC IMAGES" in page.text
    assert page.driver.find_elements("css selector", "#table_4-table tbody tr")
    page.click("//table[@id='patient_index-table']/tbody//a")
    assert page.text.count("SYNTHETIC IMAGES") >= 1
    audited = Reader(Home(page.home)).query("select count(*) as n from lake.rejected")
    assert audited["n"].item() == 0


def test_the_pages_are_for_this_machine_alone(page: Page):
    host, _, port = page.address.rpartition(":")
    there = f"{host}:{int(port) + 1}/{COHORT}/contact_sheet.html"
    assert "SYNTHETIC" in requests.get(there, timeout=10).text.upper()
    foreign = requests.get(there, headers={"Host": "example.org"}, timeout=10)
    assert (foreign.status_code, "SYNTHETIC" in foreign.text.upper()) == (403, False)
    assert requests.get(f"{host}:{int(port) + 1}/", timeout=10).status_code == 404


def _dialog(page: Page) -> str:
    script = "return document.querySelector('[role=dialog]')?.textContent ?? ''"
    return page.driver.execute_script(script)
