"""Reporting checklists: the published items and weights, and answers that are not made up."""

import json

import polars as pl
import pytest

import sql
from hccer.report.checklists import answered, checklists, scores
from hccer.report.checklists.answers import file_of
from schemas.errors import HccerError
from tests.support import SHARED

GOLD = SHARED / "gold"
ITEMS = {"CLEAR": 58, "METRICS": 30, "RQS": 16, "RQS2": 42, "TRIPOD+AI": 52}
needs_gold = pytest.mark.skipif(not GOLD.exists(), reason="shared/gold is not there")


def answers(default: str = "yes", **others: str):
    """A store in which every query answers the same, but for some."""

    def run_query(name: str) -> pl.DataFrame:
        answer = others.get(name.removeprefix("checklist_"), default)
        return pl.DataFrame({"answer": [answer], "evidence": [f"seen by {name}"]})

    return run_query


def of(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(checklist=name)


def checklist(name: str):
    return next(each for each in checklists() if each.id == name)


def score(name: str, rows: pl.DataFrame) -> dict:
    return scores(rows).row(by_predicate=pl.col("checklist") == name, named=True)


def test_every_checklist_has_all_its_items():
    assert {each.id: len(each.items) for each in checklists()} == ITEMS
    for each in checklists():
        assert len({item.id for item in each.items}) == len(each.items)


@needs_gold
def test_weights_conditions_and_points_are_the_published_ones():
    gold = json.loads((GOLD / "metrics_items.json").read_text())
    ours = checklist("METRICS")
    assert [item.points.yes for item in ours.items] == [each["weight"] for each in gold["items"]]
    excluded = [[str(n) for n in each["items_excluded_if_no"]] for each in gold["conditions"]]
    assert [list(each.items) for each in ours.conditions] == excluded
    bands = [(low, name.lower()) for name, low, _ in gold["bands"]]
    assert [(band.low, band.name) for band in ours.score.bands] == bands
    rqs = json.loads((GOLD / "rqs_items.json").read_text())
    assert sum(item.points.best for item in checklist("RQS").items) == rqs["rqs1"]["max"]
    most = [item.points.best for item in checklist("RQS2").items]
    assert most == [each["max_points"] for each in rqs["rqs2"]["items"]]
    assert sum(most) == rqs["rqs2"]["max_handcrafted"]


@needs_gold
@pytest.mark.parametrize(
    ("name", "file", "key"),
    [("CLEAR", "clear_items", "no"), ("TRIPOD+AI", "tripod_ai_items", "item")],
)
def test_the_numbering_is_the_published_one(name: str, file: str, key: str):
    gold = json.loads((GOLD / f"{file}.json").read_text())["items"]
    assert [item.id for item in checklist(name).items] == [str(each[key]) for each in gold]


def test_every_answer_has_its_query_and_every_query_its_item():
    asked = {item.query for each in checklists() for item in each.items if item.query}
    asked |= {condition.query for each in checklists() for condition in each.conditions}
    files = {name for name in sql.load("report") if name.startswith("checklist_")}
    assert files == {file_of(each) for each in asked | {"synthetic"}}


def test_the_author_answers_what_the_store_cannot_know():
    rows = of("TRIPOD+AI", answered(answers()))
    ethics = rows.row(by_predicate=pl.col("item") == "17", named=True)
    assert (ethics["answer"], ethics["query"]) == ("author", "")
    assert ethics["evidence"] == "the author must name the committee and the consent"


def test_synthetic_patients_are_no_full_answer():
    real, synthetic = answered(answers()), answered(answers(synthetic="no"))
    changed = of("CLEAR", synthetic).filter(of("CLEAR", real)["answer"] != synthetic["answer"][:58])
    assert changed["answer"].unique().to_list() == ["partly"]
    assert "18" in changed["item"].to_list()
    assert all("the patients are synthetic" in each for each in changed["evidence"])


def test_the_metrics_score_is_the_share_of_the_weight_that_applies():
    rows = of("METRICS", answered(answers(external_testing="no", calibration="partly")))
    by_hand = {item.id: item.points.yes for item in checklist("METRICS").items}
    author = sum(by_hand[each] for each in ("1", "5", "28", "29"))
    got = sum(by_hand.values()) - author - by_hand["27"] - by_hand["22"]
    found = score("METRICS", rows)
    assert found["points"] == pytest.approx(100 * got)
    assert found["at_most"] == pytest.approx(100 * (got + author))
    assert found["band"] == "excellent"


def test_what_does_not_apply_leaves_the_metrics_score():
    changes = {"deep_learning": "not applicable", "automatic_segmentation": "not applicable"}
    rows = of("METRICS", answered(answers(**changes)))
    assert rows.filter(answer="not applicable")["item"].to_list() == ["9", "17"]
    assert rows["most"].sum() == pytest.approx(1 - 0.0225 - 0.0200)
    assert score("METRICS", rows)["of"] == 100


def test_without_any_answer_the_scores_are_their_least():
    rows = answered(answers("no", segmentation="yes", features="yes"))
    assert score("METRICS", rows)["band"] == "very low"
    assert score("RQS", rows)["points"] == -8
    assert score("RQS", rows)["of"] == 36


@pytest.mark.parametrize(
    "rows",
    [pl.DataFrame({"answer": ["maybe"], "evidence": ["x"]}),
     pl.DataFrame({"answer": ["yes"], "evidence": [""]}),
     pl.DataFrame({"answer": [None], "evidence": ["x"]}),
     pl.DataFrame({"answer": ["yes", "no"], "evidence": ["x", "y"]})],
)  # fmt: skip
def test_a_query_that_does_not_answer_is_an_error(rows: pl.DataFrame):
    with pytest.raises(HccerError, match=r"sql/report/checklist_synthetic\.sql must give one row"):
        answered(lambda _: rows)
