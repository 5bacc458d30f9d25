"""Figures of the report: queries, numbers that are drawn, and SVG fit for a page."""

import math
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_curve

import sql
from hccer.agreement.kappa import kappa_band
from hccer.figures import FIGURES, noted
from hccer.figures.curves import with_best
from hccer.figures.forest import BANDS
from hccer.figures.styles import MODELS
from hccer.figures.words import interval, number, p_value, wrapped
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.hccer.figure_rows import HOSTILE, PARTS, STUDY, plant_study

SVG = "{http://www.w3.org/2000/svg}"
# what a network needs to be built takes ten seconds to import
NETWORKS = ("network_diagram", "fusion_diagram")
FRAMES_WITHOUT_NETWORKS = sorted(set(FIGURES) - set(NETWORKS))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """On a store with a planted study."""
    home = Home(tmp_path_factory.mktemp("figures") / "home")
    plant_study(Store.open(home))
    return Reader(home)


@pytest.fixture(scope="module")
def frames(reader: Reader) -> dict[str, pl.DataFrame]:
    """What each query gives for the planted study."""
    texts = {name: sql.load("report")[name].text for name in FIGURES}
    return {name: reader.query(text, {"study": STUDY}) for name, text in texts.items()}


@pytest.fixture(scope="module")
def drawn(frames: dict[str, pl.DataFrame]) -> dict[str, str]:
    return {name: FIGURES[name].draw(frames[name]) for name in FRAMES_WITHOUT_NETWORKS}


def tree(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [each.text for each in tree(svg).iter(f"{SVG}text")]


def with_id(svg: str, gid: str) -> ElementTree.Element:
    """The group whose id ends so."""
    return next(each for each in tree(svg).iter() if each.get("id", "").endswith(gid))


def points(svg: str, gid: str) -> np.ndarray:
    """Corners of the path in the group with an id (n, 2), in drawing units."""
    path = next(with_id(svg, gid).iter(f"{SVG}path")).get("d")
    return np.array(re.findall(r"[ML] ([\d.-]+) ([\d.-]+)", path), float)


def fractions(found: np.ndarray) -> np.ndarray:
    """Drawing units to 0..1 of the range of a curve, y upwards."""
    low, high = found.min(axis=0), found.max(axis=0)
    scaled = (found - low) / (high - low)
    return np.column_stack([scaled[:, 0], 1 - scaled[:, 1]])


def test_queries_describe_themselves_and_find_nothing_in_an_empty_store(store: Store):
    reader = Reader(store.home)
    for name, figure in FIGURES.items():
        query = sql.load("report")[name]
        assert query.fields == {"parameters": "study"}
        assert query.description.endswith(".")
        frame = reader.query(query.text, {"study": "nobody"})
        assert frame.is_empty()
        assert figure.draw(frame) is None
        assert figure.caption(frame) == ""


def test_every_query_finds_the_planted_study(frames: dict[str, pl.DataFrame]):
    assert [name for name, frame in frames.items() if frame.is_empty()] == []


@pytest.mark.parametrize("name", FRAMES_WITHOUT_NETWORKS)
def test_a_figure_is_fit_for_a_page(name: str, drawn: dict[str, str]):
    svg = drawn[name]
    root = tree(svg)
    assert root.get("viewBox").startswith("0 0 440 ")
    assert root.get("width") is None
    assert root[0].text == FIGURES[name].title
    assert len(root[1].text) > 40
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    assert all(each.startswith(f"{name}-") for each in ids)
    referred = re.findall(r'(?:href="|url\()#([^")]+)', svg)
    assert set(referred) <= set(ids)
    assert set(root.get("aria-labelledby").split()) <= set(ids)
    for unwanted in ("<style", "DejaVu", "#000000", "#ffffff", "#010203", "<script", "mathdefault"):
        assert unwanted not in svg
    assert "currentColor" in svg


def test_ids_are_unique_where_all_figures_stand_in_one_page(drawn: dict[str, str]):
    ids = [each for svg in drawn.values() for each in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids)) > 100


