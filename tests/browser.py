"""A headless Chromium for tests: one window, its logs, and pages as PDF."""

import base64
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver

FLAGS = ("--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
         "--disable-background-networking --disable-component-update")  # fmt: skip
LOGS = {"browser": "ALL", "performance": "ALL"}


@contextmanager
def chromium(width: int = 1280, height: int = 900) -> Iterator[webdriver.Chrome]:
    """A window of some pixels, with a profile of its own that goes with it."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in (
            *FLAGS.split(),
            f"--window-size={width},{height}",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", LOGS)
        driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            yield driver
        finally:
            driver.quit()


def resize(driver: webdriver.Chrome, width: int, scheme: str = "light") -> None:
    """A window of another width, in the light or the dark."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500,
    })  # fmt: skip
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def requests(driver: webdriver.Chrome) -> list[str]:
    """Addresses that were asked for since the last call."""
    said = [json.loads(each["message"])["message"] for each in driver.get_log("performance")]
    return [each["params"]["request"]["url"] for each in said
            if each["method"] == "Network.requestWillBeSent"]  # fmt: skip


def printed(driver: webdriver.Chrome, address: str, file: Path) -> Path:
    """A page as PDF, in the size of paper that it asks for."""
    driver.get(address)
    options = {"preferCSSPageSize": True, "printBackground": True}
    content = driver.execute_cdp_cmd("Page.printToPDF", options)["data"]
    file.write_bytes(base64.b64decode(content))
    return file
