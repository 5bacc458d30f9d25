"""Taking things out: nothing of a purged cohort or patient can be read again, from any byte."""

import gzip
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hccer.pipeline.rows import frame
from schemas.errors import HccerError
from schemas.tables import REJECTED, TABLES
from storage import compaction
from storage.compaction import cited_snapshots, compact, vacuum
from storage.connection import SPILL
from storage.home import Home
from storage.lineage import Outcome, record
from storage.reading import Reader
from storage.retention import remove_cohort, remove_patient
from storage.store import Change, Store
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


def test_refusals_of_others_that_name_a_patient_go_too(phantom_store: Store):
    """Their own rows of `rejected` stay, and those of a patient whose name only begins alike."""
    other = {"cohort_id": "phantom", "asset": "segmentation", "run_id": "test"}
    rows = [
        {**other, "patient_id": "PH_001", "phase": "AP", "source": "PH_001/AP.nii.gz",
         "reason": f"the same voxels stand under {SECRET}, AP: neither is used until settled"},
        {**other, "source": f"{SECRET}/notes.dcm", "reason": "no DICOM"},
        {**other, "patient_id": "PH_001", "source": "PH_001/b", "reason": f"as in {SECRET}5"},
    ]  # fmt: skip
    phantom_store.commit([Change(REJECTED, insert=frame(REJECTED, rows))], "refused")
    remove_patient(phantom_store, "phantom", SECRET)
    left = phantom_store.rows("select reason from lake.rejected where run_id = 'test'")["reason"]
    assert left.to_list() == [f"as in {SECRET}5"]


def test_a_file_that_another_program_reads_is_not_said_to_be_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(compaction, "PATIENCE_S", 0.1)
    file = tmp_path / "x.sqlite"
    with closing(sqlite3.connect(file)) as writer, closing(sqlite3.connect(file)) as reader:
        writer.execute("pragma journal_mode = wal")
        writer.execute("create table t (name)")
        writer.execute("insert into t values (?)", [SECRET])
        writer.commit()
        reader.execute("begin")
        reader.execute("select * from t").fetchall()
        writer.execute("delete from t")
        writer.commit()
        with pytest.raises(HccerError, match=r"another program reads .*x\.sqlite, which"):
            vacuum(file)
        reader.execute("rollback")
        vacuum(file)
    assert SECRET.encode() not in file.read_bytes()


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


@pytest.mark.long
def test_a_patient_of_a_removed_cohort_is_erased(phantom_store: Store):
    unname(phantom_store)
    remove_cohort(phantom_store, "phantom", purge=False)
    remove_patient(phantom_store, "phantom", SECRET)
    assert files_naming(phantom_store.home, SECRET) == []


@pytest.mark.parametrize("step", ["retention._delete", "compaction._renew_extremes"])
def test_an_erasure_that_was_killed_is_finished_by_the_same_call(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch, step: str
):
    with monkeypatch.context() as patch:
        patch.setattr(f"storage.{step}", killed)
        with pytest.raises(KilledError):
            remove_patient(phantom_store, "phantom", SECRET)
    assert len(phantom_store.registry.withdrawals("phantom")) == 1
    remove_patient(phantom_store, "phantom", SECRET)
    assert files_naming(phantom_store.home, SECRET) == []


@pytest.mark.parametrize("step", [
    "compaction._reduced",
    pytest.param("compaction.vacuum", marks=pytest.mark.long),
    pytest.param("logs", marks=pytest.mark.long),
])  # fmt: skip
def test_a_purge_that_was_killed_is_finished_by_the_same_call(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch, step: str
):
    unname(phantom_store)
    with monkeypatch.context() as patch:
        if step != "logs":
            patch.setattr(f"storage.{step}", killed)
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
    assert cited_snapshots(phantom_store) == set()
    assert compact(phantom_store).blobs > 0
    assert list(phantom_store.blobs) == []
    with pytest.raises(HccerError, match="no snapshot"):
        Reader(phantom_store.home, old)


@pytest.mark.long
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
    cited = cited_snapshots(phantom_store)
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


def test_compact_keeps_what_any_row_of_today_was_made_from(phantom_store: Store):
    """Units are made by several runs; one of them was killed before its edges were recorded."""
    table, made_from = TABLES["image_quality"], []
    for name in ("first", "second", "killed"):
        made_from.append(phantom_store.snapshot())
        rows = [{"cohort_id": "phantom", "patient_id": name, "phase": "AP", "derivation": name,
                 "run_id": name}]  # fmt: skip
        phantom_store.commit([Change(table, insert=frame(table, rows))], "made", name)
        if name != "killed":
            outcome = Outcome(table, 1, 0, 0, 0, phantom_store.snapshot(), "1")
            record(phantom_store, outcome, name, "phantom", made_from[-1])
    assert set(made_from) <= cited_snapshots(phantom_store)
    compact(phantom_store)
    for number in made_from:
        assert len(Reader(phantom_store.home, number).query("from patient")) >= 4


def test_compact_drops_what_killed_sessions_had_put_on_disk(phantom_store: Store):
    theirs = phantom_store.home.lake / f"{SPILL}{2**22 + 1}"  # beyond the largest process id
    ours = Path(
        phantom_store.session.execute(
            "select value from duckdb_settings() where name = 'temp_directory'"
        ).fetchone()[0]
    )
    for folder in (theirs, ours):
        folder.mkdir(exist_ok=True)
        (folder / "duckdb_temp_storage-0.tmp").write_text("rows")
    compact(phantom_store)
    assert ours.is_dir() and ours.parent == theirs.parent and not theirs.exists()


def test_nothing_is_taken_out_while_a_run_is_going_on(phantom_store: Store):
    with phantom_store.activity():
        for action in (lambda: compact(phantom_store),
                       lambda: remove_cohort(phantom_store, "phantom", purge=True),
                       lambda: remove_patient(phantom_store, "phantom", SECRET)):  # fmt: skip
            with pytest.raises(HccerError, match="a run is going on"):
                action()
    assert phantom_store.rows("select count(*) as n from lake.patient").item() == 4
