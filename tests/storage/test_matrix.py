"""The wide matrix in polars, and what many small commits leave behind."""

import pytest

from hccer.pipeline import rows as writing
from schemas.errors import HccerError
from storage.home import Home
from storage.matrix import feature_matrix
from storage.reading import Reader
from storage.store import Store
from tests.support import PHANTOM_FILE, register, run_pipeline, small_study


def test_the_matrix_holds_the_values_of_the_view(finished_home):
    reader = Reader(Home(finished_home))
    matrix = feature_matrix(reader, "phantom", "AP")
    assert matrix.shape == (4, 1 + 107)
    long = reader.query(
        "select patient_id, feature_name, value from feature_value "
        "where phase = 'AP' and is_reference"
    )
    for patient_id, name, value in long.iter_rows():
        assert matrix.filter(patient_id=patient_id)[name].item() == value


def test_the_matrix_says_what_is_missing(phantom_store: Store):
    with pytest.raises(HccerError, match="no features of cohort 'phantom', phase 'DP'"):
        feature_matrix(Reader(phantom_store.home), "phantom", "DP")
    small_study(phantom_store, "phantom", name="wide", setting={"binWidth": 50})
    run_pipeline(phantom_store, "phantom", "wide")
    with pytest.raises(HccerError, match=r"has features under .*: name one"):
        feature_matrix(Reader(phantom_store.home), "phantom", "AP")
    phantom_store.session.execute(
        "delete from lake.extraction_value where feature_name = 'original_glcm_Idn' and "
        "extraction_id = (select min(extraction_id) from lake.extraction where phase = 'AP' "
        "and reader_id = 'reader_1')"
    )
    (settings,) = phantom_store.rows(
        "select settings_id from lake.extraction where phase = 'AP' and reader_id = 'reader_1' "
        "order by extraction_id limit 1"
    )["settings_id"]
    with pytest.raises(HccerError, match="do not hold the same features"):
        feature_matrix(Reader(phantom_store.home), "phantom", "AP", settings)


def test_small_commits_are_merged_and_the_past_stays_readable(
    store: Store, phantom_root, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writing, "UNITS_PER_COMMIT", 1)
    register(store, PHANTOM_FILE, phantom_root)
    small_study(store, "phantom")
    run_pipeline(store, "phantom")
    files = store.rows(
        "select file_count as n from ducklake_table_info('lake') "
        "where table_name = 'extraction_value'"
    )
    assert files.item() == 1
    history = Reader(store.home).query("select snapshot_id, message from snapshot order by 1")
    chunks = history.filter(history["message"].str.starts_with("extraction of phantom: 1 computed"))
    assert len(chunks) == 12
    half = chunks["snapshot_id"][5]
    count = "select count(*) as n from extraction_value"
    assert Reader(store.home, half).query(count).item() == 6 * 107
    assert Reader(store.home).query(count).item() == 12 * 107
