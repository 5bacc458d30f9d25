"""Two writing runs and readers at the same time; commands beside a run; a worker that is killed."""

import re
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

import pytest

from hccer.parallel import map_tasks
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.phantom import write_phantom
from tests.support import PHANTOM_FILE, hccer_command, register, small_study
from tests.system.processes import (
    PATIENCE_S,
    TORN,
    assert_sound,
    files,
    started,
    wait_until,
    workers,
)

PROGRESS = re.compile(r"[\w ]+ of \w+: \d+/\d+, \d+ s")
COHORTS = ("north", "south")
FEATURES = 107
COUNT = "select count(*) as n, coalesce(sum(feature_count), 0) as m from extraction"


def asking(root: Path, cohorts: tuple[str, ...], patients: int, studies: int = 1) -> Store:
    """A store of phantom cohorts with different voxels, asked for the original image."""
    store = Store.open()
    for seed, cohort_id in enumerate(cohorts):
        write_phantom(root / cohort_id, patients, seed)
        register(store, PHANTOM_FILE, root / cohort_id, id=cohort_id)
    for number in range(studies):
        small_study(store, *cohorts, name=f"s{number}", setting={"binWidth": 20 + number})
    return store


def read_until(home: Home, stop: Path) -> tuple[int, int, list]:
    """Read in a loop, by an old session and by new ones.

    Returns:
        How many reads there were, the most extractions seen, and every inconsistency seen.
    """
    old, reads, most, wrong = Reader(home), 0, 0, []
    while not stop.exists():
        for reader in (old, Reader(home)):
            wrong += reader.query(TORN).rows()
            seen, promised = reader.query(COUNT).row(0)
            held = reader.query("select count(*) as n from extraction_value").item()
            if seen < most or held < promised:
                wrong.append((seen, most, held, promised))
            most, reads = seen, reads + 1
    return reads, most, wrong


def ask_until(stop: threading.Event, outputs: list[str]) -> None:
    """`hccer sql` in a loop."""
    while not stop.is_set():
        done = hccer_command("sql", COUNT)
        outputs.append(done.stdout + done.stderr)


def assert_only_progress(log: Path) -> None:
    lines = log.read_text().splitlines()
    assert [line for line in lines if not PROGRESS.fullmatch(line.strip())] == []


@pytest.mark.long
def test_two_runs_and_two_readers_at_the_same_time(home: Home, tmp_path: Path):
    store = asking(tmp_path, COHORTS, patients=2, studies=4)
    stop, done, outputs = tmp_path / "stop", threading.Event(), []
    asker = threading.Thread(target=ask_until, args=(done, outputs))
    with ProcessPoolExecutor(1, get_context("spawn")) as pool, ExitStack() as stack:
        reading = pool.submit(read_until, home, stop)
        asker.start()
        try:
            runs = [
                stack.enter_context(started(tmp_path / f"{each}.txt", "run", "--cohort", each))
                for each in COHORTS
            ]
            codes = [run.wait(PATIENCE_S * 2) for run in runs]
        finally:
            stop.touch()
            done.set()
            asker.join()
        reads, most, wrong = reading.result()
    for each in COHORTS:
        assert_only_progress(tmp_path / f"{each}.txt")
    assert codes == [0, 0]
    print(f"{reads} reads, {len(outputs)} times `hccer sql`")
    assert wrong == []
    assert reads > 5
    assert most <= 2 * 6 * 4
    counted = [tuple(map(int, text.splitlines()[1].split(","))) for text in outputs]
    assert len(counted) > 1
    assert all(values == FEATURES * extractions for extractions, values in counted)
    assert counted == sorted(counted)
    assert_sound(store)
    per_cohort = store.rows(
        "select cohort_id, count(*) as n from lake.extraction group by all order by all"
    )
    assert per_cohort.rows() == [("north", 24), ("south", 24)]
    assert len(store.rows("from lake.extraction_value")) == 48 * FEATURES
    assert store.rows("from lake.rejected").is_empty()


def test_first_commands_at_the_same_time_make_each_partition_once(home: Home, tmp_path: Path):
    asking(tmp_path, COHORTS, patients=1)
    command = [sys.executable, "-m", "dagster_project", "sync"]
    first = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    errors = [each.communicate(timeout=PATIENCE_S)[1] for each in first]
    assert [each.returncode for each in first] == [0, 0, 0], errors
    assert errors == ["", "", ""]


@pytest.mark.long
def test_commands_beside_a_run_and_a_killed_worker(home: Home, tmp_path: Path):
    store = asking(tmp_path, ("phantom",), patients=4, studies=8)
    with started(tmp_path / "run.txt", "run", "--cohort", "phantom") as run:
        wait_until(lambda: files(store, "segmentation") > 0 and bool(workers(run)), "workers")
        wait_until(lambda: files(store, "extraction") > 0, "a commit begins")
        workers(run)[0].kill()
        assert hccer_command("sql", "select 1 as one").stdout == "one\n1\n"
        for command in (["compact"], ["patient", "remove", "phantom", "PH_001"]):
            refused = hccer_command(*command, check=1)
            assert run.poll() is None, "the run ended too early for this test"
            assert refused.stdout == ""
            assert refused.stderr == (
                f"hccer: a run is going on in {home.path}: wait for its end, then try again\n"
            )
        assert run.wait(PATIENCE_S * 2) == 0, (tmp_path / "run.txt").read_text()
    assert_only_progress(tmp_path / "run.txt")
    assert_sound(store)
    assert len(store.rows("from lake.extraction")) == 96
    assert store.rows("from lake.rejected").is_empty()
    hccer_command("compact")
    assert_sound(store)


DEADLY = """
import os, signal, time
from hccer.parallel import map_tasks

def work(task):
    if task in {deadly}:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return task * task

if __name__ == "__main__":
    for task, result in sorted(map_tasks(work, {tasks}, "work")):
        print(task, result)
"""


@pytest.mark.parametrize(
    ("tasks", "deadly"), [([7], {7}), (list(range(40)), {0, 17, 39})], ids=["alone", "among 40"]
)
def test_a_task_that_kills_its_worker_is_the_only_one_lost(
    tmp_path: Path, tasks: list[int], deadly: set[int]
):
    script = tmp_path / "script.py"
    script.write_text(DEADLY.format(tasks=tasks, deadly=deadly))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = [f"{task} {None if task in deadly else task * task}" for task in tasks]
    assert done.stdout.splitlines() == expected


def test_nothing_to_do_starts_no_worker():
    assert list(map_tasks(len, [], "nothing")) == []
