"""What the command answers on a finished store: files by any name, and sentences, no tracebacks."""

from pathlib import Path

import polars as pl
import pytest

from storage.store import Store
from tests.support import PHANTOM_FILE, hccer_here, register

MASK = "PH_001/AP_reader_2.nii.gz"


def refused(*arguments: str) -> str:
    """The one sentence of a command that fails."""
    said = hccer_here(*arguments, check=1).stderr
    assert said.startswith("hccer: ") and len(said.splitlines()) == 1, said
    return said


def rows(*arguments: str) -> pl.DataFrame:
    return pl.read_csv(hccer_here(*arguments).stdout.encode())


@pytest.mark.usefixtures("phantom_store")
def test_a_file_is_known_by_any_of_its_paths(
    phantom_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    expected = hccer_here("impact", MASK).stdout
    assert "feature_value,phantom,PH_001,AP,reader_2" in expected
    assert hccer_here("impact", str(phantom_root / MASK)).stdout == expected
    assert hccer_here("impact", str(phantom_root / "PH_002" / ".." / MASK)).stdout == expected
    monkeypatch.chdir(phantom_root / "PH_001")
    assert hccer_here("impact", "AP_reader_2.nii.gz").stdout == expected
    (tmp_path / "link").symlink_to(phantom_root)
    assert hccer_here("impact", str(tmp_path / "link" / MASK)).stdout == expected


def test_an_unknown_file_is_not_one_on_which_nothing_depends(
    phantom_store: Store, phantom_root: Path
):
    unknown = "is no file of any cohort: give its path below the cohort root, or its sha256"
    for file in ("clinical", str(phantom_root / "PH_001" / "none"), "/etc/hostname", "0" * 64):
        assert unknown in refused("impact", file)
    phantom_store.session.execute("delete from lake.patient")
    phantom_store.session.execute("delete from lake.outcome")
    said = refused("impact", str(phantom_root / "clinical.csv"))
    assert "nothing in the store depends on" in said and "is a file of phantom" in said


def test_a_path_is_a_file_of_the_cohort_below_whose_root_it_lies(
    phantom_store: Store, phantom_root: Path, tmp_path: Path
):
    register(phantom_store, PHANTOM_FILE, tmp_path, id="other")
    phantom_store.session.execute(
        "insert into lake.source_file select * replace ('other' as cohort_id) from lake.source_file"
    )
    assert "feature_value" in hccer_here("impact", str(phantom_root / MASK)).stdout
    assert "is a file of other" in refused("impact", str(tmp_path / MASK))
