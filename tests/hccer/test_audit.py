"""The arithmetic audit: the paper's own numbers, random tables, hostile files."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import Table2x2
from typer.testing import CliRunner

from hccer.audit.auditing import audit, paper_numbers
from hccer.audit.calculation import calculated
from hccer.audit.numbers import COLUMNS, PROPORTIONS, STATISTICS, read_numbers
from hccer.audit.printed import Range, printed_range
from hccer.cli import app
from hccer.evaluation.classification import classification
from hccer.evaluation.comparison import paired_test, unpaired_test
from hccer.evaluation.delong import auc, delong
from hccer.selection.group_tests import table_test
from hccer.synthetic.published import published
from schemas.errors import HccerError
from tests.support import SHARED, hccer_command

GOLD = SHARED / "gold" / "paper_consistency.json"
PAPER = {
    ("whole counts", "DL, training"): "TP 62, FN 16, FP 10, TN 44",
    ("whole counts", "DL, validation"): "TP 14, FN 4, FP 3, TN 12",
    ("whole counts", "DLRCR, training"): "TP 72, FN 6, FP 9, TN 45",
    ("whole counts", "DLRCR, validation"): "TP 16, FN 2, FP 4, TN 11",
    ("interval", "DLRCR, training"): "lower limit 0.863",
    ("p value", "radiomics LR, training vs validation"): "0.681 (Table 4)",
    ("odds ratio", "age, training"): "below 1",
    ("calculation", "wavelet features and Laplacian of Gaussian features"): "exchanged",
}


def table(*rows: tuple[str, ...]) -> pl.DataFrame:
    """Numbers of one table: row, level, group, outcome, statistic, printed."""
    return pl.DataFrame([("T", *row) for row in rows], schema=list(COLUMNS), orient="row")


def sizes(events: int, others: int, group: str = "g") -> list[tuple[str, ...]]:
    return [
        ("", "", group, "event", "n", str(events)),
        ("", "", group, "no event", "n", str(others)),
    ]


def claim(row: str, group: str = "g", **printed: str) -> list[tuple[str, ...]]:
    return [(row, "", group, "", statistic, text) for statistic, text in printed.items()]


def rules(*rows: tuple[str, ...]) -> list[str]:
    return audit(table(*rows))["rule"].to_list()


def test_the_papers_errors_are_found_and_nothing_else():
    found = audit(paper_numbers())
    assert set(found.select("rule", "claim").iter_rows()) == set(PAPER)
    for row in found.iter_rows(named=True):
        assert PAPER[row["rule"], row["claim"]] in row["fits"]
    read_as = found.filter(rule="whole counts")["fits"]
    assert all(each.startswith("sensitivity is the PPV and specificity is the NPV: TP")
               for each in read_as)  # fmt: skip


def test_a_finding_names_every_place_and_the_printed_texts():
    found = (
        audit(paper_numbers()).filter(claim="DLRCR, training", rule="interval").row(0, named=True)
    )
    assert found["places"] == "Table 4, Results"
    assert found["printed"] == "AUC 0.917, lower limit 0.963, upper limit 0.972"


def test_the_papers_counts_are_those_of_the_built_in_cohort():
    rows = paper_numbers().filter(statistic="count", table="Table 1")
    printed = rows.group_by("row", "level", maintain_order=True).agg("printed")["printed"].to_list()
    known = [[str(n) for n in counts] for levels in published().counts.values()
             for counts in levels.values()]  # fmt: skip
    assert sorted(printed) == sorted(known)


@pytest.mark.skipif(not GOLD.exists(), reason="shared/gold is not there")
def test_the_counts_behind_every_rate_are_the_gold_ones():
    fits = {row["claim"]: row["fits"] for row in audit(paper_numbers()).iter_rows(named=True)
            if row["rule"] == "whole counts"}  # fmt: skip
    parts = {"TC": "training", "VC": "validation"}
    corrected = 0
    for row in json.loads(GOLD.read_text())["rows"]:
        if "corrected" in row:
            counts = row["corrected"]
            wanted = ", ".join(f"{name} {counts[name]}" for name in ("TP", "FN", "FP", "TN"))
            assert wanted in fits[f"{row['model']}, {parts[row['cohort']]}"]
            corrected += 1
    assert corrected == len(fits)


# one changed number each, in a set that agrees
@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ("whole counts", claim("m", sensitivity="0.667", specificity="0.801")),
        ("auc", claim("m", auc="0.745")),
        ("interval", claim("m", auc="0.752", auc_low="0.593", auc_high="0.941")),
        ("interval", claim("m", auc="0.752", auc_low="0.793", auc_high="0.911")),
        ("curve", claim("m", auc="0.500", sensitivity="0.833", specificity="0.800")),
        ("percentage", [("f", "a", "g", "event", "count", "7"),
                        ("f", "a", "g", "event", "percent", "39.8")]),
        ("sum", [("f", "a", "g", "event", "count", "7"), ("f", "b", "g", "event", "count", "10")]),
        ("sum", [("", "", "g", "", "n", "34")]),
        ("odds ratio", claim("f", odds_ratio="2.70", odds_ratio_low="1.26", odds_ratio_high="5.28",
                             odds_ratio_p="0.01")),
        ("odds ratio", claim("f", odds_ratio="2.70", odds_ratio_low="1.26", odds_ratio_high="5.82",
                             odds_ratio_p="0.05")),
        ("calculation", [("x", "", "", "", "number", "743"),
                         ("x", "", "", "", "arithmetic", "(18 + 75) * 8")]),
        ("repeated", [("m", "", "g", "", "mean", "1.2"), ("m", "", "g", "", "mean", "1.3")]),
    ],
)  # fmt: skip
def test_each_rule_finds_its_own(rule: str, rows: list):
    assert rules(*sizes(18, 15), *rows) == [rule]


def test_two_limits_at_the_end_of_the_scale_may_be_cut():
    assert rules(*claim("m", auc="0.971", auc_low="0.935", auc_high="1.000")) == []
    assert rules(*claim("m", auc="0.971", auc_low="0.995", auc_high="1.000")) == ["interval"]


def test_a_misprint_of_one_digit_is_proposed():
    found = audit(table(*sizes(18, 15), *claim("m", sensitivity="0.667", specificity="0.800",
                                               accuracy="0.737")))  # fmt: skip
    assert found["fits"].to_list() == ["accuracy 0.727"]


def test_zeros_filled_in_do_not_sharpen_a_number():
    rows = claim("f", adjusted_odds_ratio="2.49", adjusted_odds_ratio_low="1.14",
                 adjusted_odds_ratio_high="5.44", adjusted_odds_ratio_p="0.020")  # fmt: skip
    assert rules(*rows) == ["odds ratio"]
    assert rules(*rows, ("f", "", "g", "", "adjusted_odds_ratio_p", "0.02")) == []


def test_a_number_that_is_known_to_be_wrong_is_not_reported_twice():
    rows = [*claim("m", "a", auc="0.839", auc_low="0.772", auc_high="0.906"),
            *claim("m", "b", auc="0.804", auc_low="0.650", auc_high="0.957"),
            *claim("m", "a vs b", auc_p="0.436"), *claim("m", "a vs b", auc_p="0.681")]  # fmt: skip
    assert rules(*sizes(78, 54, "a"), *sizes(18, 15, "b"), *rows) == ["p value"]


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[int, int, int]:
    return draw(st.integers(3, 90)), draw(st.integers(3, 90)), draw(st.integers(0, 2**32 - 1))


def p_text(p_value: float) -> str:
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def true_models(
    rng: np.random.Generator, group: str, events: int, others: int
) -> tuple[list, list]:
    """Two models on the same patients, printed with three digits, and the test of them."""
    y_true = np.repeat([1, 0], [events, others])
    scores = (rng.normal(size=(2, y_true.size)) + rng.uniform(0, 2, (2, 1)) * y_true).round(1)
    rows, areas = sizes(events, others, group), []
    for name, score in zip("mk", scores, strict=True):
        area, rates = auc(y_true, score), classification(y_true, score, float(np.median(score)))
        printed = {"auc": area.value, "auc_low": area.ci_low, "auc_high": area.ci_high}
        printed |= {each: getattr(rates, each).value for each in PROPORTIONS}
        rows += claim(name, group, **{k: f"{v:.3f}" for k, v in printed.items() if np.isfinite(v)})
        areas.append(area)
    test = paired_test(delong(y_true, scores), 0, 1)
    if np.isfinite(test.p_value):
        rows += claim("m vs k", group, auc_p=p_text(test.p_value))
    return rows, areas


@settings(max_examples=60, deadline=None)
@given(cohorts(), cohorts())
def test_true_rates_areas_and_tests_are_never_flagged(first: tuple, second: tuple):
    rows, areas = [], []
    for group, (events, others, seed) in zip("ab", (first, second), strict=True):
        found, both = true_models(np.random.default_rng(seed), group, events, others)
        rows += found
        areas.append(both[0])
    p_value = unpaired_test(*areas).p_value
    if np.isfinite(p_value):
        rows += claim("m", "a vs b", auc_p=p_text(p_value))
    assert rules(*rows) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=4, max_size=4), st.integers(1, 3))
def test_true_counts_and_odds_ratios_are_never_flagged(counts: list[int], digits: int):
    a, b, c, d = counts
    if not (a + c and b + d):
        return
    rows = sizes(a + c, b + d)
    for level, pair in (("yes", (a, b)), ("no", (c, d))):
        for outcome, n, total in zip(("event", "no event"), pair, (a + c, b + d), strict=True):
            rows.append(("f", level, "g", outcome, "count", str(n)))
            rows.append(("f", level, "g", outcome, "percent", f"{100 * n / total:.{digits}f}"))
    test = table_test(np.array([[a, b], [c, d]]))
    if test.p_value is not None:
        rows.append(("f", "", "g", "event vs no event", "count_p", p_text(test.p_value)))
    if min(counts) > 0:
        rows += odds(Table2x2(np.array([[a, b], [c, d]])))
    assert rules(*rows) == []


def odds(counts: Table2x2) -> list[tuple[str, ...]]:
    low, high = counts.oddsratio_confint()
    texts = {"odds_ratio": counts.oddsratio, "odds_ratio_low": low, "odds_ratio_high": high}
    printed = {name: f"{value:.2f}" for name, value in texts.items()}
    return claim("f", **printed, odds_ratio_p=p_text(counts.oddsratio_pvalue()))


def test_one_other_digit_in_a_sensitivity_is_usually_found():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        events, others = (int(n) for n in rng.integers(15, 100, 2))
        tp, tn = int(rng.integers(0, events + 1)), int(rng.integers(0, others + 1))
        text = f"{tp / events:.3f}"
        place = int(rng.integers(2, 5))
        digit = rng.choice([each for each in "0123456789" if each != text[place]])
        wrong = text[:place] + digit + text[place + 1 :]
        rows = claim("m", sensitivity=wrong, specificity=f"{tn / others:.3f}",
                     accuracy=f"{(tp + tn) / (events + others):.3f}")  # fmt: skip
        found.append(rules(*sizes(events, others), *rows) == ["whole counts"])
    assert np.mean(found) > 0.95


@pytest.mark.parametrize(
    ("text", "whole", "range_"),
    [("0.839", False, Range(0.8385, 0.8395)), (".84", False, Range(0.835, 0.845)),
     ("100", False, Range(99.5, 100.5)), ("12", True, Range(12, 12)),
     ("66.7%", False, Range(0.6665, 0.6675)), ("<0.001", False, Range(-np.inf, 0.001))],
)  # fmt: skip
def test_the_digits_decide_the_range(text: str, whole: bool, range_: Range):
    found = printed_range(text, whole=whole)
    assert (found.low, found.high) == pytest.approx((range_.low, range_.high))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(STATISTICS), st.text("0123456789.<>%- ()+*/", max_size=6)))
)
def test_any_texts_are_audited_or_refused_in_a_sentence(given_: list[tuple[str, str]]):
    rows = [*sizes(18, 15), *(("m", "", "g", "", *each) for each in given_)]
    try:
        audit(table(*rows))
    except HccerError as error:
        assert "\n" not in str(error)


def test_a_percentage_sign_is_understood():
    good = claim("m", sensitivity="66.7%", specificity="80.0%", accuracy="72.7%")
    assert rules(*sizes(18, 15), *good) == []
    assert rules(*sizes(18, 15), *claim("m", sensitivity="66.9%")) == ["whole counts"]
    assert rules(*sizes(18, 15), ("f", "a", "g", "event", "count", "6"),
                 ("f", "a", "g", "event", "percent", "33.3%")) == []  # fmt: skip


def test_calculations_with_rounded_numbers_leave_room():
    assert calculated("(18 + 75) * 8") == Range(744, 744)
    assert calculated("0.839 - 0.662").holds(0.177)
    assert calculated("100 * 96 / 165").holds(96 / 1.65)
    for text in ("__import__('os')", "1 / 0", "2 ** 9", "a + 1", "", "(" * 500):
        with pytest.raises(HccerError, match="no calculation"):
            calculated(text)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [(("m", "", "g", "", "auc", "high"), "auc of T, m, g.*'high' is not a printed number"),
     (("m", "", "g", "", "count", "1.5"), "'1.5' is not a count"),
     (("m", "", "g", "", "f1", "0.5"), "no statistic 'f1'"),
     (("m", "", "g", "", "auc_p", "0.5"), "compares two AUCs"),
     (("m", "", "g", "", "count_p", "0.5"), "compares two sides")],
)  # fmt: skip
def test_a_wrong_number_is_one_sentence(row: tuple, sentence: str):
    with pytest.raises(HccerError, match=sentence):
        audit(table(row))


def test_a_missing_column_is_named():
    with pytest.raises(HccerError, match="missing: printed"):
        read_numbers(table().drop("printed"))


def test_the_command_without_a_file_audits_the_paper():
    done = hccer_command("audit", check=1)
    lines = done.stdout.splitlines()
    assert len(lines) == 1 + len(PAPER)
    assert lines[0] == "rule,places,claim,printed,reason,fits"


def test_the_command_says_when_all_agree(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("# mine\n" + table(*sizes(18, 15), *claim("m", auc="0.752")).write_csv())
    done = CliRunner().invoke(app, ["audit", str(file)])
    assert done.exit_code == 0
    assert done.stdout == "3 numbers agree with one another\n"


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"a,b\n1,2,3,4\n"])
def test_a_file_that_is_no_table_of_numbers_is_one_sentence(tmp_path, content: bytes | None):
    file = tmp_path / "broken.csv"
    if content is not None:
        file.write_bytes(content)
    done = CliRunner().invoke(app, ["audit", str(file)])
    assert isinstance(done.exception, HccerError)
    assert "\n" not in str(done.exception)
