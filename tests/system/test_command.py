"""The command as a user types it: one cohort from its file to SQL and out again."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pytest

from storage.home import Home
from tests.storage.test_retention import files_naming
from tests.support import PHANTOM_FILE, dagster_here, hccer_command, hccer_here

STUDY = """
id = "small"
endpoint = "early_recurrence"
phases = ["AP", "PVP"]
development = ["phantom"]
[overrides.radiomics]
engine = "pyradiomics"
featureClass = ["firstorder", "shape"]
[overrides.radiomics.imageType]
Wavelet = false
LoG = false
"""


@pytest.fixture(scope="module")
def added_home(phantom_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of a store to which the command added a phantom cohort and a small study."""
    folder = tmp_path_factory.mktemp("added")
    (folder / "study.toml").write_text(STUDY)
    options = {"env": {"HCCER_HOME": str(folder / "home")}}
    added = hccer_command(
        "cohort", "add", str(PHANTOM_FILE), "--root", str(phantom_root), **options
    )
    assert f"registered, its files under {phantom_root}" in added.stdout
    hccer_command("study", "add", str(folder / "study.toml"), **options)
    return folder / "home"


@pytest.fixture
def finished(added_home: Path, home: Home) -> Home:
    """A copy of that home, the one that the command uses."""
    shutil.copytree(added_home, home.path)
    return home


@pytest.mark.long
def test_a_cohort_from_file_to_sql_and_out_again(finished: Home, tmp_path: Path):
    first = hccer_command("run", "--cohort", "phantom")
    assert "feature_value" in first.stdout
    newest = ("sql", "select max(snapshot_id) from snapshot")
    before = hccer_command(*newest).stdout
    # its cohort again, from which nothing is made anew, then the study itself
    few = hccer_command("run", "--study", "small", check=1)
    assert "split: study small: 5 folds need 5 patients of each outcome" in few.stderr
    assert hccer_here(*newest).stdout == before
    counted = hccer_here("sql", "select count(*) as n from feature_value").stdout
    assert counted == f"n\n{12 * (18 + 14)}\n"
    _look_at_every_listing(tmp_path)
    _take_out(finished)


def _look_at_every_listing(folder: Path) -> None:
    query = "select patient_id, value from outcome order by patient_id"
    for suffix, read in ((".csv", pl.read_csv), (".json", pl.read_json),
                         (".parquet", pl.read_parquet)):  # fmt: skip
        file = folder / f"rows{suffix}"
        hccer_here("sql", query, "--out", str(file))
        assert read(file)["patient_id"].to_list() == ["PH_001", "PH_002", "PH_003", "PH_004"]
    past = hccer_here("sql", "select count(*) as n from patient", "--as-of", "1").stdout
    assert past == "n\n0\n"
    assert "afp_iu_ml" in hccer_here("tables", "patient").stdout
    assert "feature_matrix" in hccer_here("tables").stdout
    assert "extraction of phantom" in hccer_here("history").stdout
    walked = hccer_here("explain", "phantom", "PH_001", "AP", "original_firstorder_Mean").stdout
    assert "PH_001/AP.nii.gz" in walked
    assert "pyradiomics" in walked
    forward = hccer_here("impact", "PH_001/AP_reader_2.nii.gz").stdout.splitlines()
    assert [line.split(",")[0] for line in forward[1:]] == [
        "segmentation", "extraction", "feature_value",
    ]  # fmt: skip
    assert "phantom" in hccer_here("cohort", "list").stdout
    assert "small" in hccer_here("study", "list").stdout
    assert "FAIL" not in hccer_here("doctor").stdout


def _take_out(home: Home) -> None:
    refused = hccer_here("cohort", "remove", "phantom", check=1)
    assert "named by study small" in refused.stderr
    hccer_command("patient", "remove", "phantom", "PH_002")
    assert files_naming(home, "PH_002") == []
    hccer_command("run", "--cohort", "phantom", "--select", "group:cohort")
    assert files_naming(home, "PH_002") == []
    hccer_here("compact")
    hccer_here("study", "remove", "small")
    hccer_command("cohort", "remove", "phantom", "--purge")
    assert files_naming(home, "PH_001") == []
    assert "is empty" in hccer_here("sql", "from patient", check=1).stderr


