"""The report in a browser: navigation, patient pages, sorting, filtering, and the SQL it shows."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hccer.report.items import items, patient_sections, sections
from hccer.study.report_files import report_page
from storage.home import Home
from storage.reading import Reader
from tests.hccer.report_html import Reading, check_table, report_home

pytestmark = pytest.mark.needs("browser")
CELLS = "return [...document.querySelectorAll('#%s tbody tr:not([hidden]) td:nth-child(%d)')]" \
        ".map(cell => cell.textContent)"  # fmt: skip
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Home of a finished study with its report."""
    return report_home(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """A window of 1280 x 900 pixels."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(
        options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))
    )
    yield driver
    driver.quit()


@pytest.fixture
def page(home: Home, browser):
    """The study page, freshly loaded."""
    browser.get(report_page(home, "hcc").as_uri())
    return browser


def one(page, selector: str):
    return page.find_element("css selector", selector)


def test_the_navigation_leads_to_every_section(page):
    links = page.find_elements("css selector", "nav a")
    assert [link.get_attribute("hash") for link in links] == [f"#{each.id}" for each in sections()]
    links[4].click()
    top = page.execute_script(
        "return document.getElementById(arguments[0]).getBoundingClientRect().top", sections()[4].id
    )
    assert -5 <= top <= 100
    page.implicitly_wait(5)
    assert one(page, "nav a[aria-current]").text == sections()[4].title


def test_a_patient_has_a_page_and_the_way_back(page):
    link = one(page, "#patient_index-table tbody a")
    name = link.text
    page.execute_script("arguments[0].click()", link)
    assert one(page, "h1").text == name
    one(page, "header .links a").click()
    assert page.current_url.endswith("/report.html")


def test_a_click_on_a_head_sorts_by_its_numbers(page):
    head = one(page, "#table_4-table th:nth-child(5)")  # AUC with its interval
    column = head.get_attribute("textContent")
    assert column.startswith("AUC")
    button = head.find_element("css selector", "button")
    for direction, backwards in (("ascending", False), ("descending", True)):
        page.execute_script("arguments[0].click()", button)
        assert head.get_attribute("aria-sort") == direction
        values = [float(text.split()[0]) for text in page.execute_script(CELLS % ("table_4", 5))]
        assert values == sorted(values, reverse=backwards) and len(set(values)) > 2
    other = one(page, "#table_4-table th:nth-child(1) button")
    page.execute_script("arguments[0].click()", other)
    assert head.get_attribute("aria-sort") is None


def test_the_feature_dictionary_is_filtered(page):
    one(page, "#table_s2 summary").click()
    field = one(page, "#table_s2 input")
    field.send_keys("Planted3")
    assert page.execute_script(CELLS % ("table_s2", 2)) == ["original_firstorder_Planted3"]
    assert one(page, "#table_s2 output").text == "1 of 8"
    field.clear()
    field.send_keys(" ")
    assert len(page.execute_script(CELLS % ("table_s2", 2))) == 8


def test_the_copied_sql_gives_the_table(page, home: Home):
    page.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    one(page, "#table_4 .sql summary").click()
    button = one(page, "#table_4 .copy")
    button.click()
    page.implicitly_wait(0)
    for _ in range(50):
        if button.text == "Copied":
            break
    copied = page.execute_async_script(
        "const done = arguments[0];"
        "navigator.clipboard.readText().then(done, () => done(null))"
    )  # fmt: skip
    shown = one(page, "#table_4 code").get_attribute("textContent")
    assert copied in (shown, None)
    found = Reading(page.page_source).articles["table_4"]
    (item,) = [each for each in items(sections()) if each.id == "table_4"]
    assert check_table(item, found, Reader(home).query(copied or shown)) > 40


def test_all_shown_sql_runs_as_it_stands(page, home: Home):
    reader = Reader(home)
    shown = Reading(page.page_source).articles
    ran = [reader.query(each.sql) for each in shown.values() if each.sql]
    assert len(ran) > 25 and all(len(frame) for frame in ran)
    page.get(Path(report_page(home, "hcc").parent / "patients/hcc_synthetic/HCC_003.html").as_uri())
    shown = Reading(page.page_source).articles
    checked = {each.id: each for each in items(patient_sections()) if shown[each.id].sql}
    assert {"patient_clinical", "patient_predictions"} <= set(checked)
    for name, item in checked.items():
        frame = reader.query(shown[name].sql)
        if name != "patient_contributions":  # which are the model's, not the query's
            check_table(item, shown[name], frame)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_scrolls_sideways(home: Home, browser, width: int, scheme: str):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500,
    })  # fmt: skip
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    folder = report_page(home, "hcc").parent
    for file in (report_page(home, "hcc"), folder / "patients/hcc_synthetic/HCC_003.html"):
        browser.get(file.as_uri())
        assert browser.execute_script(OVERFLOW) == 0
        banner = one(browser, ".synthetic")
        assert banner.is_displayed() and "SYNTHETIC IMAGES" in banner.text
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_nothing_is_refused_or_fails_while_it_loads(page):
    severe = [each for each in page.get_log("browser") if each["level"] == "SEVERE"]
    assert severe == []
