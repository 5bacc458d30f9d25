"""The figures in a real browser: no text is cut or lies on other text, on a phone's width."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

import sql
from hccer.figures import FIGURES, noted
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.browser import chromium
from tests.hccer.figure_rows import STUDY, plant_study

pytestmark = pytest.mark.needs("browser")
SMALLEST_PX = 9
# figures as wide as a phone; per figure: text outside, pairs that overlap, smallest type in px
MEASURE = """
const found = {};
for (const svg of document.querySelectorAll("svg")) {
  const frame = svg.getBoundingClientRect(), scale = frame.width / svg.viewBox.baseVal.width;
  const texts = [...svg.querySelectorAll("text")].map(t => ({
    text: t.textContent, box: t.getBoundingClientRect(),
    size: parseFloat(getComputedStyle(t).fontSize) * scale}));
  const outside = texts.filter(({box}) => box.left < frame.left - 1 || box.right > frame.right + 1
    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1).map(({text}) => text);
  const overlapping = [];
  texts.forEach((a, i) => texts.slice(i + 1).forEach(b => {
    const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
    const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    if (width > 1 && height > 4) overlapping.push(a.text + " | " + b.text);
  }));
  const smallest = Math.min(...texts.map(({size}) => size));
  found[svg.querySelector("title").textContent] = {outside, overlapping, smallest};
}
return found;
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All figures of a planted study in one page."""
    folder = tmp_path_factory.mktemp("page")
    home = Home(folder / "home")
    plant_study(Store.open(home))
    reader = Reader(home)
    figures = []
    for name, figure in FIGURES.items():
        frame = reader.query(sql.load("report")[name].text, {"study": STUDY})
        figures.append(noted(figure.draw(frame), "SYNTHETIC IMAGES"))
    file = folder / "page.html"
    file.write_text("<!doctype html><meta charset=utf-8><body style='margin:0;width:358px'>"
                    + "".join(figures))  # fmt: skip
    return file


@pytest.fixture(scope="module")
def driver() -> Iterator[webdriver.Chrome]:
    with chromium() as driver:
        yield driver


def test_all_text_is_seen_and_legible_on_a_phone(page: Path, driver: webdriver.Chrome):
    driver.get(page.as_uri())
    found = driver.execute_script(MEASURE)
    assert set(found) == {figure.title for figure in FIGURES.values()}
    assert {title: each["outside"] for title, each in found.items() if each["outside"]} == {}
    assert {title: each["overlapping"] for title, each in found.items()
            if each["overlapping"]} == {}  # fmt: skip
    assert min(each["smallest"] for each in found.values()) >= SMALLEST_PX
