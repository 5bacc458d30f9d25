"""Catalog and registry in PostgreSQL: the same commands, the same rows, the same sandbox."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest
from polars.testing import assert_frame_equal

from schemas.errors import HccerError
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.phantom import write_phantom
from tests.support import (
    PHANTOM_FILE,
    POSTGRES_PROGRAMS,
    hccer_command,
    hccer_here,
    register,
    run_pipeline,
    small_study,
)
from tests.system.processes import PATIENCE_S, assert_sound, content, started

pytestmark = pytest.mark.needs("postgres")
USER = "hccer"


def _program(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; as root by its own user, since it refuses root."""
    file = sorted(POSTGRES_PROGRAMS.glob(f"*/bin/{name}"))[-1]
    other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*other, str(file), *arguments], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, cwd="/", timeout=60,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a fresh PostgreSQL server, without a database name."""
    # not below pytest's own folder, which the server's user cannot enter
    folder = Path(tempfile.mkdtemp(prefix="hccer-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data, port = str(folder / "data"), _free_port()
    try:
        _program("initdb", "-D", data, "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        _program("pg_ctl", "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")
        try:
            yield f"postgresql://{USER}@127.0.0.1:{port}"
        finally:
            _program("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres_home(server: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """An empty home with its catalog and registry in two fresh databases."""
    for name in ("catalog", "registry"):
        _execute(f"{server}/postgres", f"create database {name}")
        monkeypatch.setenv(f"HCCER_{name.upper()}", f"{server}/{name}")
    yield Home.from_environment()
    for name in ("catalog", "registry"):
        _execute(f"{server}/postgres", f"drop database {name} with (force)")


def _execute(address: str, statement: str) -> list[tuple]:
    with closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


REFUSED = (
    "select * from read_text('/etc/passwd')",
    "select * from postgres_query('registry_source', 'select 1')",
    "select * from postgres_scan('{registry}', 'public', 'cohort')",
    "call postgres_execute('registry_source', 'drop table cohort')",
    "attach '{registry}' as again (type postgres)",
    "delete from registry.cohort",
    "delete from registry_source.public.cohort",
    "delete from lake.patient",
    "copy (select 1 as x) to '{folder}/x.csv'",
    "select * from '{folder}/x.csv'",
)


@pytest.mark.long
def test_a_cohort_from_addition_to_purge(postgres_home: Home, tmp_path: Path):
    root, other = tmp_path / "files", Home(tmp_path / "sqlite")
    write_phantom(root, 2)
    hccer_command("cohort", "add", str(PHANTOM_FILE), "--root", str(root))
    store = Store.open(postgres_home)
    small_study(store, "phantom")
    hccer_command("run", "--cohort", "phantom")
    assert not postgres_home.catalog.exists()
    assert not postgres_home.registry.exists()

    embedded = Store.open(other)
    register(embedded, PHANTOM_FILE, root)
    small_study(embedded, "phantom")
    run_pipeline(embedded, "phantom")
    expected = content(embedded)
    assert len(expected["extraction"]) == 6
    for name, rows in content(store).items():
        assert_frame_equal(rows, expected[name], check_exact=True)
    assert_sound(store)

    asked = hccer_here(
        "sql", "select count(*) as n, count(distinct r.run_id) as runs "
        "from extraction join run as r using (run_id)"
    )  # fmt: skip
    assert asked.stdout == "n,runs\n6,1\n"

    before = store.snapshot()
    run_pipeline(store, "phantom", "again")
    assert store.snapshot() == before
    first = Reader(postgres_home).query(
        "select min(snapshot_id) as n from snapshot where message like 'extraction of %computed%'"
    )
    then = Reader(postgres_home, first.item() - 1).query("select count(*) as n from extraction")
    assert then.item() == 0

    store.registry.remove(store.registry.study("small"))
    hccer_command("cohort", "remove", "phantom", "--purge")
    assert all(rows.is_empty() for rows in content(store).values())
    assert list(store.blobs) == []
    assert list(postgres_home.data.rglob("*.parquet")) == []
    for table in ("cohort", "run", "lineage_edge"):
        assert _execute(postgres_home.registry_url, f"select * from {table}") == []


def test_the_sandbox_refuses(postgres_home: Home, tmp_path: Path):
    store = Store.open(postgres_home)
    write_phantom(tmp_path / "files", 1)
    register(store, PHANTOM_FILE, tmp_path / "files")
    (tmp_path / "x.csv").write_text("x\n1\n")
    reader = Reader(postgres_home)
    for statement in REFUSED:
        text = statement.format(registry=postgres_home.registry_url, folder=tmp_path)
        with pytest.raises(HccerError):
            reader.query(text)
        assert reader.query("select cohort_id from cohort").rows() == [("phantom",)], statement
    assert (tmp_path / "x.csv").read_text() == "x\n1\n"
    refused = hccer_here("sql", REFUSED[1], check=1)
    assert refused.stdout == ""
    assert refused.stderr.startswith("hccer: the function postgres_query is refused")


@pytest.mark.long
def test_two_writers_at_the_same_time(postgres_home: Home, tmp_path: Path):
    store, cohorts = Store.open(postgres_home), ("north", "south")
    for seed, cohort_id in enumerate(cohorts):
        write_phantom(tmp_path / cohort_id, 2, seed)
        register(store, PHANTOM_FILE, tmp_path / cohort_id, id=cohort_id)
    small_study(store, *cohorts)
    with ExitStack() as stack:
        runs = [
            stack.enter_context(started(tmp_path / f"{each}.txt", "run", "--cohort", each))
            for each in cohorts
        ]
        codes = [run.wait(PATIENCE_S * 2) for run in runs]
    assert codes == [0, 0], [(tmp_path / f"{each}.txt").read_text() for each in cohorts]
    per_cohort = store.rows(
        "select cohort_id, count(*) as n from lake.extraction group by all order by all"
    )
    assert per_cohort.rows() == [("north", 6), ("south", 6)]
    assert_sound(store)


def test_an_address_that_does_not_answer_is_one_sentence(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    Store.open(home).session.close()
    for name in ("HCCER_CATALOG", "HCCER_REGISTRY"):
        monkeypatch.setenv(name, f"postgresql://{USER}:hidden@127.0.0.1:{_free_port()}/none")
        for command in (["sql", "select 1"], ["compact"]):
            failed = hccer_here(*command, check=1)
            assert re.match("hccer: the (lake|registry).* does not open: ", failed.stderr)
            assert "hidden" not in failed.stderr
        monkeypatch.delenv(name)
