"""A store that has lost a part: it is said what, and nothing else is taken from it."""

from pathlib import Path

import pytest

from hccer.doctor import Finding, examine
from storage.home import Home
from storage.store import Store
from tests.support import hccer_here


def faults(home: Home) -> list[Finding]:
    return [finding for finding in examine(home) if not finding.good]


@pytest.mark.parametrize("lost", ["catalog", "lake"])
def test_a_lost_catalog_is_said_to_be_lost_and_never_begun_anew(phantom_store: Store, lost: str):
    home, parquet = phantom_store.home, list(phantom_store.home.data.rglob("*.parquet"))
    phantom_store.close()
    (home.catalog if lost == "catalog" else home.lake).rename(home.path / "away")
    for command in (("doctor",), ("sql", "select 1"), ("cohort", "list"), ("compact",)):
        done = hccer_here(*command, check=1)
        assert "Traceback" not in done.stderr
    assert "lost" in hccer_here("doctor", check=1).stdout or lost == "lake"
    assert not home.catalog.exists()
    if lost == "catalog":
        assert all(file.exists() for file in parquet)


def test_an_empty_catalog_in_the_place_of_another_one_deletes_nothing(phantom_store: Store, home):
    parquet = sorted(phantom_store.home.data.rglob("*.parquet"))
    other = Store.open(Home(phantom_store.home.path.parent / "other"))
    for store in (phantom_store, other):
        store.close()
    other.home.catalog.rename(phantom_store.home.catalog)
    assert "knows none of the data files" in hccer_here("compact", check=1).stderr
    assert sorted(phantom_store.home.data.rglob("*.parquet")) == parquet


def test_the_doctor_names_a_lost_data_file_and_a_damaged_database(phantom_store: Store):
    home = phantom_store.home
    assert faults(home) == []
    file = sorted((home.data / "main" / "image").glob("*.parquet"))[0]
    file.unlink()
    (lost,) = faults(home)
    assert lost.what == "data files"
    assert lost.text == f"{file}, of the table image, is lost: put it back from a copy"
    said = hccer_here("sql", "select max(image_sha256 || source) from image", check=1).stderr
    assert "a data file of the store is lost" in said and "see `hccer doctor`" in said
    damaged = home.dagster / "history" / "runs.db"
    damaged.parent.mkdir(parents=True, exist_ok=True)
    damaged.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    assert f"{damaged} is damaged" in faults(home)[0].text


def test_a_home_that_is_a_file_or_has_a_registry_alone_is_no_new_store(tmp_path: Path):
    file = tmp_path / "x.csv"
    file.write_text("a")
    assert f"{file} is a file: HCCER_HOME names a folder" in faults(Home(file))[0].text
    home = Home(tmp_path / "home")
    home.path.mkdir()
    home.registry.write_bytes(b"")
    assert "but no lake beside it" in faults(home)[0].text
