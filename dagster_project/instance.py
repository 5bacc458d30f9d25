"""The Dagster instance of a store: its folder, its partitions, and what a purge erases of it."""

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import dagster as dg
import psutil

# without a public name
from dagster._core.storage.dagster_run import RunsFilter
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, AssetKeyTable

from dagster_project.flushing import flushed_at_the_end
from dagster_project.partitions import COHORT, STUDY
from storage.compaction import vacuum
from storage.store import Store

PROCESS_TAG = "hccer/process"
CONFIGURATION = """\
# Written once by hccer; edit it for another run launcher or storage.
telemetry:
  enabled: false
nux:  # the invitation to a mailing list that would cover the first page
  enabled: false
concurrency:
  pools:  # of the runs that Dagster queues, one at a time has the GPU; by runs, as a killed one
    default_limit: 1  # leaves no slot taken
    granularity: run
"""


def prepare(store: Store) -> dict[str, str]:
    """Make the store's DAGSTER_HOME and return the environment that names both."""
    store.home.dagster.mkdir(parents=True, exist_ok=True)
    file = store.home.dagster / "dagster.yaml"
    if not file.exists():
        file.write_text(CONFIGURATION)
    os.environ["DAGSTER_HOME"] = str(store.home.dagster)
    os.environ["HCCER_HOME"] = str(store.home.path)
    return dict(os.environ)


@contextmanager
def opened(store: Store) -> Iterator[dg.DagsterInstance]:
    """The store's Dagster instance, its partitions those of the registry, its dead runs ended."""
    prepare(store)
    with ExitStack() as stack:
        stack.enter_context(flushed_at_the_end(store.home.dagster))
        # one process at a time: two would make the same tables and partitions, or undo each other's
        with store.write_lock():
            instance = stack.enter_context(dg.DagsterInstance.get())
            _synchronise(instance, COHORT.name, {row.cohort_id for row in store.registry.cohorts()})
            _synchronise(instance, STUDY.name, {row.study_id for row in store.registry.studies()})
            _end_dead_runs(instance)
        yield instance


def process_tags() -> dict[str, str]:
    """Tags by which a run that was killed is known later."""
    return {PROCESS_TAG: f"{platform.node()}:{os.getpid()}"}


def _end_dead_runs(instance: dg.DagsterInstance) -> None:
    """A killed process cannot say that its run ended: the next one does."""
    begun = RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    for run in instance.get_runs(begun):
        host, _, pid = run.tags.get(PROCESS_TAG, "").partition(":")
        if host == platform.node() and not psutil.pid_exists(int(pid)):
            instance.report_run_failed(run, "The process of this run was killed.")


def _synchronise(instance: dg.DagsterInstance, name: str, wanted: set[str]) -> None:
    there = set(instance.get_dynamic_partitions(name))
    if wanted - there:
        instance.add_dynamic_partitions(name, sorted(wanted - there))
    for key in there - wanted:
        instance.delete_dynamic_partition(name, key)


def forget(instance: dg.DagsterInstance, store: Store, partition_key: str) -> int:
    """Delete every run of a partition with its events, checks, logs and previews; returns how many.

    A run itself goes last: one that was left half deleted is found again.
    """
    runs = instance.get_runs(RunsFilter(tags={"dagster/partition": partition_key}))
    for run in runs:
        _forget_traces(instance, run.run_id)
        _forget_logs(store, run.run_id)
        instance.event_log_storage.delete_events(run.run_id)
        instance.delete_run(run.run_id)
    for file in store.home.dagster.rglob("*.db"):
        vacuum(file)
    return len(runs)


def _forget_traces(instance: dg.DagsterInstance, run_id: str) -> None:
    """Dagster deletes events alone: not check results, nor each asset's newest materialisation."""
    checks = AssetCheckExecutionsTable.c.run_id == run_id
    # by its text: `last_run_id` may be that of a later run that made nothing
    newest = AssetKeyTable.c.last_materialization.contains(run_id)
    with instance.event_log_storage.index_connection() as con:
        con.execute(AssetCheckExecutionsTable.delete().where(checks))
        con.execute(AssetKeyTable.update().where(newest).values(last_materialization=None))


def _forget_logs(store: Store, run_id: str) -> None:
    folder = store.home.dagster / "storage" / run_id
    if folder.exists():
        shutil.rmtree(folder)
