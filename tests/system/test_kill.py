"""Runs killed in the middle of the extraction: what was committed stays, the rest is made once."""

import os
import random
import signal
import sqlite3
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from storage.compaction import compact
from storage.home import Home
from storage.store import Store
from tests.phantom import write_phantom
from tests.support import PHANTOM_FILE, hccer_command, register, run_pipeline, small_study
from tests.system.processes import (
    alive,
    assert_sound,
    content,
    files,
    kill_group,
    started,
    wait_until,
    workers,
)

PATIENTS = 4
DELINEATIONS = 12
# commits of this run to wait for, and whether to kill while the next one writes its files
MOMENTS = ((1, False), (0, True), (1, True), (0, False), (2, False))


def asking(home: Home, root: Path, studies: int) -> Store:
    """A store whose cohort is asked for many quick extractions: one settings per study."""
    store = Store.open(home)
    register(store, PHANTOM_FILE, root)
    for number in range(studies):
        setting = {"binWidth": 10 + number, "resampledPixelSpacing": None}
        small_study(store, "phantom", name=f"width-{number}", setting=setting,
                    featureClass=["firstorder"])  # fmt: skip
    return store


def extracted(store: Store) -> int:
    return store.rows("select count(*) as n from lake.extraction").item()


def kill_once(store: Store, log: Path, number: int, rng: random.Random) -> None:
    """Start a run; kill it, or all of its group, a random while after a moment has come."""
    commits, writing = MOMENTS[number % len(MOMENTS)]
    before, there = extracted(store), files(store, "extraction")
    with started(log, "run", "--cohort", "phantom") as run:
        wait_until(lambda: files(store, "segmentation") > 0 and bool(workers(run)), "workers")
        wait_until(lambda: extracted(store) >= before + 32 * commits, "commits")
        if writing:
            wait_until(lambda: files(store, "extraction") > there + commits, "a commit begins")
        with suppress(subprocess.TimeoutExpired):
            run.wait(rng.uniform(0, 0.2 if writing else 0.7))
        assert run.poll() is None, f"it ended before it was killed: {log.read_text()}"
        left = workers(run)
        if number % 2:
            kill_group(run)
        else:
            os.kill(run.pid, signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
        # without their run the workers end by themselves
        wait_until(lambda: not any(map(alive, left)), "the workers of a killed run end")


def cited(store: Store) -> set[str]:
    masks = "select image_sha256 from lake.image union select mask_sha256 from lake.segmentation"
    return set(store.rows(masks).to_series())


def assert_sound_on_disk(store: Store) -> None:
    """The catalog is intact, and lists exactly the files that are there once compacted."""
    with sqlite3.connect(store.home.catalog) as catalog:
        assert catalog.execute("pragma integrity_check").fetchall() == [("ok",)]
    catalog.close()
    half_written = store.blobs.folder / "00" / ".part-left"
    half_written.parent.mkdir(exist_ok=True)
    half_written.write_bytes(b"as a kill leaves it")
    compact(store)
    assert set(store.blobs) == cited(store)
    listed = store.rows("select path from __ducklake_metadata_lake.ducklake_data_file")
    there = [path.name for path in store.home.data.rglob("*") if path.is_file()]
    assert sorted(there) == sorted(Path(path).name for path in listed["path"])
    assert len(list(store.home.blobs.rglob("*.*"))) == len(cited(store))


def check_kills(home: Home, tmp_path: Path, kills: int, studies: int, seed: int) -> None:
    root = tmp_path / "files"
    write_phantom(root, PATIENTS)
    store, rng, progress = asking(home, root, studies), random.Random(seed), []
    for number in range(kills):
        kill_once(store, tmp_path / f"killed-{number}.txt", number, rng)
        assert_sound(store)
        progress.append(extracted(store))
    print("extractions after each kill:", progress)
    assert progress == sorted(progress)
    assert len(set(progress)) > kills // 2
    assert progress[-1] < DELINEATIONS * studies
    hccer_command("run", "--cohort", "phantom")
    assert_sound(store)
    assert extracted(store) == DELINEATIONS * studies
    check_same(store, Home(tmp_path / "undisturbed"), root, studies)


def check_same(store: Store, other: Home, root: Path, studies: int) -> None:
    """The rows are those of a run that nothing disturbed, also after a compaction."""
    undisturbed = asking(other, root, studies)
    run_pipeline(undisturbed, "phantom")
    expected = content(undisturbed)
    for name, rows in content(store).items():
        assert_frame_equal(rows, expected[name], check_exact=True)
    assert_sound_on_disk(store)
    for name, rows in content(store).items():
        assert_frame_equal(rows, expected[name], check_exact=True)


@pytest.mark.long
def test_a_kill_loses_nothing(home: Home, tmp_path: Path):
    check_kills(home, tmp_path, kills=1, studies=8, seed=1)


@pytest.mark.long
def test_three_kills_lose_nothing(home: Home, tmp_path: Path):
    check_kills(home, tmp_path, kills=3, studies=32, seed=3)


@pytest.mark.long
def test_ten_kills_lose_nothing(home: Home, tmp_path: Path):
    check_kills(home, tmp_path, kills=10, studies=120, seed=10)
