"""What a report draws from a store: its own numbers audited, checklists, counts, provenance."""

import json
from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

import sql
from hccer.audit.auditing import audit
from hccer.pipeline.rows import frame
from hccer.report.checklists import answered, scores
from hccer.report.items import items, patient_sections, sections
from hccer.report.methods import methods_sentences
from schemas.tables import METRIC, REPORT, TABLES
from storage.home import Home
from storage.reading import Reader
from storage.store import Change, Store
from tests.hccer.planted_study import study as empty_study
from tests.hccer.reported import Report, finished_study

OURS = sorted(name for name in sql.load("report")
              if name.startswith(("checklist_", "methods_", "audit_", "provenance")))  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A finished study; only to be read."""
    return finished_study(tmp_path_factory.mktemp("reported"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A study that is registered, and nothing else; only to be read."""
    store = Store.open(Home(tmp_path_factory.mktemp("empty") / "home"))
    return Report(empty_study(store, "planted", "AP"))


def test_the_reports_own_numbers_agree(report: Report):
    numbers = report.query("audit_rows")
    kinds = {"sensitivity", "auc_p", "odds_ratio", "adjusted_odds_ratio_p", "count_p", "percent"}
    assert kinds <= set(numbers["statistic"])
    assert numbers.filter(statistic="auc_p", row="CR-LR", table="tests").height == 1
    assert audit(numbers).is_empty()


@pytest.mark.parametrize(
    ("row", "group", "statistic", "printed", "rule"),
    [("CR-LR", "hcc_synthetic train", "sensitivity", "0.645", "whole counts"),
     ("CR-LR", "hcc_synthetic train", "auc_low", "0.547", "interval"),
     ("ast", "train", "odds_ratio", "2.730", "odds ratio"),
     ("ast", "train vs validation", "count_p", "0.182", "p value"),
     ("CR-LR", "hcc_synthetic train vs hcc_synthetic validation", "auc_p", "0.434", "p value")],
)  # fmt: skip
def test_a_changed_number_of_the_report_is_found(
    report: Report, row: str, group: str, statistic: str, printed: str, rule: str
):
    at = (pl.col("row") == row) & (pl.col("group") == group) & (pl.col("statistic") == statistic)
    numbers = report.query("audit_rows")
    assert numbers.filter(at).height == 1
    wrong = numbers.with_columns(
        pl.when(at).then(pl.lit(printed)).otherwise("printed").alias("printed")
    )
    assert audit(wrong)["rule"].to_list() == [rule]


def test_every_item_is_answered_from_the_store(report: Report):
    rows = answered(report.query)
    assert rows.null_count().sum_horizontal().item() == 2 * rows["points"].null_count()
    found = {(each["checklist"], each["item"]): each for each in rows.iter_rows(named=True)}
    assert found["CLEAR", "41"]["answer"] == "yes"
    assert "DeLong" in found["CLEAR", "41"]["evidence"]
    assert found["METRICS", "27"]["answer"] == "no"  # no external cohort
    assert found["METRICS", "17"]["answer"] == "not applicable"  # no network
    assert found["METRICS", "3"]["answer"] == "partly"  # synthetic patients
    assert found["TRIPOD+AI", "9c"]["evidence"].startswith("8 features read by two readers")
    assert scores(rows)["checklist"].to_list() == ["METRICS", "RQS", "RQS2"]


def test_the_methods_name_the_counts_of_the_store(report: Report):
    context = report.context
    rows = methods_sentences(context.preset, context.file, report.query)
    assert rows["sentence"][0] == (
        "The study comprised 165 patients of hcc_synthetic; 96 had the endpoint, early recurrence."
    )
    assert "132 for training (78 with the endpoint)" in " ".join(rows["sentence"])


@pytest.mark.parametrize("name", OURS)
def test_every_query_says_what_it_is_and_runs_on_a_study_without_rows(empty: Report, name: str):
    file = sql.load("report")[name]
    assert file.description
    assert file.fields["parameters"] == "study"
    rows = empty.query(name)
    if name.startswith("checklist_"):
        assert rows.columns == ["answer", "evidence"]
        assert rows.height == 1
        assert None not in rows.row(0)


def test_the_provenance_of_an_empty_study_is_its_file(empty: Report):
    rows = empty.query("provenance")
    assert rows["kind"].to_list() == ["study"]
    assert audit(empty.query("audit_rows")).is_empty()


def test_calibration_of_the_report_keeps_recalibration_apart(store: Store):
    same = {"study_id": "none", "fit_id": "CR-LR", "cohort_id": "far", "role": "external", "n": 9,
            "ci_low": None, "ci_high": None, "derivation": "planted"}  # fmt: skip
    values = {"brier": 0.3, "recalibrated_brier": 0.2, "auc": 0.7}
    rows = [{**same, "metric": name, "value": value} for name, value in values.items()]
    store.commit([Change(METRIC, insert=frame(METRIC, rows))], "planted")
    text = sql.load("report")["table_calibration"].text
    found = Reader(store.home).query(text, {"study": "none"})
    assert found.select("recalibrated", "brier").rows() == [(None, 0.3), (True, 0.2)]


def named(text: str) -> Iterator[str]:
    """Tables, views and macros that an SQL text names."""
    tree = duckdb.execute("select json_serialize_sql(?)", [text]).fetchone()[0]
    left = [json.loads(tree)]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                yield node["table_name"]
            if node.get("type") == "TABLE_FUNCTION":
                yield node["function"]["function_name"]
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)


def read_by(text: str) -> set[str]:
    """Tables of the lake that an SQL text reads, by its views and macros too."""
    found, left = set(), set(named(text))
    below = {**sql.load("views"), **sql.load("macros")}
    while left:
        name = left.pop()
        found.add(name)
        if name in below:
            left |= set(named(below[name].text)) - found
    return found & set(TABLES)


QUERIES = {
    *(("report", name) for name in sql.load("report")),
    *(each.source for each in (*items(sections()), *items(patient_sections())) if each.is_queried),
}


@pytest.mark.parametrize(("folder", "name"), sorted(QUERIES))
def test_the_report_is_made_anew_when_a_table_that_it_reads_changes(folder: str, name: str):
    assert read_by(sql.load(folder)[name].text) <= {*REPORT.deps, "extraction_value"}


def test_tables_behind_views_and_macros_are_found():
    text = "select 1 from split join feature_value using (patient_id) join shown_fits('s') on true"
    assert {"split", "extraction_value", "segmentation", "model_fit"} <= read_by(text)
