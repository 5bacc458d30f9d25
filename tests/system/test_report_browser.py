"""The report in a browser: navigation, patient pages, sorting, filtering, and the SQL it shows."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import SimpleITK as sitk
from selenium.webdriver.support.ui import WebDriverWait

from hccer.report.contact_sheet import Case, Sheet, Tile, contact_sheet
from hccer.report.items import items, patient_sections, sections
from hccer.report.thumbnail import thumbnail
from hccer.study.report_files import patient_path, report_folder, report_page
from storage.home import Home
from storage.reading import Reader
from tests.browser import chromium, printed, requests, resize
from tests.hccer.complete_rows import SEEN, disc_volume
from tests.hccer.complete_study import STUDY
from tests.hccer.planted import COHORT
from tests.hccer.report_html import Reading, check_cards, check_table

pytestmark = pytest.mark.needs("browser")
PRINTED, MOST_PRINTED = 20, 100
CELLS = "return [...document.querySelectorAll('#%s tbody tr:not([hidden]) td:nth-child(%d)')]" \
        ".map(cell => cell.textContent)"  # fmt: skip
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDER = """return [...document.querySelectorAll('.box')]
.filter(box => box.scrollWidth > box.clientWidth + 8).map(box => box.querySelector('table').id)"""
PRINTED_HEIGHTS = """return [...document.querySelectorAll('.drawing svg')]
.map(svg => svg.getBoundingClientRect().height / 96 * 25.4)"""
FOCUSED = """return [...document.querySelectorAll('.box')].filter(box => box.checkVisibility())
.filter(box => (box.tabIndex === 0) !==
  (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight))
.map(box => box.querySelector('table').id)"""
BROKEN = """return [...document.querySelectorAll('.box td:not(.w)')]
.filter(cell => getComputedStyle(cell).whiteSpace !== 'nowrap').map(cell => cell.textContent)"""
LONG_TEXTS = """return [...document.querySelectorAll('.box td.w')]
.filter(cell => cell.checkVisibility())
.map(cell => cell.getBoundingClientRect().width)"""
CLIPBOARD = ["clipboardReadWrite", "clipboardSanitizedWrite"]


@pytest.fixture(scope="module")
def home(complete_home: Home) -> Home:
    """Home of the complete study with its report; only to be read."""
    return complete_home


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """A window of 1280 x 900 pixels."""
    with chromium() as driver:
        yield driver


@pytest.fixture
def page(home: Home, browser):
    """The study page, freshly loaded."""
    browser.get(report_page(home, STUDY).as_uri())
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
    head = one(page, "#table_4-table th:nth-child(7)")  # AUC with its interval
    column = head.get_attribute("textContent")
    assert column.startswith("AUC")
    button = head.find_element("css selector", "button")
    for direction, backwards in (("ascending", False), ("descending", True)):
        page.execute_script("arguments[0].click()", button)
        assert head.get_attribute("aria-sort") == direction
        values = [float(text.split()[0]) for text in page.execute_script(CELLS % ("table_4", 7))]
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
    page.execute_cdp_cmd("Browser.grantPermissions", {"permissions": CLIPBOARD})
    one(page, "#table_4 .sql summary").click()
    button = one(page, "#table_4 .copy")
    button.click()
    WebDriverWait(page, 5).until(lambda _: button.text == "Copied")
    copied = page.execute_async_script(
        "const done = arguments[0];"
        "navigator.clipboard.readText().then(done, (error) => done(`refused: ${error}`))"
    )  # fmt: skip
    assert copied == one(page, "#table_4 code").get_attribute("textContent")
    found = Reading(page.page_source).articles["table_4"]
    (item,) = [each for each in items(sections()) if each.id == "table_4"]
    assert check_table(item, found, Reader(home).query(copied)) > 40


def patient(home: Home) -> Path:
    return report_folder(home, STUDY) / patient_path(COHORT, SEEN[1])


def test_all_shown_sql_gives_what_is_printed(page, home: Home):
    reader, checked = Reader(home), set()
    for file, declared in ((None, sections()), (patient(home), patient_sections())):
        if file:
            page.get(file.as_uri())
        shown = Reading(page.page_source).articles
        for item in items(declared):
            found = shown[item.id]
            frames = [reader.query(text) for text in found.queries]
            assert frames or item.id == "audit_paper"
            if item.kind == "numbers":
                assert check_cards(item, found, frames[0]) >= 20
            elif item.kind == "table" and not item.computed:
                check_table(item, found, frames[0])
            checked.add(item.id)
    assert len(checked) > 65


def test_no_page_scrolls_sideways(home: Home, browser):
    for width, scheme in ((390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")):
        resize(browser, width, scheme)
        for file in (report_page(home, STUDY), patient(home)):
            browser.get(file.as_uri())
            assert browser.execute_script(OVERFLOW) == 0
            assert browser.execute_script(WIDER) == [] or width == 390
            banner = one(browser, ".synthetic")
            assert banner.is_displayed() and "SYNTHETIC IMAGES" in banner.text
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_nothing_is_asked_for_refused_or_fails_while_it_loads(home: Home, browser):
    for file in (report_page(home, STUDY), patient(home)):
        requests(browser), browser.get_log("browser")  # of what came before
        browser.get(file.as_uri())
        browser.execute_script("window.scrollTo(0, document.body.scrollHeight)")
        asked = {each for each in requests(browser) if not each.startswith("data:")}
        assert asked == {file.as_uri()}
        assert [each for each in browser.get_log("browser") if each["level"] == "SEVERE"] == []


def test_a_box_is_in_the_order_of_keys_only_where_it_scrolls(page):
    one(page, "#table_s2 summary").click()
    WebDriverWait(page, 5).until(lambda _: page.execute_script(FOCUSED) == [])
    assert page.execute_script("return document.querySelectorAll('.box[tabindex]').length") > 0


def test_on_a_phone_long_text_has_room_and_names_are_not_broken(home: Home, browser):
    resize(browser, 390)
    browser.get(report_page(home, STUDY).as_uri())
    assert browser.execute_script(BROKEN) == []
    assert min(browser.execute_script(LONG_TEXTS)) >= 280
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


# ---- on paper


def test_no_figure_is_taller_than_a_page(page):
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    heights = page.execute_script(PRINTED_HEIGHTS)
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert len(heights) == 19 and min(heights) > 30 and max(heights) <= 220


def texts(file: Path) -> list[str]:
    """The text of each page of a PDF."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: the pages of a PDF cannot be read")
    done = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True,
                          check=True)  # fmt: skip
    return done.stdout.split("\f")[:-1]


