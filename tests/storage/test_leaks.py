"""The search for identities finds every one that was planted, and nothing else."""

import gzip
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl
import pytest

from schemas.registry import Cohort
from storage.identity import Identity
from storage.leaks import Leak, leaks, search
from storage.store import Store
from tests.system.test_postgres import postgres_home, server  # noqa: F401

COHORT = "centre_a"
SECRET = "KH-00471199"
NAME, BORN = "Meyerhold^Annegret", "19500131"


def remembered(store: Store, patient: str = SECRET) -> str:
    """A patient with name and birth date; returns the pseudonym."""
    identity = Identity(store.home)
    pseudonym = identity.pseudonym(COHORT, patient)
    for kind, value in (("patient_id", patient), ("patient_name", NAME), ("birth_date", BORN)):
        identity.remember(COHORT, kind, {value: pseudonym})
    return pseudonym


def put_patients(store: Store, *patients: str) -> None:
    """Rows written into the lake as they are."""
    for patient in patients:
        store.session.execute(
            "insert into lake.rejected (cohort_id, patient_id, asset, reason, run_id) "
            "values ('c', ?, 'image', 'torn', 'r')", [patient],
        )  # fmt: skip


def places(store: Store) -> set[str]:
    return {leak.where for leak in leaks(store)}


