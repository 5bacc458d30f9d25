"""What Dagster loads: every asset, its declaration and its checks."""

import dagster as dg
import pytest

# without a public name
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext

from dagster_project.assets import STEPS
from dagster_project.definitions import defs
from dagster_project.instance import opened
from dagster_project.jobs import COHORT_JOB, STUDY_JOB
from dagster_project.partitions import PARTITIONS
from schemas.tables import TABLES
from storage.store import Store
from tests.dagster_project.processes import tool

GROUPS = {
    "cohort": {"source_file", "exclusion", "reading", "patient", "outcome", "image", "acquisition",
               "segmentation", "perturbation", "image_quality", "rejected"},
    "imaging": {"registration", "crop"},
    "feature": {"settings", "feature_definition", "extraction", "feature_value"},
}  # fmt: skip
# brought up to date by the step of another table
SHOWN = {table.name: name for name, step in STEPS.items() for table in step.shows}
CHECKS = {
    "image": {"voxels_twice"},
    "segmentation": {"geometry", "one_reference", "several_nodules"},
    "image_quality": {"phase_order", "flipped_mask", "mask_at_border"},
    "registration": {"registration_fit"},
    "crop": {"crop_shape", "crop_slices"},
    "extraction": {"feature_contract", "bins_per_roi"},
    "feature_value": {"orphan_values", "finite_values"},
    "rejected": {"accounted", "no_identity"},
    "perturbation": {"perturbed_reference"},
    "network_patient": {"network_patients_known"},
    "prediction": {"unseen_prediction"},
    "embedding": {"unseen_embedding"},
    "report": {"no_identity"},
}
WARNING = {
    "bins_per_roi", "finite_values", "flipped_mask", "mask_at_border", "phase_order",
    "registration_fit", "several_nodules", "voxels_twice",
}  # fmt: skip
GRAPH = defs.resolve_asset_graph()
ASSETS = sorted(key.to_user_string() for key in GRAPH.get_all_asset_keys())


def node(name: str):
    return GRAPH.get(dg.AssetKey(name))


def test_the_assets_and_their_groups():
    found: dict[str, set[str]] = {}
    for key in GRAPH.get_all_asset_keys():
        found.setdefault(GRAPH.get(key).group_name, set()).add(key.to_user_string())
    assert {group: found[group] for group in GROUPS} == GROUPS
    for name in ASSETS:
        of_cohort = any(name in names for names in GROUPS.values())
        assert TABLES[name].partition == ("cohort" if of_cohort else "study")


def test_what_computes_networks_is_in_the_pool_of_the_gpu():
    pools = {name for each in ASSETS for name in node(each).pools or () if name}
    assert pools == {"gpu"}
    names = {SHOWN.get(each, each) for each in ASSETS if node(each).pools}
    assert names == {"network", "model_fit", "prediction", "embedding", "attribution"}


def test_one_run_at_a_time_has_the_gpu_and_a_dead_one_keeps_no_slot(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DAGSTER_HOME", str(store.home.dagster))
    with opened(store) as instance:
        chosen = instance.get_concurrency_config().pool_config
        assert chosen.default_pool_limit == 1
        assert chosen.pool_granularity.value == "run"
        for _ in range(2):  # the first one ends without giving anything back
            run = instance.create_run_for_job(defs.resolve_job_def(STUDY_JOB.name))
            with InstanceConcurrencyContext(instance, run) as slots:
                assert slots.claim("gpu", "network")


def test_the_definitions_validate_as_a_code_location(tmp_path):
    (tmp_path / "dagster").mkdir()
    done = tool(tmp_path, "dagster", "definitions", "validate", "-m", "dagster_project.definitions")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All code locations passed validation" in done.stdout + done.stderr


@pytest.mark.parametrize("name", ASSETS)
def test_an_asset_is_what_its_table_declares(name: str):
    table = TABLES[name]
    assert node(name).description == table.description
    assert {key.to_user_string() for key in node(name).parent_keys} == set(table.deps)
    assert node(name).partitions_def == PARTITIONS[table.partition]
    assert node(name).kinds == {"duckdb", "parquet"}
    assert node(name).code_version == STEPS[SHOWN.get(name, name)].version


@pytest.mark.parametrize("name", ASSETS)
def test_the_column_schema_is_the_declaration(name: str):
    shown = node(name).metadata["dagster/column_schema"].columns
    assert [(each.name, each.type) for each in shown] == [
        (column.name, column.type) for column in TABLES[name].columns
    ]
    for each, column in zip(shown, TABLES[name].columns, strict=True):
        assert each.constraints.nullable == column.nullable
        assert each.description.startswith(column.description)
        assert column.unit is None or f"[{column.unit}]" in each.description


@pytest.mark.parametrize("name", ASSETS)
def test_sources_stand_in_schema_table_and_lineage(name: str):
    metadata = node(name).metadata
    texts = {each.name: each.description for each in metadata["dagster/column_schema"].columns}
    lineage = metadata["dagster/column_lineage"].deps_by_column
    for column in TABLES[name].columns:
        upstream = [
            f"{dep.asset_key.to_user_string()}.{dep.column_name}"
            for dep in lineage.get(column.name, [])
        ]
        assert sorted(upstream) == sorted(column.sources)
        for source in column.sources:
            assert source in texts[column.name]
            assert source in metadata["column_sources"].value


@pytest.mark.parametrize("name", ASSETS)
def test_every_source_is_a_column_of_an_asset(name: str):
    for column in TABLES[name].columns:
        for source in column.sources:
            table, of_table = source.split(".")
            assert table in ASSETS
            assert of_table in TABLES[table].column_names


@pytest.mark.parametrize("name", ASSETS)
def test_the_checks_of_an_asset(name: str):
    keys = {key.name: key for key in GRAPH.get_check_keys_for_assets({dg.AssetKey(name)})}
    implied = set() if TABLES[name].is_view else {"primary_key", "not_null"}
    assert set(keys) == implied | CHECKS.get(name, set())
    for check, key in keys.items():
        spec = GRAPH.get_check_spec(key)
        assert spec.description
        assert spec.blocking == (check not in WARNING)


@pytest.mark.parametrize("job, partition", [(COHORT_JOB, "cohort"), (STUDY_JOB, "study")])
def test_a_job_makes_every_asset_of_its_partition(job, partition: str):
    resolved = defs.resolve_job_def(job.name)
    made = {key.to_user_string() for key in resolved.asset_layer.executable_asset_keys}
    assert made == {name for name in ASSETS if TABLES[name].partition == partition}
    assert resolved.partitions_def == PARTITIONS[partition]