def test_text_from_the_data_is_text_in_the_figure(drawn: dict[str, str]):
    for name in ("reader_kappa", "flow_chart"):
        assert HOSTILE.replace(" ", "") in "".join(texts(drawn[name])).replace(" ", "")


@pytest.mark.parametrize(("role", "cohort"), PARTS)
def test_the_roc_curve_goes_through_the_points_of_the_frame(
    role: str, cohort: str, frames: dict[str, pl.DataFrame], drawn: dict[str, str]
):
    for series in ("CR", "radiomics", "DL", "RCR", "DLRCR"):
        rows = frames["roc_models"].filter(role=role, series=series)
        expected = rows.select("false_positive_rate", "sensitivity").to_numpy()
        found = fractions(points(drawn["roc_models"], f"series-{role}-{cohort}-{series}"))
        assert len(expected) > 3
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_key_prints_the_auc_of_the_frame(frames: dict[str, pl.DataFrame], drawn: dict):
    shown = texts(drawn["roc_models"])
    for row in frames["roc_models"].iter_rows(named=True):
        assert interval(row["auc"], row["ci_low"], row["ci_high"]) in shown


def test_one_fit_stands_for_each_model(frames: dict[str, pl.DataFrame]):
    frame = frames["roc_models"]
    assert frame["series"].unique(maintain_order=True).to_list() == [
        "CR", "radiomics", "DL", "RCR", "DLRCR"
    ]  # fmt: skip
    assert set(frame.filter(series="radiomics")["algorithm"]) == {"SVM"}
    assert set(frame.filter(series="DL")["fit_id"]) == {"DL-ResNet-10"}
    assert frame.select("role", "cohort_id").unique(maintain_order=True).rows() == list(PARTS)
    assert set(frames["roc_networks"]["series"]) == {"ResNet-10", "ResNet-18"}
    assert set(frames["roc_classifiers"]["series"]) == {"KNN", "SVM"}
    assert set(frames["roc_comparators"]["series"]) == {"DLRCR", "BCLC", "NLR"}


def test_the_roc_curve_by_field_strength_is_that_of_the_predictions(
    frames: dict[str, pl.DataFrame], reader: Reader
):
    scored = reader.query(
        "select y_true, y_score from prediction join acquisition "
        "using (cohort_id, patient_id) where fit_id = 'radiomics-SVM' and role = 'train' "
        "and field_strength_t = 3"
    )
    fpr, tpr, _ = roc_curve(scored["y_true"], scored["y_score"], drop_intermediate=False)
    rows = frames["roc_field_strength"].filter(role="train", series="3 T")
    assert set(rows["fit_id"]) == {"radiomics-SVM"}
    np.testing.assert_allclose(rows["false_positive_rate"], fpr)
    np.testing.assert_allclose(rows["sensitivity"], tpr)
    assert "Training P < 0.001" in FIGURES["roc_field_strength"].caption(rows)


def test_calibration_and_decision_are_drawn_where_the_frame_has_them(
    frames: dict[str, pl.DataFrame], drawn: dict[str, str]
):
    rows = frames["calibration_curves"].filter(role="train", series="CR")
    expected = rows.select("predicted", "observed").to_numpy()
    group = with_id(drawn["calibration_curves"], "series-train-home-CR")
    found = [[float(each.get(name)) for name in ("x", "y")] for each in group.iter(f"{SVG}use")]
    span = expected.max(axis=0) - expected.min(axis=0)
    scaled = (expected - expected.min(axis=0)) / span
    np.testing.assert_allclose(fractions(np.array(found)), scaled, atol=1e-4)
    joined = [each for each in group.iter(f"{SVG}path") if each.get("clip-path")]
    assert joined == [], "points of groups are not joined"
    rows = frames["decision_curves"].filter(role="train", series="CR")
    found = points(drawn["decision_curves"], "series-train-home-CR")
    assert len(found) == len(rows) == 5
    assert set(frames["decision_curves"]["series"]) == set(MODELS)
    assert set(frames["decision_comparators"]["series"]) == {"DLRCR", "BCLC", "NLR"}


