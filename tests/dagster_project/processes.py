"""Dagster's own commands as processes, and what they left in a store."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import dagster as dg
import polars as pl

from dagster_project.definitions import defs
from dagster_project.jobs import COHORT_JOB
from storage.home import Home
from storage.store import Store
from tests.support import REPOSITORY
from tests.system.processes import content

BIN = Path(sys.executable).parent
ELSEWHERE = ("HCCER_CATALOG", "HCCER_REGISTRY", "HCCER_DASK")


def environment(home: Path) -> dict[str, str]:
    """What a user sets before calling Dagster's own commands on a store."""
    own = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    # dg asks for the environment of the project it stands in
    return own | {"HCCER_HOME": str(home), "DAGSTER_HOME": str(home / "dagster"),
                  "VIRTUAL_ENV": str(BIN.parent)}  # fmt: skip


def tool(home: Path, *command: str) -> subprocess.CompletedProcess:
    """Run a command of the environment, such as `dagster` or `dg`, in the repository."""
    return subprocess.run([str(BIN / command[0]), *command[1:]], env=environment(home),
                          cwd=REPOSITORY, capture_output=True, text=True, timeout=120,
                          check=False)  # fmt: skip


def instance_of(home: Path) -> dg.DagsterInstance:
    """The Dagster instance of a store; a context manager."""
    return dg.DagsterInstance.from_config(str(home / "dagster"))


def materialisations(home: Path, assets: Iterable[str]) -> dict[str, dg.AssetMaterialization]:
    """The latest materialisation of each asset."""
    with instance_of(home) as instance:
        found = {name: instance.get_latest_materialization_event(dg.AssetKey(name))
                 for name in assets}  # fmt: skip
    return {name: event.asset_materialization for name, event in found.items()}


def data_versions(home: Path) -> dict[str, str]:
    """The data version of every asset of a cohort."""
    keys = defs.resolve_job_def(COHORT_JOB.name).asset_layer.executable_asset_keys
    made = materialisations(home, [key.to_user_string() for key in keys])
    return {name: each.tags["dagster/data_version"] for name, each in made.items()}


def runs(home: Path) -> list[dg.DagsterRun]:
    """Every run of a store, the latest first."""
    with instance_of(home) as instance:
        return list(instance.get_runs())


def stored_rows(home: Path) -> dict[str, pl.DataFrame]:
    """The rows of every stored table, without what differs between two identical runs."""
    store = Store.open(Home(home))
    try:
        return content(store)
    finally:
        store.session.close()
        store.registry.engine.dispose()
