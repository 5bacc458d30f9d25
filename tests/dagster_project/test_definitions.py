"""What Dagster loads: every asset, its declaration and its checks."""

import dagster as dg
import pytest

from dagster_project.definitions import defs
from dagster_project.jobs import COHORT_JOB
from dagster_project.partitions import COHORT
from hccer.pipeline import STEPS
from schemas.tables import TABLES
from tests.dagster_project.processes import tool

GROUPS = {
    "cohort": {"source_file", "patient", "outcome", "image", "acquisition", "segmentation",
               "rejected"},
    "feature": {"settings", "feature_definition", "extraction", "feature_value"},
}  # fmt: skip
ASSETS = sorted(set().union(*GROUPS.values()))
CHECKS = {
    "extraction": {"feature_contract", "bins_per_roi"},
    "segmentation": {"geometry", "one_reference"},
    "feature_value": {"orphan_values", "finite_values"},
    "rejected": {"accounted"},
}
WARNING = {"bins_per_roi", "finite_values"}
GRAPH = defs.resolve_asset_graph()


def node(name: str):
    return GRAPH.get(dg.AssetKey(name))


def test_the_assets_and_their_groups():
    found: dict[str, set[str]] = {}
    for key in GRAPH.get_all_asset_keys():
        found.setdefault(GRAPH.get(key).group_name, set()).add(key.to_user_string())
    assert found == GROUPS


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
    assert node(name).partitions_def == COHORT
    assert node(name).kinds == {"duckdb", "parquet"}
    # a view is brought up to date by the step that fills what it shows
    step = "extraction" if table.is_view else name
    assert node(name).code_version == STEPS[step].version


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
        assert upstream == list(column.sources)
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


def test_the_job_of_a_cohort_makes_every_cohort_and_feature_asset():
    job = defs.resolve_job_def(COHORT_JOB.name)
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == set(ASSETS)
    assert job.partitions_def == COHORT
