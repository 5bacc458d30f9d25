"""Figures say what they show: ranges, groups, ties, statistics, and checks that failed."""

import re

import polars as pl
import pytest

from hccer.figures import FIGURES
from hccer.figures.attribution import random_check
from hccer.figures.curves import HIGHEST_THRESHOLD
from hccer.figures.forest import _doublings
from hccer.figures.nested import titled

PLACE = {"role": "validation", "cohort_id": "a", "n": 33}


def texts(name: str, frame: pl.DataFrame) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", FIGURES[name].draw(frame))


def decision(**benefits: float) -> pl.DataFrame:
    return pl.DataFrame([
        {**PLACE, "series": series, "point": at, "threshold": at / 100, "net_benefit": benefit,
         "treat_all": 0.1}
        for series, benefit in benefits.items() for at in range(1, 100)
    ])  # fmt: skip


def test_decision_curves_end_at_the_threshold_that_is_said_and_tell_how_ties_count():
    frame = decision(CR=0.2, RCR=0.2)
    frame = frame.with_columns(
        net_benefit=pl.when(pl.col("threshold") > HIGHEST_THRESHOLD).then(9.0).otherwise(0.2)
    )
    caption = FIGURES["decision_curves"].caption(frame)
    assert "Thresholds up to 0.90 are drawn" in caption
    assert "a tie counts for each" in caption
    assert caption.endswith("Validation: CR 100%; RCR 100%.")
    shown = texts("decision_curves", frame)
    assert "0.9" in shown and "8" not in shown, "what lies beyond does not stretch the axis"


def test_the_key_leaves_out_who_is_in_no_panel_above_it():
    everyone = decision(CR=0.2, DL=0.3)
    parts = [everyone.with_columns(role=pl.lit(role)) for role in ("train", "validation")]
    alone = everyone.filter(series="DL").with_columns(role=pl.lit("out_of_fold"))
    shown = texts("decision_curves", pl.concat([*parts, alone]))
    assert (shown.count("CR"), shown.count("DL")) == (1, 2)


def test_calibration_says_how_many_patients_a_group_holds():
    frame = pl.DataFrame([
        {**PLACE, "series": "CR", "slope": 1.0, "in_the_large": 0.0, "point": at,
         "predicted": at / 3, "observed": at / 3, "ci_low": 0.0, "ci_high": 1.0,
         "patients_in_group": 3 + at}
        for at in range(2)
    ])  # fmt: skip
    caption = FIGURES["calibration_curves"].caption(frame)
    assert "in 2 groups of patients" in caption
    assert "Patients in a group: Validation 3–4" in caption


def training(epochs: int, most: int | None) -> pl.DataFrame:
    return pl.DataFrame([
        {"model": "DL", "network": "ResNet-10", "fit_id": "DL-ResNet-10", "fold": 0, "epoch": at,
         "loss": 0.5, "stopping_loss": 0.6, "stopping_auc": 0.7, "kept_epoch": epochs, "n": 20,
         "n_stopping": 5, "most_epochs": most}
        for at in range(1, epochs + 1)
    ], schema_overrides={"most_epochs": pl.Int32})  # fmt: skip


@pytest.mark.parametrize(("most", "said"), [
    (10, "No training stopped early: each ran all 10 epochs."),
    (40, "1 of 1 trainings stopped early, before 40 epochs."),
    (None, ""),
])  # fmt: skip
def test_training_tells_whether_it_stopped_early(most: int | None, said: str):
    frame = training(10, most)
    caption = FIGURES["training_curves"].caption(frame)
    assert said in caption and ("early" in caption) == bool(said)
    assert "dotted, the epoch whose weights are kept" in caption
    assert not [each for each in texts("training_curves", frame) if each in ("2.5", "7.5")]


def selection(selected: int) -> str:
    row = {"phase": "AP", "feature_name": "f", "coefficient": 0.1, "frequency": 0.4,
           "penalty": 0.03, "family": "gaussian", "rule": "min", "stability": 0.5}  # fmt: skip
    return FIGURES["selection"].caption(pl.DataFrame([{**row, "selected": selected}]))


