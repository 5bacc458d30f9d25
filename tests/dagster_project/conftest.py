"""A store on which the command itself ran the phantom cohort, and its Dagster environment."""

import shutil
from pathlib import Path

import pytest

from storage.home import Home
from storage.store import Store
from tests.dagster_project.processes import environment
from tests.support import PHANTOM_FILE, hccer_command, register, small_study


@pytest.fixture(scope="session")
def registered_home(phantom_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of a store that knows the phantom cohort and its partition, with no row yet.

    Only to be copied.
    """
    path = tmp_path_factory.mktemp("registered") / "home"
    store = Store.open(Home(path))
    register(store, PHANTOM_FILE, phantom_root)
    small_study(store, "phantom")
    store.session.close()
    store.registry.engine.dispose()
    hccer_command("cohort", "add", str(PHANTOM_FILE), "--root", str(phantom_root),
                  env=environment(path))  # fmt: skip
    return path


@pytest.fixture(scope="session")
def run_home(registered_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of a store after `hccer run --cohort phantom`; only to be read or copied."""
    path = Path(shutil.copytree(registered_home, tmp_path_factory.mktemp("run") / "home"))
    hccer_command("run", "--cohort", "phantom", env=environment(path))
    return path