def test_a_wrong_command_is_one_sentence_and_not_zero(finished: Home, tmp_path: Path):
    broken = tmp_path / "cohort.toml"
    broken.write_text(PHANTOM_FILE.read_text().replace('id = "phantom"', 'id = "no good"'))
    study = tmp_path / "study2.toml"
    study.write_text(STUDY.replace('["AP", "PVP"]', '["AP", "DP"]'))
    wrong = {
        ("sql", "selec 1"): "syntax error",
        ("sql", "copy patient to '/tmp/x.csv'"): "only SELECT is allowed",
        ("sql", "from patient", "--as-of", "77"): "there is no snapshot 77",
        ("sql", "from patient", "--out", "x.txt"): "takes a .csv, .json or .parquet file",
        ("sql", "tumour_volumes", "-p", "cohort=none"): "there is no cohort 'none'",
        ("sql", "tumour_volumes", "-p", "cohort"): "-p takes name=value",
        ("tables", "patients"): "there is no table 'patients'",
        ("run", "--cohort", "none"): "there is no cohort 'none'; registered: phantom",
        ("run", "--study", "none"): "there is no study 'none'; registered: small",
        ("run", "--select", "none"): "names no asset",
        ("explain", "phantom", "PH_001", "XX"): "there are no features",
        ("impact", "nothing.nii.gz"): "is no file of any cohort",
        ("cohort", "add", str(broken)): "id: ",
        ("cohort", "add", str(PHANTOM_FILE), "--root", str(tmp_path / "no")): "is not a folder",
        ("cohort", "add", str(PHANTOM_FILE), "--root", str(tmp_path)): "no file under",
        ("cohort", "add", "none.toml"): "cannot be read",
        ("cohort", "remove", "none"): "there is no cohort 'none'",
        ("patient", "remove", "phantom", "none"): "there is no patient 'none'",
        ("study", "add", str(study)): "phases: cohort phantom has no DP",
    }
    for arguments, message in wrong.items():
        ask = dagster_here if arguments[0] == "run" else hccer_here
        done = ask(*arguments, check=1)
        assert message in done.stderr, (arguments, done.stderr)
    assert hccer_here("cohort", "list").stdout.splitlines()[1].startswith("phantom,")


def test_the_command_names_its_version(home: Home):
    assert hccer_here("--version").stdout == f"hccer {version('hccer')}\n"


def test_without_a_store_every_question_is_answered_with_a_sentence(home: Home):
    for arguments in (("sql", "from patient"), ("history",), ("cohort", "list"),
                      ("explain", "a", "b", "c"), ("run", "--cohort", "a")):  # fmt: skip
        done = (hccer_command if arguments[0] == "run" else hccer_here)(*arguments, check=1)
        assert done.stderr.startswith("hccer: there is no ")
        assert len(done.stderr.splitlines()) == 1


def test_check_reports_and_stores_nothing(home: Home, own_phantom: Path):
    good = hccer_here("cohort", "check", str(PHANTOM_FILE), "--root", str(own_phantom))
    assert "4 patients, 8 images, 12 masks, 0 problems, nothing stored" in good.stdout
    (own_phantom / "PH_001" / "AP_reader_1.nii.gz").unlink()
    (own_phantom / "PH_002" / "AP.nii.gz").write_bytes(b"no image")
    sheet = own_phantom / "clinical.csv"
    head, *lines = sheet.read_text().splitlines()
    lines = [f"{line},42" for line in lines]
    lines[2] = lines[2].replace("PH_003,", "PH_003,-")
    sheet.write_text("\n".join([f"{head},shoe", *lines]))
    bad = hccer_here("cohort", "check", str(PHANTOM_FILE), "--root", str(own_phantom), check=1)
    assert "note: clinical.csv: column 'shoe' is unknown and not read" in bad.stdout
    rows = pl.read_csv(bad.stdout[bad.stdout.index("patient_id,") :].rsplit("\n", 2)[0].encode())
    assert set(zip(rows["patient_id"], rows["asset"], strict=True)) == {
        ("PH_001", "segmentation"), ("PH_002", "image"), ("PH_003", "patient"),
    }  # fmt: skip
    assert not home.exists


def test_a_pipe_that_closes_early_is_no_error(finished: Home):
    command = "hccer sql 'select * from range(200000)' | head -1"
    folder = Path(sys.executable).parent
    done = subprocess.run(["bash", "-c", f'PATH="{folder}:$PATH"; {command}'],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.stdout == "range\n"
    assert done.stderr == ""


def test_the_registry_tells_what_ran(finished: Home):
    hccer_command("run", "--select", "source_file")
    rows = hccer_here("sql", "select partition_key, package_versions from run").stdout
    versions = json.loads(pl.read_csv(rows.encode())["package_versions"][0])
    assert versions["pyradiomics"] == "3.0.1"
