"""A cohort through every step: first run, second run, and what a change recomputes."""

import polars as pl
from polars.testing import assert_frame_equal

from storage.store import Store
from tests.support import run_pipeline, small_study


def rows(store: Store, table: str) -> pl.DataFrame:
    return store.rows(f"from lake.{table} order by all")


def test_a_phantom_cohort_is_stored_whole(phantom_store: Store):
    counts = {
        table: len(rows(phantom_store, table))
        for table in ("patient", "outcome", "image", "acquisition", "segmentation", "extraction")
    }
    assert counts == {
        "patient": 4, "outcome": 4, "image": 8, "acquisition": 8, "segmentation": 12,
        "extraction": 12,
    }  # fmt: skip
    assert len(rows(phantom_store, "extraction_value")) == 12 * 107
    assert rows(phantom_store, "rejected").is_empty()


def test_a_second_run_computes_nothing_and_commits_nothing(phantom_store: Store):
    before = phantom_store.snapshot()
    outcomes = run_pipeline(phantom_store, "phantom", "again")
    assert {name: each.computed for name, each in outcomes.items() if each.computed} == {}
    assert phantom_store.snapshot() == before


def test_two_bin_widths_stand_side_by_side(phantom_store: Store):
    before = rows(phantom_store, "extraction_value")
    small_study(phantom_store, "phantom", name="wide", setting={"binWidth": 50})
    outcomes = run_pipeline(phantom_store, "phantom", "wide")
    assert outcomes["extraction"].computed == 12
    assert outcomes["image"].computed == outcomes["segmentation"].computed == 0
    after = rows(phantom_store, "extraction_value")
    assert len(after) == 2 * len(before)
    assert_frame_equal(after.join(before, on=after.columns, how="semi"), before)
    bins = phantom_store.rows(
        "select settings_id, max(bin_count) as bins from lake.extraction group by all"
    )
    assert len(bins) == 2
    assert bins["bins"].n_unique() == 2
