"""The Dagster UI in a real browser, served by `hccer ui` on a finished phantom cohort."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.tables import EXTRACTION, TABLES
from tests.dagster_project.browser import Page, browsed, served

pytestmark = [pytest.mark.needs("browser"), pytest.mark.long]
ROWS = "dagster/partition_row_count"


@pytest.fixture(scope="module")
def page(run_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser on `hccer ui` of a copy of the finished store."""
    folder = tmp_path_factory.mktemp("ui")
    home = Path(shutil.copytree(run_home, folder / "home"))
    with served(home, folder) as address, browsed(address, home) as page:
        yield page


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
    page.launch("phantom")
    page.open("/assets/extraction", "lake_snapshot")
    page.wait(lambda: page.metadata().get("reused") == "12", "12 extractions reused")
    assert page.metadata()["computed"] == "0"
