"""SQL for users: what is allowed, what is refused, time travel, named queries."""

from pathlib import Path

import pytest

import sql
from hccer.pipeline import Context, materialise
from schemas.errors import HccerError
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.support import PHANTOM_FILE, register

REFUSED = [
    "copy (select 1) to '{folder}/x.csv'",
    "copy patient to '{folder}/x.parquet'",
    "attach '{folder}/other.db'",
    "detach lake",
    "select * from read_text('/etc/passwd')",
    "from read_csv('/etc/passwd')",
    "from '/etc/passwd'",
    "select * from '{registry}'",
    "from read_blob('{registry}')",
    "from glob('/etc/*')",
    "from sqlite_scan('{registry}', 'cohort')",
    "select * from (select * from sqlite_scan('{registry}', 'cohort'))",
    "with x as (from sqlite_scan('{registry}', 'cohort')) from x",
    "select (select count(*) from system.main.sqlite_scan('{registry}', 'cohort'))",
    "from query('from read_text(''/etc/passwd'')')",
    "from sqlite_query('registry_source', 'select 1')",
    "from postgres_scan('host=127.0.0.1', 'a', 'b')",
    "from read_parquet('https://127.0.0.1/x.parquet')",
    "pragma database_list",
    "pragma version",
    "set threads = 1",
    "set enable_external_access = true",
    "reset all",
    "insert into outcome select * from outcome",
    "update lake.outcome set value = 1",
    "delete from lake.outcome",
    "drop table lake.outcome",
    "create table memory.main.x as select 1",
    "create view memory.main.x as select 1",
    "call ducklake_cleanup_old_files('lake', cleanup_all => true)",
    "from ducklake_cleanup_old_files('lake', cleanup_all => true)",
    "from ducklake_expire_snapshots('lake', older_than => now())",
    "install httpfs",
    "load httpfs",
    "export database '{folder}/all'",
    "select 1; drop table lake.outcome",
    "explain analyze select 1",
    "summarize pivot (from sqlite_scan('{registry}', 'cohort')) on title",
    "begin",
    "",
    "select database_name, path from duckdb_databases",
    "from system.main.duckdb_databases",
    "from main.duckdb_databases",
    'from "DuckDB_Databases"',
    "from pragma_database_list",
    "from duckdb_settings",
    "from pg_catalog.pg_settings",
    "from pg_database",
    "from registry_source.cohort",
    "from REGISTRY_SOURCE.main.cohort",
    "from 'registry_source.cohort'",
    "select 1 where exists (from registry_source.main.cohort)",
    "from registry_source.pg_catalog.pg_user",
    "from registry_source.information_schema.tables",
    "from __ducklake_metadata_lake.ducklake_metadata",
    "from __ducklake_metadata_lake.main.ducklake_metadata",
    "from histogram_values('duckdb_databases', path)",
    "from histogram('registry_source.main.cohort', title)",
    "show databases",
    "show all tables",
    "from (show databases)",
    "show tables from registry_source",
    "describe __ducklake_metadata_lake.ducklake_table",
    "describe select * from registry_source.cohort",
    "summarize registry_source.cohort",
    "summarize duckdb_databases",
    "from feature_matrix('nope')",
    "from lineage_back('nope', 'PH_001', 'AP')",
    "select interval 1 month",
    "select [interval 1 month]",
    "select union_value(a:=1)",
    "select row(1, 2)",
    "select " + "+".join(["1"] * 900),
]
ALLOWED = [
    "select count(*) from patient",
    "from patient",
    "with x as (select 1 as a) select a from x",
    "values (1), (2)",
    "describe patient",
    "show tables",
    "summarize patient",
    "select unnest(range(3))",
    "from generate_series(3)",
    "from ducklake_snapshots('lake')",
    "from feature_matrix('phantom')",
    "from lineage_back('phantom', 'PH_001', 'AP')",
    "from lake.patient",
    "from lake.main.patient",
    "from registry.cohort",
    "from registry.main.cohort",
    "from cohort",
    "from memory.main.feature_value limit 1",
    "describe registry.cohort",
    "show tables from lake",
    "from information_schema.tables",
    "from duckdb_tables",
    "select " + "+".join(["1"] * 100),
    "select 'a'::blob",
    "select 'infinity'::date",
    "select (interval 1 month)::varchar",
]


@pytest.fixture(scope="module")
def reader(finished_home: Path) -> Reader:
    return Reader(Home(finished_home))


@pytest.mark.parametrize("text", REFUSED)
def test_refused(reader: Reader, text: str, tmp_path):
    before = set(tmp_path.rglob("*"))
    filled = text.format(folder=tmp_path, registry=reader.home.registry)
    with pytest.raises(HccerError) as refusal:
        reader.query(filled)
    assert "\n" not in str(refusal.value)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("text", ALLOWED)
def test_allowed(reader: Reader, text: str):
    assert len(reader.query(text)) >= 1


def test_the_session_itself_is_locked(reader: Reader):
    """Were a statement to slip through the parser, DuckDB would still refuse it."""
    for text in ("copy (select 1) to '/tmp/x.csv'", "from read_text('/etc/passwd')",
                 "set enable_external_access = true", "delete from lake.outcome"):  # fmt: skip
        with pytest.raises(Exception, match=r"disabled|locked|read-only|read only"):
            reader.session.execute(text)


