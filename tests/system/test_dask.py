"""Work over patients on a Dask cluster, by its address alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import HccerError
from storage.store import Store
from tests.support import PHANTOM_FILE, register, run_pipeline, small_study

CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1",
                           dashboard_address=None)
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
    cluster.close()
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """Address of a scheduler with one worker process on this machine."""
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    with subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as process:  # fmt: skip
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(30)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_cluster_makes_the_same_rows(
    store: Store, phantom_root: Path, finished_home: Path, cluster: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    from storage.home import Home

    monkeypatch.setenv("HCCER_DASK", cluster)
    register(store, PHANTOM_FILE, phantom_root)
    small_study(store, "phantom")
    run_pipeline(store, "phantom")
    values = "from lake.extraction_value order by all"
    assert store.rows(values).equals(Store.open(Home(finished_home)).rows(values))


def test_a_cluster_that_is_not_there_is_one_sentence(
    store: Store, phantom_root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HCCER_DASK", "tcp://127.0.0.1:9")
    register(store, PHANTOM_FILE, phantom_root)
    with pytest.raises(HccerError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        run_pipeline(store, "phantom")
