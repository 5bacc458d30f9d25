"""The Dagster UI of a store in a real browser."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import dagster as dg
import pytest
import requests
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import element_to_be_clickable
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import chromium
from tests.dagster_project.processes import BIN, environment, instance_of, runs

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

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
        """Wait for a condition; the message says what never came."""
        waiting = WebDriverWait(self.driver, seconds)
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

    def launch(self, partition: str, seconds: float = PATIENCE_S) -> None:
        """In an open launch dialog choose one partition, launch, wait for a successful end."""
        before = len(runs(self.home))
        self.click("//*[text()='Select a partition or create one']")
        self.click(f"//*[@role='menuitem']//span[text()='{partition}']")
        self.click("//button[.='Launch 1 run']")
        self.wait(lambda: len(runs(self.home)) == before + 1, "the run")
        self.wait(lambda: runs(self.home)[0].is_finished, "the end of the run", seconds)
        assert failure(self.home) == ""


def failure(home: Path) -> str:
    """What the latest run of a store said, unless it succeeded."""
    run = runs(home)[0]
    with instance_of(home) as instance:
        events = [each.user_message for each in instance.all_logs(run.run_id)]
    return "" if run.status == dg.DagsterRunStatus.SUCCESS else "\n".join(events)


@contextmanager
def served(home: Path, folder: Path) -> Iterator[str]:
    """`hccer ui` on a store: its address; the log must be free of warnings."""
    port = _free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [str(BIN / "hccer"), "ui", "--port", str(port)], env=environment(home),
            stdout=log, stderr=log, start_new_session=True)  # fmt: skip
    try:
        _wait_for(f"http://127.0.0.1:{port}", process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)
    assert "Warning" not in (folder / "log").read_text()


@contextmanager
def browsed(address: str, home: Path) -> Iterator[Page]:
    """A browser on the UI of a store."""
    with chromium(1800, 1200) as driver:
        yield Page(driver, address, home)


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