def test_the_report_is_printed_whole_with_the_banner_on_every_page(
    browser, home: Home, tmp_path: Path
):
    pages = texts(printed(browser, report_page(home, STUDY).as_uri(), tmp_path / "report.pdf"))
    assert len(pages) > 20
    assert all("SYNTHETIC IMAGES" in text.lstrip()[:40] for text in pages)
    words = " ".join(" ".join(pages).split())
    shown = Reading(report_page(home, STUDY).read_text()).articles
    folded = [each.id for each in items(sections()) if each.fold]
    assert len(folded) == 7
    for name in folded:
        rows = shown[name].rows
        first, last = rows[0], rows[PRINTED - 1 if len(rows) > MOST_PRINTED else -1]
        for text in (first[2 % len(first)], last[2 % len(last)]):
            assert text.split()[0] in words, (name, text)
    items_of_clear = re.findall(r"^ *(\d+) +(?:Open science|Results)", "\n".join(pages), re.M)
    assert "58" in items_of_clear
    with_items = [
        text for text in pages if re.search(r"^ *\d+ +(?:Open science|Results)", text, re.M)
    ]
    assert len(with_items) > 1
    assert all("What is asked" in text for text in with_items), "a head is not repeated"
    assert f"The first {PRINTED} of 186 rows; all of them are in tables/patient_index.csv" in words
    assert not [name for name, text in headings(pages) if text == ""], "a heading ends a page"


def headings(pages: list[str]) -> list[tuple[str, str]]:
    """Titles of items with what stands below them on their page."""
    titles = [each.title for each in items(sections()) if each.kind == "table"]
    return [(title, text.partition(title)[2].strip()) for text in pages for title in titles
            if re.search(rf"^ *{re.escape(title)}$", text, re.M)]  # fmt: skip


def test_a_contact_sheet_has_the_banner_on_every_printed_page(browser, tmp_path: Path):
    image, mask = (sitk.GetArrayFromImage(each) for each in disc_volume())
    content = thumbnail(image, mask > 0, (1.5, 1.5, 1.5), synthetic=True)
    tiles = tuple(Tile(phase, content, ()) for phase in ("AP", "PVP", "DP"))
    cases = tuple(Case(f"P{number:02}", 31.0, tiles) for number in range(40))
    page = tmp_path / "page.html"
    page.write_text(contact_sheet(Sheet("livers", "Livers", True, cases, "0" * 64)))
    pages = texts(printed(browser, page.as_uri(), tmp_path / "sheet.pdf"))
    assert len(pages) >= 3
    assert all("SYNTHETIC IMAGES" in text.lstrip()[:40] for text in pages)
