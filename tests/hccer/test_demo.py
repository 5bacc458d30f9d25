"""What the demonstration says at its end: where to look, the report first of all."""

import polars as pl
import pytest

from hccer.cli import cohorts, dagster, studies
from hccer.ingest import built_in, built_in_motion
from hccer.study.report_files import report_page
from storage.home import Home
from tests.support import hccer_here


@pytest.fixture
def nothing_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """No image is made and no table: only what is said."""
    monkeypatch.setattr(built_in, "write_built_in", lambda root, recipe: True)
    monkeypatch.setattr(cohorts, "register", lambda file, root: "hcc_synthetic")
    monkeypatch.setattr(studies, "register_study", lambda file, replace: "hcc")
    monkeypatch.setattr(dagster, "run_dagster", lambda *arguments: 0)
    nothing = pl.DataFrame(schema={"before_mm": pl.Float64, "after_mm": pl.Float64})
    monkeypatch.setattr(built_in_motion, "registration_errors", lambda *arguments: nothing)


@pytest.mark.usefixtures("nothing_done")
def test_the_demonstration_ends_with_the_report(home: Home):
    said = hccer_here("demo").stdout
    assert str(report_page(home, "hcc")) in said
    assert "hccer report --study hcc --open" in said
