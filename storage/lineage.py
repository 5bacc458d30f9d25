"""What ran and what was made from what, as rows of the registry."""

import json
import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from schemas.registry import LineageEdge, Run
from schemas.table import Table
from storage.store import Store

PACKAGES = (
    "antspyx dagster duckdb duckdb-extension-ducklake monai numpy polars pyradiomics pywavelets "
    "scikit-learn scipy simpleitk statsmodels torch xgboost"
)


@dataclass(frozen=True)
class Outcome:
    """What a step did to its table.

    Attributes:
        computed: units or rows made anew.
        reused: units or rows that stood already.
        rejected: units or rows that could not be used, whenever that was found.
        removed: units or rows taken out because their source is gone.
        snapshot: state of the lake after the step.
    """

    table: Table
    computed: int
    reused: int
    rejected: int
    removed: int
    snapshot: int
    code_version: str
    settings_ids: tuple[str, ...] = ()


def start_run(store: Store, run_id: str, partition_key: str) -> None:
    """Record that a run makes rows, with the versions it runs on; once per run."""
    store.registry.put_run(
        Run(
            run_id=run_id,
            partition_key=partition_key,
            hccer_version=version("hccer"),
            python_version=platform.python_version(),
            package_versions=_package_versions(),
            platform=platform.platform(),
        )
    )


@cache
def _package_versions() -> str:
    return json.dumps({name: version(name) for name in PACKAGES.split()})


def record(store: Store, outcome: Outcome, run_id: str, partition_key: str, before: int) -> None:
    """Record the inputs of a table as they stood at snapshot `before`."""
    store.registry.put(*(
        LineageEdge(
            run_id=run_id,
            asset=outcome.table.name,
            partition_key=partition_key,
            input=name,
            input_snapshot=before,
            output_snapshot=outcome.snapshot,
            code_version=outcome.code_version,
            settings_id=",".join(outcome.settings_ids) or None,
            computed=outcome.computed,
            reused=outcome.reused,
            rejected=outcome.rejected,
        )
        for name in outcome.table.deps or ("",)  # the roots are made of nothing stored
    ))  # fmt: skip
