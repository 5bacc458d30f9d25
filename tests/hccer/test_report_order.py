"""What the report reads depends on which rows there are, not on how they lie or are read."""

import json
from collections.abc import Iterator

import duckdb
import pytest

import sql
from hccer.study.report_source import filled
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.hccer.figure_rows import STUDY, plant_study
from tests.hccer.rewritten import rewrite

# their value depends on the order in which rows come; sums and means by the last digit
ORDERED = {"string_agg", "list", "array_agg", "first", "last", "avg", "mean", "favg",
           "stddev", "stddev_samp", "stddev_pop", "var_samp", "var_pop", "corr"}  # fmt: skip
# the list is counted, and not shown
COUNTED = {("icc_distribution", "list")}


def aggregates(text: str) -> Iterator[tuple[str, bool]]:
    """Every call of an SQL text that takes rows in an order: its name, and whether it names one."""
    tree = duckdb.execute("select json_serialize_sql(?)", [text]).fetchone()[0]
    left = [json.loads(tree)]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            if node.get("class") == "FUNCTION" and node["function_name"] in ORDERED:
                yield node["function_name"], bool((node.get("order_bys") or {}).get("orders"))
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)


def test_an_aggregate_without_order_is_found():
    found = dict(aggregates("select string_agg(a, ', ' order by a), avg(b) from t"))
    assert found == {"string_agg": True, "avg": False}


@pytest.mark.parametrize("name", sorted(sql.load("report")))
def test_whatever_depends_on_the_order_of_rows_names_it(name: str):
    found = {call for call, ordered in aggregates(filled("report", name, "s")) if not ordered}
    assert {(name, call) for call in found} <= COUNTED


@pytest.mark.long
def test_rows_in_another_order_and_in_several_files_give_the_same_frames(store: Store):
    plant_study(store)
    before = frames(store.home)
    assert sum(text.count("\n") > 0 for text in before.values()) > 25
    rewrite(store, 1)
    after = frames(store.home)
    assert [name for name in before if before[name] != after[name]] == []


def frames(home: Home) -> dict[str, str]:
    """The rows of every query of the report, as text with all digits."""
    reader = Reader(home)
    return {name: "\n".join(map(repr, reader.query(filled("report", name, STUDY)).rows()))
            for name in sorted(sql.load("report"))}  # fmt: skip