def test_the_best_choice_is_counted_against_all_others_and_none():
    frame = pl.DataFrame({
        "role": "train", "cohort_id": "a", "series": ["x"] * 4 + ["y"] * 4,
        "point": [0, 1, 2, 3] * 2, "threshold": [0.1, 0.2, 0.3, 0.4] * 2,
        "net_benefit": [0.5, 0.4, 0.1, -0.1, 0.5, 0.2, 0.2, -0.2],
        "treat_all": [0.5, 0.3, 0.0, -0.2] * 2,
    })  # fmt: skip
    # at 0.1 nobody beats treating all, at 0.4 nobody beats treating none
    best = dict(with_best(frame).select("series", "best").unique().rows())
    assert best == {"x": 0.25, "y": 0.25}


def test_the_share_of_reliable_features_is_counted(frames: dict[str, pl.DataFrame]):
    rows = frames["icc_distribution"].filter(comparison="inter", phase="AP")
    shares = dict(rows.select("icc", "share").rows())
    assert [shares[each] for each in (0.0, 0.85, 0.86, 0.98, 0.99)] == [0.75, 0.75, 0.5, 0.25, 0]
    assert rows.row(0, named=True)["kept"] == 2
    assert rows.row(0, named=True)["lowest_kept"] == 0.92
    assert frames["icc_distribution"]["phase"].unique(maintain_order=True).to_list() == [
        "AP", "PVP", "DP"
    ]  # fmt: skip


def test_the_flow_chart_accounts_for_everyone(frames: dict[str, pl.DataFrame], drawn: dict):
    home = frames["flow_chart"].filter(purpose="development")
    counted = {(row["kind"], row["text"]): row["n"] for row in home.iter_rows(named=True)}
    assert counted == {
        ("recruited", None): 40, ("excluded", HOSTILE): 2, ("excluded", "small lesion"): 1,
        ("unused", "no outcome"): 1, ("included", None): 36, ("part", "train"): 24,
        ("part", "validation"): 12,
    }  # fmt: skip
    assert {"Recruited, n = 40", "Included, n = 36", "Included, n = 10"} <= set(
        texts(drawn["flow_chart"])
    )
    caption = FIGURES["flow_chart"].caption(frames["flow_chart"])
    assert "40 recruited, 3 excluded, 1 unused in this study, 36 included" in caption


def test_the_selection_names_its_rule_and_how_stable_it_is(frames: dict[str, pl.DataFrame]):
    rows = frames["selection"]
    caption = FIGURES["selection"].caption(rows)
    assert "(gaussian LASSO, rule min)" in caption
    assert caption.endswith("median 40%. Nogueira's index of the whole selection is 0.47.")
    single = rows.with_columns(frequency=pl.lit(None, pl.Float64), stability=None)
    assert FIGURES["selection"].caption(single).endswith("in which it is selected again.")


def test_the_workflow_counts_features_and_models(frames: dict[str, pl.DataFrame], drawn: dict):
    shown = " ".join(texts(drawn["workflow"]))
    for text in ("46 patients", "12 radiomics features", "6 reliable", "2 selected", "4.9\u00a0M"):
        assert text in shown
    caption = FIGURES["workflow"].caption(frames["workflow"])
    assert "12 radiomics features of 3 phases (AP, PVP, DP)" in caption


def test_the_nested_auc_is_that_of_the_predictions(frames: dict[str, pl.DataFrame]):
    frame = frames["nested_auc"]
    assert frame.select("permutation", "repeat").rows() == [(0, 1), (0, 2), (1, 1), (2, 1)]
    assert frame["auc"].is_between(0, 1).all()
    assert frame["validation_auc"].null_count() == len(frame)  # there is no radiomics LR


def test_odds_ratios_lie_on_a_logarithmic_axis(drawn: dict[str, str]):
    groups = [each for each in tree(drawn["odds_ratios"]).iter()
              if "estimate-" in each.get("id", "")]  # fmt: skip
    alone, final, one = (float(next(each.iter(f"{SVG}use")).get("x")) for each in groups)
    assert (final - one) / (alone - one) == pytest.approx(math.log(3) / math.log(4), abs=1e-3)
    shown = texts(drawn["odds_ratios"])
    assert "AST > 40 U/L" in shown
    assert "1.00 (0.50–1e+09)" in shown


