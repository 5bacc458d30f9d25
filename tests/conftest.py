"""Fixtures: groups of tests that need something, phantom cohorts, stores, the command."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from storage.home import Home
from storage.store import Store
from tests.phantom import write_phantom
from tests.support import (
    GROUPS,
    PHANTOM_FILE,
    SHARED,
    missing_group,
    register,
    run_pipeline,
    small_study,
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip groups that this machine cannot run; fail them where HCCER_REQUIRE names them."""
    required = set(os.environ.get("HCCER_REQUIRE", "").split())
    unknown = required - set(GROUPS)
    if unknown:
        raise pytest.UsageError(f"HCCER_REQUIRE names no group of tests: {unknown}")
    for item in items:
        for mark in item.iter_markers("needs"):
            reason = missing_group(mark.args[0])
            if reason and mark.args[0] not in required:
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A required group whose prerequisite is missing is a failure, not a skip."""
    for mark in item.iter_markers("needs"):
        reason = missing_group(mark.args[0])
        if reason:
            pytest.fail(f"required, but {reason}", pytrace=False)


def _hide_cuda(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("CUDA_VISIBLE_DEVICES", "")  # of workers, and of torch imported later
    if "torch" in sys.modules:
        patch.setattr("torch.cuda.is_available", lambda: False)


@pytest.fixture(scope="session", autouse=True)
def without_cuda() -> Iterator[pytest.MonkeyPatch]:
    """Networks are computed on processors, where bits repeat, whatever machine this is."""
    with pytest.MonkeyPatch.context() as patch:
        _hide_cuda(patch)
        yield patch


@pytest.fixture(autouse=True)
def cuda_where_needed(
    request: pytest.FixtureRequest, without_cuda: pytest.MonkeyPatch
) -> Iterator[None]:
    """But for the tests of CUDA itself."""
    if not any(mark.args[0] == "cuda" for mark in request.node.iter_markers("needs")):
        yield
        return
    without_cuda.undo()
    yield
    _hide_cuda(without_cuda)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, named by HCCER_HOME."""
    for name in ("HCCER_CATALOG", "HCCER_REGISTRY", "HCCER_DASK", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HCCER_HOME", str(tmp_path / "home"))
    return Home.from_environment()


@pytest.fixture
def store(home: Home) -> Store:
    """An empty store."""
    return Store.open(home)


@pytest.fixture(scope="session")
def phantom_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of a phantom cohort of 4 patients; copy them before changing any."""
    root = tmp_path_factory.mktemp("phantom")
    write_phantom(root, 4)
    return root


@pytest.fixture
def own_phantom(phantom_root: Path, tmp_path: Path) -> Path:
    """A copy of the phantom files that a test may change."""
    return Path(shutil.copytree(phantom_root, tmp_path / "phantom"))


@pytest.fixture(scope="session")
def finished_home(phantom_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of a store with the phantom cohort finished; only to be read."""
    path = tmp_path_factory.mktemp("done") / "home"
    store = Store.open(Home(path))
    register(store, PHANTOM_FILE, phantom_root)
    small_study(store, "phantom")
    run_pipeline(store, "phantom")
    store.session.close()
    store.registry.engine.dispose()
    return path


@pytest.fixture
def phantom_store(finished_home: Path, home: Home) -> Store:
    """A copy of a store with the phantom cohort finished (107 features per delineation)."""
    shutil.copytree(finished_home, home.path)
    return Store.open(home)


@pytest.fixture(scope="session")
def complete_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Home:
    """Home of the complete study `hcc` with its report, made once for all workers; to be read."""
    from tests.hccer.complete_study import complete_home

    root = tmp_path_factory.getbasetemp()
    folder = (root if worker_id == "master" else root.parent) / "complete"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            complete_home(folder)
            (folder / "done").touch()
    return Home(folder / "home")


@pytest.fixture(scope="session")
def sts_root() -> Path:
    """Real images; use with @pytest.mark.needs("sts")."""
    return SHARED / "data" / "sts"