def database(file: Path, *cells: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as con, con:
        con.execute("create table if not exists event (body text)")
        con.executemany("insert into event values (?)", [(cell,) for cell in cells])


def test_a_finished_store_names_nobody(phantom_store: Store):
    identity, pairs = Identity(phantom_store.home), {}
    for number in range(500):
        patient = f"{number + 471100:08d}"
        pairs[patient] = identity.pseudonym(COHORT, patient)
    identity.remember(COHORT, "patient_id", pairs)
    names = [(f"Familie{token}^Annegret", token) for token in pairs.values()]
    identity.remember(COHORT, "patient_name", names)
    found = search(phantom_store)
    assert found.leaks == () and found.skipped == () and found.short == 0


def test_nothing_is_looked_for_where_nobody_is_known(store: Store):
    started = time.perf_counter()
    assert leaks(store) == []
    assert time.perf_counter() - started < 0.05


def test_a_row_that_was_deleted_is_found_in_the_old_snapshot(store: Store):
    pseudonym = remembered(store)
    put_patients(store, SECRET)
    store.session.execute("delete from lake.rejected")
    assert store.rows("from lake.rejected").is_empty()
    assert Leak("rejected.patient_id", "patient_id", pseudonym) in leaks(store)


def test_the_statistics_of_the_catalog_are_searched(store: Store):
    remembered(store)
    put_patients(store, SECRET)
    for file in store.home.data.rglob("*.parquet"):
        file.unlink()
    assert "lake/catalog.sqlite" in {leak.where.removesuffix("-wal") for leak in leaks(store)}


def test_the_registry_is_searched(store: Store):
    pseudonym = remembered(store)
    store.registry.put(Cohort(cohort_id="c", title="of Annegret Meyerhold", synthetic=False,
                              root="/data", file_json='{"phases": ["AP"]}'))  # fmt: skip
    found = leaks(store)
    assert {leak.where.removesuffix("-wal") for leak in found} == {"registry.sqlite"}
    assert {(leak.kind, leak.pseudonym) for leak in found} == {("patient_name", pseudonym)}


def test_every_file_of_dagster_is_searched(store: Store):
    remembered(store)
    log = store.home.dagster / "storage" / "run" / "compute_logs" / "step.err"
    log.parent.mkdir(parents=True)
    log.write_text(f"cannot read {SECRET}.nii")
    database(store.home.dagster / "history" / "runs.db", '{"born": "31.01.1950"}')
    assert places(store) == {"dagster/storage/run/compute_logs/step.err", "dagster/history/runs.db"}


def test_free_pages_of_a_database_are_searched(store: Store):
    remembered(store)
    file = store.home.dagster / "freed.db"
    database(file, SECRET)
    with closing(sqlite3.connect(file)) as con, con:
        con.execute("pragma secure_delete = off")
        con.execute("delete from event")
    assert places(store) == {"dagster/freed.db"}


def test_a_value_that_is_cut_by_the_end_of_a_page_is_found(store: Store):
    file = store.home.dagster / "long.db"
    numbers = [f"KH-{number:08d}" for number in range(1000)]
    database(file, " ".join([*numbers, "end"]))
    content = file.read_bytes()
    cut = [each for each in numbers if each.encode() not in content]
    assert cut
    remembered(store, cut[0])
    assert places(store) == {"dagster/long.db"}


def test_a_search_leaves_the_locks_of_this_process_on_databases(store: Store):
    """A process that closes a file loses its locks: others would take the database for unused."""
    file = store.home.dagster / "runs.db"
    file.parent.mkdir(parents=True, exist_ok=True)
    other = "import sqlite3; c = sqlite3.connect({!r}); c.execute('select * from t'); c.close()"
    with closing(sqlite3.connect(file)) as held:
        held.execute("pragma journal_mode = wal")
        held.execute("create table t (x)")
        held.commit()
        assert held.execute("select * from t").fetchall() == []
        assert search(store, {NAME: "somebody"}).leaks == ()
        subprocess.run([sys.executable, "-c", other.format(str(file))], check=True)
        # the last connection to close would have taken it away
        assert file.with_name("runs.db-wal").exists()


def test_reports_are_searched_by_content_and_by_name(store: Store):
    pseudonym = remembered(store)
    store.home.reports.mkdir()
    (store.home.reports / f"curve {SECRET.lower()}.svg").write_text("<svg/>")
    with zipfile.ZipFile(store.home.reports / "table.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("sheet.xml", f"<c>{SECRET}</c>" * 50)
    (store.home.reports / "log.gz").write_bytes(gzip.compress(SECRET.encode()))
    found = {f"reports/curve {pseudonym}.svg", "reports/table.xlsx", "reports/log.gz"}
    assert places(store) == found


def test_headers_of_blobs_are_searched(store: Store):
    remembered(store)
    clean = store.blobs.put(bytes(352) + SECRET.encode())  # voxels may look like anything
    named = store.blobs.put(bytes(148) + b"Meyerhold, Annegret".ljust(204, b"\0") + bytes(9))
    assert places(store) == {f"blobs/{named[:2]}/{named}.nii.gz"}
    assert clean != named


@pytest.mark.parametrize("text, kind", [
    (f"{SECRET}_AP.nii", "patient_id"), (SECRET.lower(), "patient_id"), (f"{SECRET}7", None),
    ("MEYERHOLD", "patient_name"), ("a meyerhold b", None), ("Meyerholds", None),
    ("annegret_meyerhold", "patient_name"), ("born 1950-01-31.", "birth_date"),
    ("a19500131f", None), ("'19500131'", "birth_date"), ("31/01/1950", "birth_date"),
])  # fmt: skip
def test_what_counts_as_named(store: Store, text: str, kind: str | None):
    remembered(store)
    put_patients(store, text)
    found = [leak for leak in leaks(store) if leak.where == "rejected.patient_id"]
    assert [leak.kind for leak in found] == ([kind] if kind else [])


def test_a_name_beyond_ascii_is_found_as_json_writes_it(store: Store):
    Identity(store.home).remember(COHORT, "patient_name", {"Müllner^Jörg": "P1"})
    store.home.reports.mkdir()
    texts = {"a.json": '{"n": "M\\u00fcllner"}', "b.html": "JÖRG MÜLLNER", "c.txt": "Muller"}
    for name, text in texts.items():
        (store.home.reports / name).write_text(text, encoding="utf-8")
    assert places(store) == {"reports/a.json", "reports/b.html"}


def test_short_ids_are_looked_for_as_cells_words_and_parts_of_paths(store: Store):
    put_patients(store, "7", "sub/12.nii", "44 files, of 12", "of x9, y", "0x9", "12345")
    given = {"7": "PA", "12": "PB", "44": "PC", "x9": "PD", "1234": "PE", "12345": "PF"}
    found = search(store, given)
    assert [leak.pseudonym for leak in found.leaks] == ["PA", "PB", "PD", "PF"]
    assert {leak.where for leak in found.leaks} == {"rejected.patient_id"}
    assert found.short == len(given)


def test_words_of_the_store_itself_are_skipped(phantom_store: Store):
    given = {"AP": "PA", "phantom": "PB", "segmentation": "PC", "voxel_count": "PD", "small": "PE",
             "Range": "PF", "reader_1": "PG"}  # fmt: skip
    found = search(phantom_store, {**given, "PH_001": "PH", "1": "PI"})
    assert found.skipped == tuple(given.values())
    assert {leak.pseudonym for leak in found.leaks if leak.where.endswith("_id")} == {"PH"}


def test_what_was_found_is_told_without_a_name(store: Store):
    pseudonym = remembered(store)
    put_patients(store, f"{SECRET} {NAME} {BORN}")
    found = search(store)
    assert {leak.kind for leak in found.leaks} == {"patient_id", "patient_name", "birth_date"}
    told = f"{found!r} {found} {found.leaks[0]!r} {found.leaks[0]}"
    assert pseudonym in told
    assert not [each for each in (SECRET, "Meyerhold", "Annegret", BORN) if each in told]


def test_five_hundred_patients_in_two_hundred_files_take_a_moment(store: Store):
    identity = Identity(store.home)
    ids = [f"HOSP{number:06d}" for number in range(500)]
    pairs = {each: identity.pseudonym(COHORT, each) for each in ids}
    identity.remember(COHORT, "patient_id", pairs)
    identity.remember(COHORT, "patient_name", [(f"Family{p}^Given", p) for p in pairs.values()])
    identity.remember(COHORT, "birth_date", [("19500131", p) for p in pairs.values()])
    folder = store.home.data / "main" / "image"
    folder.mkdir(parents=True)
    for number in range(200):
        cells = [f"{number:032x}{row:032x}" for row in range(500)]
        frame = pl.DataFrame({"patient_id": [*pairs.values()], "image_sha256": cells})
        frame.write_parquet(folder / f"{number}.parquet")
    started = time.perf_counter()
    assert leaks(store) == []
    assert time.perf_counter() - started < 2
    pl.DataFrame({"source": [ids[7]]}).write_parquet(folder / "one.parquet")
    assert leaks(store) == [Leak("image.source", "patient_id", pairs[ids[7]])]


def test_all_types_of_columns_are_passed_over_but_text(store: Store):
    folder = store.home.data / "main" / "odd"
    folder.mkdir(parents=True)
    duckdb.sql(f"copy (select 1 as a) to '{folder}/1.parquet'")
    duckdb.sql(f"copy (select null::varchar as b, 47110815 as a) to '{folder}/2.parquet'")
    assert leaks(store, {"47110815": "PA"}) == []


@pytest.mark.needs("postgres")
def test_tables_in_postgres_are_searched(postgres_home):  # noqa: F811
    store = Store.open(postgres_home)
    remembered(store)
    put_patients(store, SECRET)
    store.registry.put(Cohort(cohort_id="c", title="of Annegret Meyerhold", synthetic=False,
                              root="/data", file_json='{"phases": ["AP"]}'))  # fmt: skip
    found = places(store)
    assert {"rejected.patient_id", "registry.cohort"} < found
    assert any(where.startswith("catalog.ducklake_") for where in found)
