"""One asset per table, partitioned by cohort or by study."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.checks import check_results, check_specs
from dagster_project.metadata import content, declared, observed, pictured
from dagster_project.partitions import PARTITIONS
from dagster_project.resources import StoreResource
from hccer import pipeline, study
from schemas.table import Table
from schemas.tables import TABLES
from storage.lineage import Outcome
from storage.store import Store

STEPS = {**pipeline.STEPS, **study.STEPS}
# what computes networks waits for the GPU, see CONFIGURATION in `instance`
POOLS = dict.fromkeys(("network", "model_fit", "prediction", "embedding", "attribution"), "gpu")


def _spec(table: Table, version: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        table.name,
        deps=[_dep(table, TABLES[name]) for name in table.deps],
        description=table.description,
        group_name=table.group,
        code_version=version,
        metadata=declared(table),
        kinds={"duckdb", "parquet"},
        partitions_def=PARTITIONS[table.partition],
    )


def _dep(table: Table, upstream: Table) -> dg.AssetDep:
    # between the two sets Dagster would map equal names onto each other
    every = dg.AllPartitionMapping() if table.partition != upstream.partition else None
    return dg.AssetDep(upstream.name, partition_mapping=every)


def _materialise(store: Store, table: Table, partition: str, run_id: str, name: str) -> Outcome:
    if table.partition == "study":
        return study.materialise(study.StudyContext(store, partition, run_id), name)
    return pipeline.materialise(pipeline.Context(store, partition, run_id), name)


def _asset(name: str) -> dg.AssetsDefinition:
    tables = (TABLES[name], *STEPS[name].shows)

    @dg.multi_asset(
        name=name,
        specs=[_spec(table, STEPS[name].version) for table in tables],
        check_specs=[spec for table in tables for spec in check_specs(table)],
        pool=POOLS.get(name),
    )
    def made(
        context: dg.AssetExecutionContext, store: StoreResource
    ) -> Iterator[dg.MaterializeResult]:
        key = context.partition_key
        outcome = _materialise(store.store, tables[0], key, context.run_id, name)
        for table in tables:
            rows, version = content(store.store, table, key)
            yield dg.MaterializeResult(
                asset_key=table.name,
                metadata=observed(store.store, table, key, outcome, rows)
                | pictured(store.store, table, key),
                check_results=list(check_results(store.store, table, key)),
                data_version=dg.DataVersion(version),
            )

    return made


ASSETS = [_asset(name) for name in STEPS]
