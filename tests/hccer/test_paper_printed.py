"""What the queries print of the paper is what its transcription holds."""

import csv
from importlib import resources

import pytest

from storage.reading import Reader
from storage.store import Store

ROLE = {"train": "training", "validation": "validation"}
FACTORS = {
    "sex": "gender", "hepatitis": "hepatitis B or C", "afp": "AFP", "alt": "ALT", "ast": "AST",
    "ggt": "GGT", "tbil": "TBIL", "alb": "ALB", "child_pugh": "Child-Pugh class",
    "diameter": "tumour diameter", "number": "tumour number", "margin": "tumour margin",
    "peritumoral_enhancement": "peritumoral enhancement", "event": "early recurrence",
}  # fmt: skip
# the transcription holds what is printed, the query what fits the counts
CORRECTED = {("DL", "sensitivity"), ("DL", "specificity"), ("DLRCR", "sensitivity"),
             ("DLRCR", "specificity")}  # fmt: skip


@pytest.fixture(scope="module")
def printed() -> dict[tuple, str]:
    """Text of each number without a level, by table, row, group and statistic."""
    text = (resources.files("hccer.audit") / "paper.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {(row["table"], row["row"], row["group"], row["statistic"]): row["printed"]
            for row in rows if not row["level"]}  # fmt: skip


def named(store: Store, name: str) -> list[dict]:
    return Reader(store.home).named(name, {"study": "none"}).to_dicts()


def test_performance(store: Store, printed: dict):
    for row in named(store, "paper_performance"):
        model = row["model"]
        if model == "radiomics":
            model = f"radiomics {row['algorithm'].replace('XGBoost', 'XG-Boost')}"
        where = (row["printed_in"], model)
        for name in ("auc", "accuracy", "sensitivity", "specificity"):
            text = printed[*where, ROLE[row["role"]], name]
            assert row[f"paper_{name}"] == float(text) or (model, name) in CORRECTED, (where, name)
        if row["role"] == "validation":
            assert row["paper_p_value"] == printed[*where, "training vs validation", "auc_p"]
        limits = [printed[*where, ROLE[row["role"]], end] for end in ("auc_low", "auc_high")]
        shown = row["paper_interval"].split(" - ")
        assert shown == [f"{float(each):.3f}" for each in limits] or limits[0] == "0.963", where


def test_table_1(store: Store, printed: dict):
    groups = {"train": "training", "validation": "validation", "split": "training vs validation"}
    rows = named(store, "paper_table_1")
    assert len(rows) == 19
    for row in rows:
        factor = FACTORS.get(row["factor"], row["factor"])
        table = "Results" if factor == "early recurrence" else "Table 1"
        for column, group in groups.items():
            text = printed.get((table, factor, group, "count_p"))
            value = row[f"{column}_printed"]
            assert factor == "age" or (value and float(value)) == (text and float(text)), factor


def test_table_3(store: Store, printed: dict):
    names = {"odds_ratio": "odds_ratio", "ci_low": "odds_ratio_low", "ci_high": "odds_ratio_high",
             "p_value": "odds_ratio_p"}  # fmt: skip
    rows = [row for row in named(store, "paper_table_3") if row["analysis"] == "univariate"]
    assert len(rows) == 18
    for row in rows:
        factor = FACTORS.get(row["factor"], row["factor"])
        for ours, theirs in names.items():
            text = printed["Table 3", factor, "training", theirs]
            assert float(row[f"{ours}_printed"]) == float(text), (factor, ours)