# the study of this store was registered and not run
OF_A_STUDY = {
    "attribution_summary", "best_algorithm", "calibration", "comparators", "deep_performance",
    "delineation_summary", "field_strength", "model_performance", "network_summary",
    "permuted_auc", "pipeline_worth", "selected_features", "training_curves",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(sql.load("queries")))
def test_every_named_query_runs(reader: Reader, name: str):
    values = {"cohort": "phantom", "phase": "AP", "feature": "original_firstorder_Mean",
              "study": "small"}  # fmt: skip
    wanted = sql.load("queries")[name].fields.get("parameters", "").replace(",", " ").split()
    rows = reader.named(name, {each: values[each] for each in wanted})
    empty = {"rejection_reasons", "duplicate_images", "useless_features", "registration_quality"}
    empty |= OF_A_STUDY
    assert rows.is_empty() == (name in empty)


@pytest.mark.parametrize("kind", ["queries", "macros", "views", "checks"])
def test_every_sql_file_says_what_it_is(kind: str):
    files = sql.load(kind)
    assert files
    assert all(file.description and file.text for file in files.values())


def test_a_query_names_its_parameters(reader: Reader):
    with pytest.raises(HccerError, match="-p cohort"):
        reader.named("tumour_volumes", {})
    with pytest.raises(HccerError, match="no cohort 'nowhere'; registered: phantom"):
        reader.named("tumour_volumes", {"cohort": "nowhere"})


def test_wrong_sql_is_one_sentence(reader: Reader):
    with pytest.raises(HccerError, match='"nothing" not found') as error:
        reader.query("select nothing from patient")
    assert "\n" not in str(error.value)


def test_feature_matrix_has_one_column_per_feature(reader: Reader):
    matrix = reader.query("from feature_matrix('phantom')")
    assert matrix.shape == (8, 3 + 107)
    values = reader.query(
        "select value from feature_value where patient_id = 'PH_002' and phase = 'PVP' "
        "and feature_name = 'original_glcm_Contrast' and is_reference"
    ).item()
    row = next(
        row
        for row in matrix.iter_rows(named=True)
        if (row["patient_id"], row["phase"]) == ("PH_002", "PVP")
    )
    assert row["original_glcm_Contrast"] == values


def test_a_cohort_that_is_not_there_is_named_by_the_macros(reader: Reader):
    with pytest.raises(HccerError, match=r"^there is no cohort 'nope'"):
        reader.query("select count(*) from feature_matrix('nope')")
    with pytest.raises(HccerError, match=r"^there is no cohort 'nope'"):
        reader.query("select 1 from lineage_back($name, 'PH_001', 'AP')", {"name": "nope"})


def test_an_error_holds_no_password(reader: Reader):
    with pytest.raises(HccerError, match=r"u:\*\*\*@") as error:
        reader.query("select error('postgresql://u:secret@host/db')")
    assert "secret" not in str(error.value)


def test_rows_depend_on_the_clinical_file_and_on_a_header(own_phantom: Path, store: Store):
    sidecar = own_phantom / "PH_001" / "AP.json"
    sidecar.write_text('{"Manufacturer": "M"}')
    register(store, PHANTOM_FILE, own_phantom)
    for step in ("source_file", "patient", "outcome", "image", "acquisition"):
        materialise(Context(store, "phantom", "test"), step)
    reader = Reader(store.home)
    text = "select asset, count(*) from lineage_forward($file) group by all order by all"
    clinical = reader.query(text, {"file": "clinical.csv"}).rows()
    assert clinical == [("outcome", 4), ("patient", 4)]
    header = reader.query(text, {"file": "PH_001/AP.json"}).rows()
    assert header == [("acquisition", 1)]


def test_an_image_or_mask_that_came_since_is_not_what_values_were_made_from(phantom_store: Store):
    for table, column in (("image", "image_sha256"), ("segmentation", "mask_sha256")):
        phantom_store.session.execute(
            f"update lake.{table} set {column} = 'other' where patient_id = 'PH_001'"
        )
    rows = Reader(phantom_store.home).query("from lineage order by patient_id")
    sources = ["image_source", "image_file_sha256", "mask_source", "mask_file_sha256"]
    stale = rows.filter(patient_id="PH_001").select(sources)
    assert len(stale) == stale.null_count().sum_horizontal().item() / len(sources) > 0
    others = rows.filter(patient_id="PH_002").select(sources)
    assert len(others) and others.null_count().sum_horizontal().item() == 0


def test_an_older_snapshot_shows_the_older_rows(phantom_store: Store):
    before = phantom_store.snapshot()
    phantom_store.session.execute("delete from lake.outcome where patient_id = 'PH_001'")
    count = "select count(*) as n from outcome"
    assert Reader(phantom_store.home).query(count).item() == 3
    assert Reader(phantom_store.home, before).query(count).item() == 4
    with pytest.raises(HccerError, match="no snapshot 9999"):
        Reader(phantom_store.home, 9999)


def test_no_store_and_an_empty_store_are_said_so(home: Home):
    with pytest.raises(HccerError, match="there is no store in"):
        Reader(home)
    Store.open(home)
    with pytest.raises(HccerError, match=r"the store in .* is empty"):
        Reader(home).check_not_empty()
