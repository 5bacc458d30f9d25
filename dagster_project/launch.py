"""Run assets from the shell in this process, recorded in the store's Dagster instance."""

import sys
import time

import dagster as dg
from rich.console import Console
from rich.table import Table

from dagster_project.definitions import defs
from dagster_project.instance import opened, process_tags
from dagster_project.jobs import COHORT_JOB, STUDY_JOB
from dagster_project.resources import shared_store
from schemas.errors import HccerError
from schemas.study_file import StudyFile
from storage.home import Home
from storage.registry import Registry

ROWS = "dagster/partition_row_count"
COUNTS = (ROWS, "computed", "reused", "rejected", "removed")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_partitions(cohort_ids: list[str], study_ids: list[str], selection: str) -> int:
    """Materialise the selected assets: of each cohort in a run, then of each study in one.

    Args:
        cohort_ids: cohorts to run.
        study_ids: studies to run, after their cohorts; with neither, every cohort and study.
        selection: Dagster's asset selection syntax, `*` for all.

    Returns:
        0, or 1 when an asset of a cohort or study failed.

    Raises:
        HccerError: a cohort or study is not registered, or the selection names no asset.
    """
    store = shared_store(Home.from_environment())
    cohorts, studies = _chosen(store.registry, cohort_ids, study_ids)
    keys = _selected(selection)
    with store.activity(), opened(store) as instance:
        done = [_run(instance, COHORT_JOB.name, each, keys) for each in cohorts]
        done += [_run(instance, STUDY_JOB.name, each, keys) for each in studies]
    return 0 if all(done) else 1


def _chosen(
    registry: Registry, cohort_ids: list[str], study_ids: list[str]
) -> tuple[list[str], list[str]]:
    cohorts = [registry.cohort(each).cohort_id for each in cohort_ids]
    studies = [registry.study(each).study_id for each in study_ids]
    if not cohort_ids and not study_ids:
        cohorts = [row.cohort_id for row in registry.cohorts()]
        studies = [row.study_id for row in registry.studies()]
    for each in studies:
        cohorts += StudyFile.model_validate_json(registry.study(each).file_json).cohorts
    if not cohorts:
        raise HccerError("there is no cohort to run: `hccer cohort add FILE` first")
    return list(dict.fromkeys(cohorts)), studies


def _selected(selection: str) -> list[dg.AssetKey] | None:
    if selection == "*":
        return None
    try:
        chosen = dg.AssetSelection.from_string(selection).required_multi_asset_neighbors()
        keys = chosen.resolve(defs.resolve_asset_graph())
    except (dg.DagsterError, ValueError):
        keys = set()
    if not keys:
        raise HccerError(f"the selection {selection!r} names no asset: see `hccer tables`")
    return sorted(keys)


def _run(
    instance: dg.DagsterInstance, job: str, partition: str, keys: list[dg.AssetKey] | None
) -> bool:
    started = time.perf_counter()
    definition = defs.resolve_job_def(job)
    if keys is not None:
        there = definition.asset_layer.executable_asset_keys
        keys = [key for key in keys if key in there]
        if not keys:
            return True
    result = definition.execute_in_process(
        instance=instance,
        partition_key=partition,
        asset_selection=keys,
        run_config=QUIET,
        tags=process_tags(),
        raise_on_error=False,
    )
    if _interrupted(result):
        raise KeyboardInterrupt
    _show(result, partition, time.perf_counter() - started)
    _warn(result)
    return result.success


def _interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether a step was stopped by a signal, which Dagster turns into a failure."""
    stopped = dg.DagsterExecutionInterruptedError.__name__
    return any(stopped in _cause(event)
               for event in result.filter_events(lambda event: event.is_step_failure))  # fmt: skip


def _show(result: dg.ExecuteInProcessResult, partition: str, seconds: float) -> None:
    table = Table(title=f"{partition}: {seconds:.1f} s", title_justify="left")
    table.add_column("table")
    for name in COUNTS:
        table.add_column("rows" if name == ROWS else name, justify="right")
    for event in result.get_asset_materialization_events():
        metadata = event.materialization.metadata
        counts = [str(metadata[name].value) for name in COUNTS]
        table.add_row(event.asset_key.to_user_string(), *counts)
    Console().print(table)


def _warn(result: dg.ExecuteInProcessResult) -> None:
    for event in result.filter_events(lambda event: event.is_step_failure):
        print(f"hccer: {event.step_key}: {_cause(event)}", file=sys.stderr)
    for check in result.get_asset_check_evaluations():
        if not check.passed:
            count = check.metadata["offending_rows"].value
            name = f"{check.asset_key.to_user_string()}.{check.check_name}"
            level = check.severity.value.lower()
            print(f"{level}: {name}: {check.description} ({count} rows)", file=sys.stderr)


def _cause(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip().removeprefix("schemas.errors.HccerError: ") if error else "failed"
