"""What the command answers on a finished store: files by any name, and sentences, no tracebacks."""

from pathlib import Path

import polars as pl
import pytest

from hccer.cli import dagster
from hccer.pipeline.rows import frame
from schemas.tables import MODEL_FIT
from storage.registry import NAMES
from storage.store import Change, Store
from tests.support import PHANTOM_FILE, hccer_here, register

STUDY = """
id = "own"
endpoint = "early_recurrence"
phases = ["AP", "PVP"]
development = ["phantom"]
"""
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


@pytest.mark.usefixtures("phantom_store")
def test_a_name_that_is_not_there_is_one_sentence_with_those_that_are():
    mean = "original_firstorder_Mean"
    wrong = {
        ("sql", "flowchart"): "no query 'flowchart'; did you mean flow_chart? see `hccer tables`",
        ("sql", "xyz"): "there is no query 'xyz': see `hccer tables`",
        ("sql", "patient"): 'patient is a table, not a query: `hccer sql "from patient"`',
        ("sql", "pipeline_worth", "-p", "study=no"): "there is no study 'no'; registered: small",
        ("sql", "paper_performance", "-p", "study=no"): "no study 'no'; registered: small",
        ("sql", "volume_confounding", "-p", "cohort=phantom", "-p", "phase=DP"):
            "there is no phase 'DP'; there are: AP, PVP",
        ("sql", "events_by_feature", "-p", "cohort=phantom", "-p", f"feature={mean}s"):
            f"there is no feature '{mean}s'; did you mean {mean}",
        ("history", "--limit", "-3"): "--limit takes a number of snapshots from 1 (given: -3)",
        ("report", "--study", "no"): "there is no study 'no'; registered: small",
        ("explain", "phantom", "PH_001"): "--study ID --fit FIT (given: neither)",
        ("explain", "phantom", "PH_001", "--study", "small"): "(--fit is missing)",
        ("explain", "phantom", "PH_001", "AP", "--fit", "LR"): "(given: PHASE, --fit)",
        ("explain", "phantom", "PH_001", "--study", "no", "--fit", "LR"): "there is no study 'no'",
        ("explain", "phantom", "PH_001", "--study", "small", "--fit", "LR"): "has no fit yet",
        ("explain", "phantom", "PH_001", "DP"): "the patient has those of AP, PVP",
        ("explain", "phantom", "PH_001", "AP", "Mean"): "there is no feature 'Mean'",
    }  # fmt: skip
    for arguments, message in wrong.items():
        assert message in refused(*arguments), arguments


def test_an_unknown_fit_is_answered_with_those_of_the_study(phantom_store: Store):
    row = {"study_id": "small", "fit_id": "RCR-LR", "model": "RCR", "algorithm": "LR"}
    row |= {"artifact_sha256": "", "n_features": 1, "n": 1, "prevalence": 0.5, "derivation": ""}
    phantom_store.commit([Change(MODEL_FIT, insert=frame(MODEL_FIT, [row]))], "fitted")
    asked = ("explain", "phantom", "PH_001", "--study", "small", "--fit")
    assert "study small has no fit 'RCR'; its fits: RCR-LR" in refused(*asked, "RCR")
    assert "has no prediction of PH_001 by RCR-LR" in refused(*asked, "RCR-LR")


@pytest.mark.usefixtures("phantom_store")
def test_the_reference_is_explained_first_and_a_volume_has_its_unit():
    said = hccer_here("explain", "phantom", "PH_001", "AP", "original_shape_MeshVolume").stdout
    first, *others = said.split("\n\n")
    assert others and "is_reference               True" in first
    assert all("is_reference               False" in each for each in others)
    assert all(" mm3\n" in each for each in (first, *others))
    said = hccer_here("explain", "phantom", "PH_001", "AP", "original_shape_Sphericity").stdout
    assert "mm" not in said.splitlines()[0]


def test_another_study_of_the_same_id_needs_replace(
    phantom_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dagster, "run_dagster", lambda *_: 0)
    file = tmp_path / "study.toml"
    add = ("study", "add", str(file))
    file.write_text(STUDY)
    hccer_here(*add)
    hccer_here(*add)
    file.write_text(STUDY.replace('["AP", "PVP"]', '["AP"]') + "title = 'mine'\n")
    assert "registered with another title, phases: take another id" in refused(*add)
    assert phantom_store.registry.study("own").title == ""
    hccer_here(*add, "--replace")
    assert phantom_store.registry.study("own").title == "mine"


@pytest.mark.usefixtures("phantom_store")
def test_everything_that_is_listed_is_described():
    listed = rows("tables")
    assert set(NAMES) <= set(listed.filter(group="registry")["name"])
    types = dict(rows("tables", "withdrawal").select("column", "type").iter_rows())
    assert types == {
        "cohort_id": "VARCHAR", "patient_sha256": "VARCHAR", "withdrawn_at": "TIMESTAMP",
    }  # fmt: skip
    types = dict(rows("tables", "cohort_overview").select("column", "type").iter_rows())
    assert types["patients"] == "BIGINT"
    for kind, name in listed.select("kind", "name").unique("kind").iter_rows():
        assert hccer_here("tables", name).stdout, (kind, name)
    assert "-- parameters: cohort, patient, phase_" in hccer_here("tables", "lineage_back").stdout
