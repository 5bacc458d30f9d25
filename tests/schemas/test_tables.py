"""Declarations: complete, consistent, and what the lake really has."""

import pytest

from schemas.clinical import ClinicalRow
from schemas.table import Table
from schemas.tables import PATIENT, TABLES
from storage.ddl import STORED
from storage.home import Home
from storage.store import Store


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_declaration_is_complete(table: Table):
    names = table.column_names
    assert len(set(names)) == len(names)
    assert set(table.key) <= set(names)
    assert set(table.unit) <= set(names)
    assert all(column.description for column in table.columns)
    assert all(name in TABLES for name in table.deps)
    for column in table.columns:
        for source in column.sources:
            upstream, name = source.split(".")
            assert name in TABLES[upstream].column_names, source


def test_every_clinical_variable_is_a_column_with_its_range():
    assert set(ClinicalRow.model_fields) <= set(PATIENT.column_names)
    age = PATIENT.column("age_years")
    assert (age.unit, age.minimum, age.maximum, age.type) == ("years", 0, 120, "DOUBLE")
    assert PATIENT.column("sex").allowed == ("female", "male")
    assert PATIENT.column("cirrhosis").type == "BOOLEAN"


@pytest.fixture(scope="module")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """An empty store; only to be read."""
    return Store.open(Home(tmp_path_factory.mktemp("new") / "home"))


@pytest.mark.parametrize("table", STORED, ids=lambda table: table.name)
def test_the_lake_has_what_is_declared(new_store: Store, table: Table):
    rows = new_store.rows(
        "select column_name, data_type, is_nullable from duckdb_columns() "
        "where database_name = 'lake' and table_name = ? order by column_index",
        [table.name],
    )
    declared = [(column.name, column.type, column.nullable) for column in table.columns]
    assert rows.rows() == declared


def test_a_new_column_is_added_to_an_old_lake(store: Store, home):
    store.session.execute("alter table lake.acquisition drop column flip_angle_deg")
    store.session.close()
    again = Store.open(home)
    assert again.rows("select flip_angle_deg from lake.acquisition").is_empty()
