"""Ctrl-C, as a terminal sends it to all processes of a command: one sentence, and no more work."""

import os
import signal
import time
from pathlib import Path

from hccer.doctor import examine
from storage.home import Home
from storage.store import Store
from tests.support import PHANTOM_FILE, register, small_study
from tests.system.processes import PATIENCE_S, files, started, wait_until, workers

ENDLESS = (
    "select count(*) from range(1000000000) a, range(1000000000) b where a.range + b.range = 3"
)


def test_an_interrupted_run_says_so_and_begins_nothing_more(
    home: Home, phantom_root: Path, tmp_path: Path
):
    store = Store.open(home)
    register(store, PHANTOM_FILE, phantom_root)
    small_study(store, "phantom")
    log = tmp_path / "log"
    with started(log, "run", "--study", "small") as run:
        wait_until(lambda: files(store, "segmentation") > 0 and bool(workers(run)), "workers")
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(PATIENCE_S) == 128 + signal.SIGINT
    said = log.read_text()
    # helpers that Dagster starts for its logs end with tracebacks of their own before it
    assert said.endswith("hccer: interrupted; the same command goes on where this one was\n")
    assert "study small" not in said
    assert all(finding.good for finding in examine(home))


def test_an_interrupted_query_ends_at_once(phantom_store: Store, tmp_path: Path):
    log = tmp_path / "log"
    with started(log, "sql", ENDLESS) as query:
        time.sleep(6)  # it has begun, and would not end
        assert query.poll() is None, log.read_text()
        os.killpg(query.pid, signal.SIGINT)
        assert query.wait(PATIENCE_S) == -signal.SIGINT
    assert "Traceback" not in log.read_text()