def test_the_lines_between_the_words_for_kappa_are_those_of_the_bands():
    words = [kappa_band(limit) for limit in BANDS] + [kappa_band(limit + 0.01) for limit in BANDS]
    assert words == ["poor", "moderate", "substantial", "moderate", "substantial", "excellent"]


def test_shares_of_attribution_are_bars_that_fill_the_width(drawn: dict[str, str]):
    widths = [np.ptp(points(drawn["attribution_shares"], f"{region}-DL-ResNet-10-0"), axis=0)[0]
              for region in ("tumour", "margin", "outside")]  # fmt: skip
    np.testing.assert_allclose(np.array(widths) / sum(widths), [0.5, 0.3, 0.2], atol=1e-4)


def test_the_same_rows_give_the_same_bytes_in_another_process(
    frames: dict[str, pl.DataFrame], drawn: dict[str, str], tmp_path
):
    frames["roc_models"].write_parquet(tmp_path / "f.parquet")
    code = (
        "import polars as pl, sys; from hccer.figures import FIGURES; "
        f"sys.stdout.write(FIGURES['roc_models'].draw(pl.read_parquet('{tmp_path}/f.parquet')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONHASHSEED": "7"})  # fmt: skip
    assert done.stdout == drawn["roc_models"]
    assert FIGURES["roc_models"].draw(frames["roc_models"]) == drawn["roc_models"]


def test_loading_the_figures_loads_neither_matplotlib_nor_torch():
    code = "import sys, hccer.figures; print({'matplotlib', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_note_stands_below_the_drawing(drawn: dict[str, str]):
    plain, marked = tree(drawn["roc_models"]), tree(noted(drawn["roc_models"], "A & <b>"))
    heights = [float(each.get("viewBox").split()[3]) for each in (plain, marked)]
    note = list(marked)[-1]
    assert note.text == "A & <b>"
    assert heights[0] < float(note.get("y")) < heights[1]


def test_the_networks_are_drawn_from_their_own_modules(frames: dict[str, pl.DataFrame]):
    svg = FIGURES["network_diagram"].draw(frames["network_diagram"])
    shown = texts(svg)
    assert "ResNet-10: AP, PVP, DP" in shown
    assert "3 × 64 × 64; 3 slices as samples" in shown
    assert "64 × 64 × 64; 9 536 values" in shown
    assert "4 907 714 trained values" in shown
    fusion = texts(FIGURES["fusion_diagram"].draw(frames["fusion_diagram"]))
    assert "6 radiomics features and factors" in fusion
    assert "fully connected, 518 to 2" in fusion
    # a count that no architecture has: nothing is drawn
    other = frames["network_diagram"].with_columns(parameters=pl.lit(4_907_715))
    assert FIGURES["network_diagram"].draw(other) is None


def test_the_layers_of_branches_add_up_to_the_network():
    from hccer.deep.layers import layers, total_parameters
    from hccer.deep.networks import Architecture

    for fusion, channels, branches in (("early", 9, 1), ("late", 9, 3)):
        architecture = Architecture("ResNet-10-128", fusion, channels, 3, 5)
        found = layers(architecture, 64, 32)
        assert [layer.output for layer in found] == [
            (64, 32, 16), (64, 32, 16), (128, 16, 8), (2,)
        ]  # fmt: skip
        assert sum(layer.parameters * layer.branches for layer in found) == total_parameters(
            architecture
        )
        assert [layer.branches for layer in found] == [branches] * 3 + [1]


def test_numbers_and_lines():
    assert number(-0.0001, 2) == "0.00"
    assert number(-0.126, 2) == "−0.13"
    assert number(None) == "–"
    assert interval(0.5, None, None) == "0.500"
    assert p_value(0.0004) == "P < 0.001"
    assert p_value(0.0234) == "P = 0.023"
    assert wrapped("one two three", 60, 11.5) == ["one two", "three"]
