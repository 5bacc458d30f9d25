"""Real processes of the command: started, watched, killed; and what a sound store looks like."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl
import psutil

import sql
from storage.ddl import STORED
from storage.store import Store

HCCER = str(Path(sys.executable).parent / "hccer")
PATIENCE_S = 120.0


@contextmanager
def started(log: Path, *arguments: str) -> Iterator[subprocess.Popen]:
    """`hccer ARGUMENTS` in a process group of its own, its standard error in `log`.

    Whatever is left of the group in the end is killed.
    """
    with log.open("w") as errors:
        process = subprocess.Popen(
            [HCCER, *arguments], stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
        )
    try:
        yield process
    finally:
        kill_group(process)
        process.wait(PATIENCE_S)
        _clear_shared_memory(process.pid)


def _clear_shared_memory(pid: int) -> None:
    """Take out what a killed pool leaves: nobody of its group is there to do it."""
    for path in Path("/dev/shm").glob(f"*_{pid}_*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in Path("/dev/shm").glob(f"sem.loky-{pid}-*"):
        path.unlink(missing_ok=True)


def kill_group(process: subprocess.Popen) -> None:
    """SIGKILL a process and all of its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def workers(process: subprocess.Popen) -> list[psutil.Process]:
    """Worker processes of a run."""
    with suppress(psutil.Error):
        children = psutil.Process(process.pid).children(recursive=True)
        return [each for each in children if _is_worker(each)]
    return []


def _is_worker(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any("LokyProcess" in word for word in process.cmdline())
    return False


def alive(process: psutil.Process) -> bool:
    """Whether a process is there, and not only waiting to be collected."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait for a condition; fails with `what` when it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.02)


def files(store: Store, table: str) -> int:
    """Data files of a table, committed or about to be."""
    return len(list((store.home.data / "main" / table).glob("*.parquet")))


def content(store: Store) -> dict[str, pl.DataFrame]:
    """The rows of every stored table, without what differs between two identical runs."""
    return {
        table.name: store.rows(
            f"select {', '.join(table.content_columns)} from lake.{table.name} order by all"
        )
        for table in STORED
    }


def assert_sound(store: Store) -> None:
    """No key twice, no check of `sql/checks` broken, no value without its extraction."""
    for table in STORED:
        key = ", ".join(table.key)
        twice = store.rows(f"select {key} from lake.{table.name} group by all having count(*) > 1")
        assert twice.is_empty(), (table.name, twice)
    for check in sql.load("checks").values():
        if check.fields["severity"] == "error":
            broken = store.rows(check.text)
            assert broken.is_empty(), (check.name, broken)
    assert store.rows(TORN).is_empty()


# extractions that do not hold exactly the values they were committed with
TORN = """
select e.extraction_id, e.feature_count, v.n
from lake.extraction as e
full join (select extraction_id, count(*) as n from lake.extraction_value group by all) as v
    using (extraction_id)
where v.n is distinct from e.feature_count
"""
