"""Taking things out: nothing of a purged cohort or patient can be read again, from any byte."""

import gzip
import shutil
from pathlib import Path

import pytest

from schemas.errors import HccerError
from storage import retention
from storage.home import Home
from storage.reading import Reader
from storage.retention import compact, remove_cohort, remove_patient
from storage.store import Store
from tests.phantom import write_phantom
from tests.support import PHANTOM_FILE, register, run_pipeline, small_study

SECRET = "PH_004"  # the last by name, so that it is a maximum in every statistic


def files_naming(home: Home, text: str) -> list[str]:
    """Files below the home that hold a text, also inside gzip."""
    wanted = text.encode()
    return [str(file) for file in home.path.rglob("*") if file.is_file() and wanted in _bytes(file)]


def _bytes(file: Path) -> bytes:
    content = file.read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def unname(store: Store) -> None:
    """Remove the study that names the phantom cohort."""
    store.registry.remove(store.registry.study("small"))


class KilledError(Exception):
    """Stands for the end of the process."""


def killed(*_: object) -> None:
    raise KilledError


def blobs_of(store: Store, patient_id: str) -> set[str]:
    rows = store.rows(
        "select image_sha256 as h from lake.image where patient_id = $p union "
        "select mask_sha256 from lake.segmentation where patient_id = $p",
        {"p": patient_id},
    )
    return set(rows["h"])


def test_a_patient_who_withdraws_leaves_no_byte_and_never_comes_back(phantom_store: Store):
    assert files_naming(phantom_store.home, SECRET)
    theirs = blobs_of(phantom_store, SECRET)
    others = blobs_of(phantom_store, "PH_001") | blobs_of(phantom_store, "PH_002")
    old = phantom_store.snapshot()
    removal = remove_patient(phantom_store, "phantom", SECRET)
    assert removal.rows > 10
    assert removal.blobs == len(theirs - others) > 0
    assert files_naming(phantom_store.home, SECRET) == []
    with pytest.raises(HccerError, match="no snapshot"):
        Reader(phantom_store.home, old)
    run_pipeline(phantom_store, "phantom", "later")
    assert files_naming(phantom_store.home, SECRET) == []
    left = phantom_store.rows("select distinct patient_id from lake.patient order by all")
    assert left["patient_id"].to_list() == ["PH_001", "PH_002", "PH_003"]
    assert phantom_store.rows("select count(*) as n from lake.extraction").item() == 8


def test_an_unknown_patient_is_refused(phantom_store: Store):
    before = phantom_store.snapshot()
    with pytest.raises(HccerError, match="no patient 'nobody'"):
        remove_patient(phantom_store, "phantom", "nobody")
    assert phantom_store.snapshot() == before
    assert phantom_store.registry.withdrawals("phantom") == set()
    with pytest.raises(HccerError, match="no cohort 'nowhere'"):
        remove_patient(phantom_store, "nowhere", SECRET)


@pytest.mark.long
def test_a_patient_of_older_snapshots_alone_is_erased(phantom_store: Store, own_phantom: Path):
    shutil.rmtree(own_phantom / SECRET)
    sheet = own_phantom / "clinical.csv"
    kept = [line for line in sheet.read_text().splitlines(True) if SECRET not in line]
    sheet.write_text("".join(kept))
    register(phantom_store, PHANTOM_FILE, own_phantom)
    run_pipeline(phantom_store, "phantom", "later")
    left = phantom_store.rows("select distinct patient_id from lake.patient")["patient_id"]
    assert SECRET not in left
    assert files_naming(phantom_store.home, SECRET)
    assert remove_patient(phantom_store, "phantom", SECRET).rows == 0
    assert files_naming(phantom_store.home, SECRET) == []
    assert len(phantom_store.registry.withdrawals("phantom")) == 1


def test_a_patient_of_a_removed_cohort_is_erased(phantom_store: Store):
    unname(phantom_store)
    remove_cohort(phantom_store, "phantom", purge=False)
    remove_patient(phantom_store, "phantom", SECRET)
    assert files_naming(phantom_store.home, SECRET) == []


@pytest.mark.parametrize("step", ["_delete", "_renew_extremes"])
def test_an_erasure_that_was_killed_is_finished_by_the_same_call(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch, step: str
):
    with monkeypatch.context() as patch:
        patch.setattr(retention, step, killed)
        with pytest.raises(KilledError):
            remove_patient(phantom_store, "phantom", SECRET)
    assert len(phantom_store.registry.withdrawals("phantom")) == 1
    remove_patient(phantom_store, "phantom", SECRET)
    assert files_naming(phantom_store.home, SECRET) == []


