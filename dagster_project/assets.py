"""One asset per table of the cohort and feature groups, partitioned by cohort."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.checks import check_results, check_specs
from dagster_project.metadata import content, declared, observed
from dagster_project.partitions import COHORT
from dagster_project.resources import StoreResource
from hccer.pipeline import STEPS, Context, materialise
from schemas.table import Table
from schemas.tables import EXTRACTION, FEATURE_VALUE, TABLES

TOGETHER = {"extraction": (EXTRACTION, FEATURE_VALUE)}


def _spec(table: Table, version: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        table.name,
        deps=table.deps,
        description=table.description,
        group_name=table.group,
        code_version=version,
        metadata=declared(table),
        kinds={"duckdb", "parquet"},
        partitions_def=COHORT,
    )


def _asset(name: str) -> dg.AssetsDefinition:
    tables = TOGETHER.get(name, (TABLES[name],))

    @dg.multi_asset(
        name=name,
        specs=[_spec(table, STEPS[name].version) for table in tables],
        check_specs=[spec for table in tables for spec in check_specs(table)],
    )
    def made(
        context: dg.AssetExecutionContext, store: StoreResource
    ) -> Iterator[dg.MaterializeResult]:
        cohort_id = context.partition_key
        outcome = materialise(Context(store.store, cohort_id, context.run_id), name)
        for table in tables:
            rows, version = content(store.store, table, cohort_id)
            yield dg.MaterializeResult(
                asset_key=table.name,
                metadata=observed(store.store, table, cohort_id, outcome, rows),
                check_results=list(check_results(store.store, table, cohort_id)),
                data_version=dg.DataVersion(version),
            )

    return made


ASSETS = [_asset(name) for name in STEPS]