def test_the_selection_tells_whether_all_selected_features_are_drawn():
    assert selection(1).startswith("The 1 feature that the LASSO selects (1 AP)")
    assert selection(80).startswith("The 1 features with the largest coefficients of the 80 that")
    assert "orange raises the risk" in selection(1)


def shares(all_phases: float, alone: float) -> pl.DataFrame:
    return pl.DataFrame([
        {"fit_id": "DL", "channel": channel, "weights": weights, "patients": 20, "maps": 18,
         "tumour": 0.5, "margin": 0.3, "outside": 0.2, "median_correlation": correlation,
         "flat": 2, "margin_mm": 5.0}
        for channel, value in (("all", all_phases), ("AP", alone))
        for weights, correlation in (("trained", 1.0), ("random", value))
    ])  # fmt: skip


def test_maps_like_those_of_random_weights_are_called_so():
    failed = random_check(shares(0.67, 0.1))
    assert "0.67 all phases, 0.10 AP; at 0.5 or more (all phases) the check fails" in failed
    assert "must not be read as what the network learnt" in failed
    assert random_check(shares(0.2, 0.1)).endswith("0.20 all phases, 0.10 AP; all are below 0.5.")


def test_the_shares_explain_margin_flat_maps_and_the_mean():
    caption = FIGURES["attribution_shares"].caption(shares(0.2, 0.1))
    for text in ("margin of 5 mm around it", "no region changes the score", "8 of 80",
                 "means add up to 100%"):  # fmt: skip
        assert text in caption


def test_the_nested_percentiles_are_named_and_models_have_their_names():
    frame = pl.DataFrame([
        {"model": "LR", "permutation": permutation, "repeat": 1, "auc": 0.8 - permutation / 4,
         "mean_auc": 0.796, "ci_low": 0.766, "ci_high": 0.826, "p_value": 0.01,
         "training_auc": 0.9, "validation_auc": 0.7}
        for permutation in (0, 1)
    ])  # fmt: skip
    told = "mean 0.796, 2.5th to 97.5th percentile 0.766 to 0.826"
    assert {"radiomics (LR)", told, "share"} <= set(texts("nested_auc", frame))
    assert f"radiomics (LR) {told}" in FIGURES["nested_auc"].caption(frame)
    assert [titled(each) for each in ("CR", "RCR")] == ["CR", "RCR"]


def test_odds_ratios_have_a_tick_at_each_doubling():
    assert _doublings(0.24, 8.5) == [0.25, 0.5, 1, 2, 4, 8]
    assert _doublings(1 / 32, 32) == [1 / 16, 1 / 4, 1, 4, 16]
    row = {"factor": "alb", "analysis": "univariate", "odds_ratio": 0.8, "ci_low": 0.4,
           "ci_high": 1.6, "p_value": 0.5, "n": 132}  # fmt: skip
    shown = texts("odds_ratios", pl.DataFrame([row]))
    assert {"OR (95% CI)", "Albumin ≥ 40 g/L"} <= set(shown)


def kappas(*lowest: float) -> pl.DataFrame:
    return pl.DataFrame([
        {"item": f"sign {at}", "reader_a": "a", "reader_b": "b", "n": 20, "kappa": low + 0.1,
         "ci_low": low, "ci_high": low + 0.2, "band": "poor"} for at, low in enumerate(lowest)
    ])  # fmt: skip


@pytest.mark.parametrize(("lowest", "start"), [(0.7, "0.4"), (0.35, "0.2"), (-0.1, "−0.2")])
def test_the_kappa_axis_begins_where_the_values_need_it(lowest: float, start: str):
    shown = texts("reader_kappa", kappas(0.7, lowest))
    ticks = [each for each in shown if re.fullmatch(r"−?[01](\.\d)?", each.replace("-", "−"))]
    assert ticks[0].replace("-", "−") == start and ticks[-1] == "1"
