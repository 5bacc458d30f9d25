"""Dagster's own commands as processes, and what they left in a store."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import polars as pl

from dagster_project.definitions import defs
from storage.home import Home
from storage.store import Store
from tests.support import REPOSITORY

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


def materialisation(home: Path, asset: str) -> dg.AssetMaterialization:
    """The latest materialisation of an asset."""
    with instance_of(home) as instance:
        return instance.get_latest_materialization_event(dg.AssetKey(asset)).asset_materialization


def data_versions(home: Path) -> dict[str, str]:
    """The data version of every asset."""
    keys = defs.resolve_asset_graph().get_all_asset_keys()
    made = {key.to_user_string(): materialisation(home, key.to_user_string()) for key in keys}
    return {name: each.tags["dagster/data_version"] for name, each in made.items()}


def runs(home: Path) -> list[dg.DagsterRun]:
    """Every run of a store, the latest first."""
    with instance_of(home) as instance:
        return list(instance.get_runs())


def rows(home: Path, table: str, columns: list[str]) -> pl.DataFrame:
    """The rows of a table of a store, in a fixed order."""
    store = Store.open(Home(home))
    try:
        return store.rows(f"select {', '.join(columns)} from lake.{table} order by all")
    finally:
        store.session.close()
        store.registry.engine.dispose()
