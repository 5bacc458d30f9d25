"""A cohort whose ids and paths may name patients is stored under pseudonyms, and found by both."""

import re
import shutil
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from hccer.cli import cohorts, dagster, lineage, patients
from schemas.cohort_parts import Identity as Declared
from schemas.errors import HccerError
from storage.ddl import STORED
from storage.home import Home
from storage.identity import Identity
from storage.leaks import search
from storage.store import Store
from tests.phantom import write_phantom
from tests.storage.test_retention import files_naming
from tests.support import PHANTOM_FILE, register, run_pipeline, small_study

NAMES = {"PH_001": "Meyerhold_Annegret", "PH_002": "KH-00471108"}
FIRST, SECOND = NAMES.values()
VALUES = (
    "select phase, reader_id, feature_name, value from lake.extraction_value "
    "join lake.extraction using (extraction_id) where patient_id = ? order by all"
)


@pytest.fixture(scope="module")
def named_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of two phantom patients whose folders and clinical rows name them."""
    root = tmp_path_factory.mktemp("files")
    write_phantom(root, len(NAMES))
    sheet = root / "clinical.csv"
    text = sheet.read_text()
    for ours, theirs in NAMES.items():
        (root / ours).rename(root / theirs)
        text = text.replace(ours, theirs)
    sheet.write_text(text)
    (root / FIRST / "PVP_reader_2.nii.gz").write_bytes(b"no mask")
    return root


@pytest.fixture(scope="module")
def named_home(named_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of a store with this cohort finished, without an [identity] section; to be copied."""
    path = tmp_path_factory.mktemp("named") / "home"
    store = Store.open(Home(path))
    register(store, PHANTOM_FILE, named_root, identity=Declared())
    small_study(store, "phantom")
    run_pipeline(store, "phantom")
    store.close()
    store.registry.engine.dispose()
    return path


@pytest.fixture
def named(named_home: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A copy of that store; Dagster, which never ran on it, is left out."""
    shutil.copytree(named_home, home.path)
    monkeypatch.setattr(dagster, "run_dagster", lambda *_: 0)
    return Store.open(home)


def in_the_map(store: Store) -> list[Path]:
    return [str(Identity(store.home).file)]


def test_no_name_of_the_source_is_in_any_table(named: Store):
    for table in STORED:
        rows = named.rows(f"from lake.{table.name}")
        text = str(rows.to_dicts())
        assert not [name for name in (*NAMES, *NAMES.values()) if name in text], table.name
    assert files_naming(named.home, FIRST) == in_the_map(named)
    assert files_naming(named.home, SECOND) == in_the_map(named)
    found = search(named)
    assert (found.leaks, found.skipped, found.short) == ((), (), 0)
    assert len(Identity(named.home).patients("phantom")) == len(NAMES)


def test_ids_and_file_names_are_tokens(named: Store):
    patient_ids = named.rows("select distinct patient_id from lake.patient")["patient_id"]
    assert len(patient_ids) == len(NAMES)
    assert patient_ids.str.contains(r"^P[A-Z2-7]{12}$").all()
    paths = named.rows("select path from lake.source_file")["path"]
    assert len(paths) == 4 + 6 + 1
    assert all(re.fullmatch(r"[0-9a-f]{24}\.(nii\.gz|csv)", path) for path in paths)
    refused = named.rows("from lake.rejected").row(0, named=True)
    assert re.fullmatch(r"[0-9a-f]{24}\.nii\.gz", refused["source"])
    assert refused["patient_id"] in patient_ids


def test_the_values_are_those_under_the_own_names(named: Store, finished_home: Path):
    identity, plain = Identity(named.home), Store.open(Home(finished_home))
    found = named.rows(VALUES, [identity.stored_patient("phantom", SECOND)])
    assert len(found) == 2 * 107
    assert_frame_equal(found, plain.rows(VALUES, ["PH_002"]))


def test_a_second_run_commits_nothing(named: Store):
    before = named.snapshot()
    outcomes = run_pipeline(named, "phantom", "again")
    assert not any(each.computed for each in outcomes.values())
    assert named.snapshot() == before


def test_explain_and_impact_take_the_names_of_the_source(
    named: Store, capsys: pytest.CaptureFixture
):
    stored = Identity(named.home).stored_patient("phantom", FIRST)
    said = []
    for given in (FIRST, stored):
        lineage.explain("phantom", given, "AP", "original_firstorder_Mean")
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert stored in said[0] and FIRST not in said[0]
    path = f"{FIRST}/AP_reader_2.nii.gz"
    for given in (path, Identity(named.home).stored_path("phantom", path)):
        lineage.impact(given)
        lines = capsys.readouterr().out.splitlines()
        assert [line.split(",")[0] for line in lines[1:]] == [
            "segmentation", "extraction", "feature_value",
        ]  # fmt: skip
        assert FIRST not in "".join(lines)


@pytest.mark.long
def test_a_patient_removed_by_their_own_id_never_comes_back(
    named: Store, monkeypatch: pytest.MonkeyPatch
):
    stored = Identity(named.home).stored_patient("phantom", FIRST)
    monkeypatch.setattr(dagster, "run_dagster", lambda *_: 1)
    for _ in range(2):  # the same command again, as the sentence says
        with pytest.raises(HccerError, match=r"not from Dagster's logs.*same command"):
            patients.remove("phantom", FIRST)
    monkeypatch.setattr(dagster, "run_dagster", lambda *_: 0)
    patients.remove("phantom", FIRST)
    assert files_naming(named.home, FIRST) == files_naming(named.home, stored) == []
    run_pipeline(named, "phantom", "later")
    assert files_naming(named.home, FIRST) == files_naming(named.home, stored) == []
    identity = Identity(named.home)
    left = named.rows("select patient_id from lake.patient")["patient_id"].to_list()
    assert left == [identity.stored_patient("phantom", SECOND)]
    assert set(identity.patients("phantom")) == set(left)
    with pytest.raises(HccerError, match="there is no patient 'nobody' in cohort phantom"):
        patients.remove("phantom", "nobody")


def test_a_purged_cohort_is_forgotten_but_its_key(named: Store):
    key = Identity(named.home).key("phantom")
    named.registry.remove(named.registry.study("small"))
    cohorts.remove("phantom", purge=True)
    identity = Identity(named.home)
    assert identity.values() == []
    assert identity.key("phantom") == key
    for name in NAMES.values():
        assert files_naming(named.home, name) == []


def test_a_lost_map_is_one_sentence(named: Store):
    before = named.snapshot()
    Identity(named.home).file.unlink()
    with pytest.raises(HccerError, match=r"identity\.sqlite is gone.*from a backup") as error:
        run_pipeline(named, "phantom", "lost")
    assert "\n" not in str(error.value)
    assert named.snapshot() == before
    assert not Identity(named.home).file.exists()


def test_a_cohort_stored_under_its_own_names_is_not_renamed_in_silence(phantom_store: Store):
    before = phantom_store.snapshot()
    cohort = phantom_store.registry.cohort("phantom")
    register(phantom_store, PHANTOM_FILE, Path(cohort.root), identity=Declared())
    with pytest.raises(HccerError, match=r"own ids.*hccer cohort remove phantom --purge"):
        run_pipeline(phantom_store, "phantom", "renamed")
    assert phantom_store.snapshot() == before
