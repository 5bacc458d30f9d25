"""The Dagster UI in a real browser, served by `hccer ui` on a finished phantom cohort."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import dagster as dg
import pytest
import requests
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import element_to_be_clickable
from selenium.webdriver.support.wait import WebDriverWait

from schemas.tables import EXTRACTION, TABLES
from tests.dagster_project.processes import BIN, environment, instance_of, runs

pytestmark = pytest.mark.needs("browser")
ROWS = "dagster/partition_row_count"
FLAGS = ("--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
         "--disable-background-networking --disable-component-update --disable-sync "
         "--window-size=1800,1200")  # fmt: skip
PATIENCE_S = 60
# in one go: the page replaces its elements while it fills
METADATA = """
const rows = [...document.querySelectorAll("tr")].filter(row => row.cells.length == 3);
return Object.fromEntries(rows.map(row => [row.cells[0].innerText, row.cells[2].innerText]));
"""


class Page:
    """The browser on the UI of one store."""

    def __init__(self, driver: webdriver.Chrome, address: str, home: Path):
        self.driver, self.address, self.home = driver, address, home

    def open(self, path: str, *texts: str) -> None:
        """Go to a page and wait until it shows each text."""
        self.driver.get(self.address + path)
        for text in texts:
            self.wait(lambda text=text: text in self.text, f"{text!r} on {path}")

    @property
    def text(self) -> str:
        """What the page shows, without its layout."""
        return self.driver.execute_script("return document.body.innerText")

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition; the message shows the page where it never comes."""
        waiting = WebDriverWait(self.driver, PATIENCE_S)
        waiting.until(lambda _: condition(), f"never came: {what}")

    def click(self, xpath: str) -> None:
        """Click an element as soon as it can be clicked."""
        waiting = WebDriverWait(self.driver, PATIENCE_S)
        waiting.until(element_to_be_clickable((By.XPATH, xpath)), f"no {xpath}").click()

    def row(self, name: str) -> WebElement:
        """The row of a table whose first cell is `name`."""
        return self.driver.find_element(By.XPATH, f"//tr[td[1][normalize-space()='{name}']]")

    def metadata(self) -> dict[str, str]:
        """The metadata of an asset's page: name to value."""
        return self.driver.execute_script(METADATA)


@pytest.fixture(scope="module")
def served(run_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """`hccer ui` on a copy of the finished store: its address and the store's home."""
    folder = tmp_path_factory.mktemp("ui")
    home = Path(shutil.copytree(run_home, folder / "home"))
    port = _free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [str(BIN / "hccer"), "ui", "--port", str(port)], env=environment(home),
            stdout=log, stderr=log, start_new_session=True)  # fmt: skip
    try:
        _wait_for(f"http://127.0.0.1:{port}", process, folder / "log")
        yield f"http://127.0.0.1:{port}", home
    finally:
        _stop(process)
    assert "Warning" not in (folder / "log").read_text()


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


def _wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(requests.ConnectionError):
            requests.get(f"{address}/server_info", timeout=5).raise_for_status()
            return
        time.sleep(0.2)
    pytest.fail(f"hccer ui did not come up:\n{log.read_text()}")


def _stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


@pytest.fixture(scope="module")
def page(served: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in [*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"]:
        options.add_argument(flag)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options, service)
    try:
        yield Page(driver, *served)
    finally:
        driver.quit()


def test_the_code_location_is_loaded(page: Page):
    page.open("/deployment/locations", "dagster_project.definitions", "Loaded")
    assert "Join the Dagster community" not in page.text
    assert "error" not in page.text.lower()


@pytest.mark.parametrize("group", ["cohort", "feature"])
def test_the_graph_of_a_group_shows_its_assets(page: Page, group: str):
    names = [table.name for table in TABLES.values() if table.group == group]
    assets = [name for name in names if TABLES[name].parent is None]
    page.open("/asset-groups", group)  # how many stand on the groups only where few are drawn
    page.open(f"/locations/dagster_project.definitions/asset-groups/{group}/list", *assets)


def test_the_page_of_an_asset_shows_its_description_and_columns(page: Page):
    page.open("/assets/extraction", EXTRACTION.description, "column_sources")
    for column in EXTRACTION.columns:
        shown = page.row(column.name).text
        assert column.type in shown
        assert column.description in shown
        assert all(source in shown for source in column.sources)
        assert ("non-nullable" in shown) != column.nullable


def test_the_page_of_an_asset_shows_counts_and_a_preview(page: Page):
    page.open("/assets/extraction", "column_sources", "lake_snapshot")
    shown = page.metadata()
    counts = {name: shown[name] for name in (ROWS, "computed", "reused", "rejected", "removed")}
    assert counts == {ROWS: "12", "computed": "12", "reused": "0", "rejected": "0",
                      "removed": "0"}  # fmt: skip
    assert shown["images"] == "synthetic"
    page.click("//*[text()='[Show Markdown]']")
    page.wait(lambda: _texts(page, "th") == EXTRACTION.content_columns, "heads of the preview")
    assert "PH_001" in page.text
    assert len(_texts(page, "tbody tr")) == 8


def _texts(page: Page, selector: str) -> list[str]:
    """At one moment: a dialog that is still opening shows nothing to WebDriver."""
    script = "return [...document.querySelectorAll(arguments[0])].map(each => each.textContent)"
    return page.driver.execute_script(script, f"[role=dialog] table {selector}")


def test_the_checks_of_an_asset_have_passed(page: Page):
    names = ["primary_key", "not_null", "feature_contract", "bins_per_roi"]
    page.open("/assets/extraction?view=checks", *names, "Passed", "offending_rows")
    assert page.text.count("Succeeded") == len(names)


def test_a_partition_is_materialised_by_clicking(page: Page):
    page.open("/assets/extraction", "lake_snapshot")
    page.click("//button[contains(., 'Materialize')]")
    page.click("//button[.='Confirm']")  # of feature_value, made in the same step
    page.click("//*[text()='Select a partition or create one']")
    page.click("//*[@role='menuitem']//span[text()='phantom']")
    page.click("//button[.='Launch 1 run']")
    page.wait(lambda: len(runs(page.home)) == 2, "the run")
    page.wait(lambda: runs(page.home)[0].is_finished, "the end of the run")
    assert _failure(page.home) == ""
    page.open("/assets/extraction", "lake_snapshot")
    page.wait(lambda: page.metadata().get("reused") == "12", "12 extractions reused")
    assert page.metadata()["computed"] == "0"


def _failure(home: Path) -> str:
    run = runs(home)[0]
    with instance_of(home) as instance:
        events = [each.user_message for each in instance.all_logs(run.run_id)]
    return "" if run.status == dg.DagsterRunStatus.SUCCESS else "\n".join(events)