@pytest.mark.parametrize("step", [
    "_reduced",
    pytest.param("vacuum", marks=pytest.mark.long),
    pytest.param("logs", marks=pytest.mark.long),
])  # fmt: skip
def test_a_purge_that_was_killed_is_finished_by_the_same_call(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch, step: str
):
    unname(phantom_store)
    with monkeypatch.context() as patch:
        patch.setattr(retention, step, killed, raising=step != "logs")
        with pytest.raises(KilledError):
            remove_cohort(phantom_store, "phantom", purge=True, erase_logs=killed)
    called = []
    remove_cohort(phantom_store, "phantom", purge=True, erase_logs=lambda: called.append(1))
    assert called == [1]
    assert files_naming(phantom_store.home, "PH_00") == []
    assert phantom_store.registry.cohorts() == []
    assert not phantom_store.registry.ran("phantom")


@pytest.mark.long
def test_a_withdrawal_outlives_the_cohort(phantom_store: Store, phantom_root: Path):
    remove_patient(phantom_store, "phantom", SECRET)
    unname(phantom_store)
    remove_cohort(phantom_store, "phantom", purge=True)
    register(phantom_store, PHANTOM_FILE, phantom_root)
    small_study(phantom_store, "phantom")
    run_pipeline(phantom_store, "phantom", "again")
    assert files_naming(phantom_store.home, SECRET) == []
    assert phantom_store.rows("select count(*) as n from lake.patient").item() == 3


@pytest.mark.parametrize("purge", [False, True])
def test_a_cohort_that_a_study_names_is_refused(phantom_store: Store, purge: bool):
    sentence = r"phantom is named by study small: remove that first \(hccer study remove small\)"
    with pytest.raises(HccerError, match=sentence):
        remove_cohort(phantom_store, "phantom", purge=purge)
    assert phantom_store.rows("select count(*) as n from lake.patient").item() == 4
    with pytest.raises(HccerError, match="no cohort 'small'"):
        remove_cohort(phantom_store, "small", purge=purge)


def test_a_removed_cohort_is_not_kept_by_its_edges(phantom_store: Store):
    unname(phantom_store)
    old = phantom_store.snapshot()
    remove_cohort(phantom_store, "phantom", purge=False)
    assert phantom_store.registry.cited_snapshots() == set()
    assert compact(phantom_store).blobs > 0
    assert list(phantom_store.blobs) == []
    with pytest.raises(HccerError, match="no snapshot"):
        Reader(phantom_store.home, old)


def test_removing_a_cohort_keeps_the_past_until_it_is_purged(phantom_store: Store, tmp_path: Path):
    root = tmp_path / "other"
    write_phantom(root, 1, seed=9)
    register(phantom_store, PHANTOM_FILE, root, id="other")
    small_study(phantom_store, "other", name="also")
    run_pipeline(phantom_store, "other")
    kept = phantom_store.rows("from lake.extraction where cohort_id = 'other' order by all")
    old = phantom_store.snapshot()
    unname(phantom_store)
    remove_cohort(phantom_store, "phantom", purge=False)
    assert Reader(phantom_store.home).query("from patient").shape[0] == 1
    assert Reader(phantom_store.home, old).query("from patient").shape[0] == 5
    remove_cohort(phantom_store, "phantom", purge=True)
    assert files_naming(phantom_store.home, "PH_004") == []
    with pytest.raises(HccerError, match="no snapshot"):
        Reader(phantom_store.home, old)
    after = phantom_store.rows("from lake.extraction order by all")
    assert after.equals(kept)
    register(phantom_store, PHANTOM_FILE, root, id="phantom")
    small_study(phantom_store, "phantom")
    assert run_pipeline(phantom_store, "phantom", "again")["extraction"].computed == 4
    unname(phantom_store)
    remove_cohort(phantom_store, "phantom", purge=True)
    assert phantom_store.blobs.get(kept["image_sha256"][0])


def test_compact_drops_what_nothing_cites_and_keeps_what_is(phantom_store: Store):
    orphan = phantom_store.blobs.put(b"nobody cites this")
    values = phantom_store.rows("from lake.extraction_value order by all")
    cited = phantom_store.registry.cited_snapshots()
    files = len(list(phantom_store.home.data.rglob("*.parquet")))
    removal = compact(phantom_store)
    assert removal.snapshots > 0
    assert removal.blobs == 1
    assert not phantom_store.blobs.path(orphan).exists()
    assert len(list(phantom_store.home.data.rglob("*.parquet"))) <= files
    assert phantom_store.rows("from lake.extraction_value order by all").equals(values)
    for snapshot in cited - {0}:
        assert Reader(phantom_store.home, snapshot).query("from patient").shape[0] in (0, 4)
    assert compact(phantom_store).snapshots == 0


def test_nothing_is_taken_out_while_a_run_is_going_on(phantom_store: Store):
    with phantom_store.activity():
        for action in (lambda: compact(phantom_store),
                       lambda: remove_cohort(phantom_store, "phantom", purge=True),
                       lambda: remove_patient(phantom_store, "phantom", SECRET)):  # fmt: skip
            with pytest.raises(HccerError, match="a run is going on"):
                action()
    assert phantom_store.rows("select count(*) as n from lake.patient").item() == 4
