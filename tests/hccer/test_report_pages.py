"""The pages of the complete report: outside text is text, no address leads out, banners."""

import re
from pathlib import Path

import pytest

from hccer.report.items import Item, Section, items, patient_sections
from hccer.report.page import Page, Shown, rendered
from hccer.report.tables import Cell, Head, PrintedTable
from hccer.study.context import StudyContext
from hccer.study.report import make_report
from hccer.study.report_files import PAGE, patient_path, report_folder, report_page
from storage.reading import Reader
from storage.store import Store
from tests.hccer.complete_study import EVIL, EVIL_COHORT
from tests.hccer.planted import COHORT, plant_split
from tests.hccer.report_html import Reading, check_table

OUTSIDE = re.compile(r"""(?:src|href|action|url\()\s*=?\s*["']?(?:https?:)?//""", re.IGNORECASE)
PATIENTS = 165 + 20 + 1


def test_figures_checklists_and_methods_are_there(page: Reading):
    for name in ("flow_chart", "roc_models", "calibration_curves", "decision_curves"):
        assert "SYNTHETIC IMAGES" in page.articles[name].text
    assert len(page.articles["clear"].rows) == 58
    assert len(page.articles["methods_text"].text) > 1000
    assert "185 patients" in page.articles["methods_text"].text


def test_what_comes_from_outside_is_text(folder: Path, page: Reading):
    for file in (PAGE, patient_path(COHORT, "HCC_001"), patient_path("away", "HCC_001")):
        html = (folder / file).read_text()
        assert "<script>alert" not in html
        assert len(Reading(html).of("script")) == 1
    text = " ".join(page.text.split())
    assert EVIL in text and EVIL_COHORT in text
    assert "<script>" not in (folder / "report.md").read_text()


def test_no_address_leads_out_of_the_report(folder: Path):
    for file in [folder / PAGE, *sorted((folder / "patients").rglob("*.html"))[:5]]:
        html = file.read_text()
        shown = Reading(html)
        assert not OUTSIDE.search(html)
        assert not re.search(r"@import|<(?:link|iframe|object|form)\b", html)
        assert set(re.findall(r"https?://[^\"'\s<]*", html)) <= {"http://www.w3.org/2000/svg"}
        (policy,) = [each for each in shown.of("meta") if "http-equiv" in each]
        assert policy["content"] == (
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
            "img-src data:"
        )


def test_every_link_leads_somewhere(folder: Path):
    for file in (folder / PAGE, folder / patient_path(COHORT, "HCC_002")):
        shown = Reading(file.read_text())
        ids = {each["id"] for _, each in shown.tags if "id" in each}
        links = [each["href"] for each in shown.of("a")]
        assert all(each[1:] in ids for each in links if each.startswith("#"))
        away = [each for each in links if not each.startswith("#") and "contact_sheet" not in each]
        assert away and all((file.parent / each).is_file() for each in away)


def test_ids_of_a_page_are_its_own(page: Reading):
    ids = [each["id"] for _, each in page.tags if "id" in each]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("synthetic", [True, False])
def test_only_synthetic_cohorts_have_the_banner(synthetic: bool):
    html = rendered(Page("t", "k", synthetic, (), ()))
    assert ("SYNTHETIC IMAGES" in Reading(html).text) == synthetic
    assert ("SYNTHETIC IMAGES" in html) == synthetic


def test_every_page_of_a_synthetic_cohort_has_the_banner(folder: Path):
    pages = list(folder.rglob("*.html"))
    assert len(pages) == PATIENTS + 1
    assert all('<p class="synthetic"' in file.read_text() for file in pages)


def long_page(*counts: int) -> str:
    """A page with a table of so many rows each."""
    shown = tuple(
        Shown(Item(id=f"t{count}", kind="table", title=f"Table of {count}", filtered=True),
              table=PrintedTable((), (Head("A", "text"),), ((Cell("x"),),) * count),
              file=f"tables/t{count}.csv")
        for count in counts
    )  # fmt: skip
    section = Section(id="s", title="S")
    return rendered(Page("t", "k", False, (), ((section, shown),)))


def test_long_tables_say_how_many_rows_there_are_and_on_paper_where_all_are():
    html = long_page(10, 80, 150)
    shown = Reading(html).articles
    said = {name: re.findall(r"\b\d+ rows\b.*", each.text) for name, each in shown.items()}
    assert said == {
        "t10": [], "t80": ["80 rows"],
        "t150": ["150 rows", "150 rows; all of them are in tables/t150.csv beside this report."],
    }  # fmt: skip
    boxes = [each["class"].split() for each in Reading(html).of("div") if "role" in each]
    assert ["excerpt" in each for each in boxes] == [False, False, True]
    assert "The first 20 of 150 rows" in shown["t150"].text
    assert ".excerpt tbody tr:nth-child(n + 21) { display: none; }" in html


def test_every_filter_has_a_name_of_its_own():
    names = [each["aria-label"] for each in Reading(long_page(10, 80)).of("input")]
    assert names == ["Filter Table of 10", "Filter Table of 80"]


def test_no_two_headings_of_the_study_page_are_the_same(html: str):
    headings = re.findall(r"<h3>(.*?)</h3>", html)
    assert len(headings) > 50
    assert sorted(set(headings)) == sorted(headings)


def test_the_maps_say_how_alike_those_of_random_weights_are(page: Reading):
    assert "Randomisation check, median rank correlation" in page.articles["score_cam_cases"].text


def test_images_and_lineage_of_a_study_without_models(phantom_store: Store):
    plant_split(phantom_store, "small", [
        {"cohort_id": "phantom", "patient_id": f"PH_{number:03d}", "role": "train",
         "y_true": number % 2} for number in range(1, 5)
    ])  # fmt: skip
    context = StudyContext(phantom_store, "small", "first")
    make_report(context)
    folder = report_folder(phantom_store.home, "small")
    shown = Reading((folder / patient_path("phantom", "PH_002")).read_text())
    assert [each["alt"].split(",")[0] for each in shown.of("img")] == ["AP", "PVP"]
    assert all(each["src"].startswith("data:image/webp;base64,") for each in shown.of("img"))
    reader = Reader(phantom_store.home)
    for item in items(patient_sections()):
        found = shown.articles[item.id]
        if item.id in ("patient_images", "patient_lineage", "patient_clinical"):
            assert found.rows
            check_table(item, found, reader.query(found.sql))
    assert "There is no crop of this patient" in shown.articles["patient_crop"].text
    page = Reading(report_page(phantom_store.home, "small").read_text())
    assert len(page.articles["table_s2"].rows) == 107
    assert "There are no rows" in page.articles["table_4"].text
    for name in ("table_networks", "training_curves", "table_s6", "network_diagram"):
        assert "No network was trained in this study." in page.articles[name].text
    assert "4 patients; clinical factors and networks, and" in page.articles["workflow"].text
    for file in (folder / PAGE).parent.rglob("*"):
        assert not file.name.endswith(".unfinished")
