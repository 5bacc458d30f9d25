"""Decision curves, against R and Python dcurves."""

import numpy as np
import polars as pl
import pytest
from dcurves import dca
from scipy.special import expit

from hccer.evaluation.decision import decision_curve
from hccer.evaluation.logistic import fit_logistic
from schemas.errors import HccerError
from tests.hccer.evaluated import (
    GOLD,
    miscalibrated,
    needs_gold,
    predictions,
)


@needs_gold
def test_decision_curve_equals_r_dcurves():
    rows = pl.read_csv(GOLD / "dca" / "r_dcurves_df_binary_full.csv", infer_schema_length=None)
    frame = pl.read_csv(GOLD / "dcurves_df_binary.csv")
    y = frame["cancer"].to_numpy()
    marker = frame["marker"].to_numpy()
    fit = fit_logistic(np.column_stack([np.ones(len(y)), marker]), y == 1)
    models = {
        "cancerpredmarker": frame["cancerpredmarker"].to_numpy(),
        "marker": expit(fit.coefficients[0] + fit.coefficients[1] * marker),
        "famhistory": frame["famhistory"].to_numpy(),
    }
    for name, p in models.items():
        named = rows.filter(pl.col("variable") == name, pl.col("threshold") < 1)
        found = decision_curve(y, p, named["threshold"].to_numpy())
        assert len(named) >= 100
        np.testing.assert_allclose(found.net_benefit, named["net_benefit"], rtol=0, atol=1e-9)
    everybody = rows.filter(pl.col("variable") == "all", pl.col("threshold") < 1)
    found = decision_curve(y, models["famhistory"], everybody["threshold"].to_numpy())
    np.testing.assert_allclose(found.treat_all, everybody["net_benefit"], rtol=0, atol=1e-9)


@needs_gold
def test_interventions_avoided_equal_r_dcurves():
    rows = pl.read_csv(
        GOLD / "dca" / "r_dcurves_df_binary_nia.csv", null_values="NA", infer_schema_length=None
    )
    y, p = predictions("df_binary")
    named = rows.filter(pl.col("variable") == "cancerpredmarker", pl.col("threshold") < 1)
    threshold = named["threshold"].to_numpy()
    curve = decision_curve(y, p, threshold)
    found = (curve.net_benefit - curve.treat_all) * (1 - threshold) / np.maximum(threshold, 1e-9)
    theirs = named["net_intervention_avoided"].cast(float, strict=False).to_numpy()
    known = ~np.isnan(theirs)
    assert known.sum() >= 98
    np.testing.assert_allclose(found[known], theirs[known], atol=1e-9)


@pytest.mark.parametrize("prevalence", [None, 0.15])
def test_decision_curve_equals_python_dcurves(prevalence: float | None):
    y, p = miscalibrated()
    thresholds = np.arange(0, 100) / 100
    frame = pl.DataFrame({"y": y, "p": p}).to_pandas()
    theirs = dca(data=frame, outcome="y", modelnames=["p"], thresholds=thresholds,
                 prevalence=prevalence)  # fmt: skip
    found = decision_curve(y, p, thresholds, prevalence)
    for name, ours in (("p", found.net_benefit), ("all", found.treat_all)):
        named = theirs[theirs["model"] == name]["net_benefit"]
        np.testing.assert_allclose(ours, named, rtol=0, atol=1e-9)


def test_decision_curve_by_hand_and_its_refusals():
    found = decision_curve([1, 1, 0, 0], [0.9, 0.2, 0.5, 0.1], [0.0, 0.5])
    np.testing.assert_allclose(found.net_benefit, [0.5, 0.0])
    np.testing.assert_allclose(found.treat_all, [0.5, 0.0])
    assert decision_curve([1, 1], [0.9, 0.2], [0.5]).net_benefit == 0.5
    for thresholds in ([0.5, 1.0], [-0.1], [np.nan], 0.5):
        with pytest.raises(HccerError, match="at least 0, below 1"):
            decision_curve([0, 1], [0.5, 0.5], thresholds)
    with pytest.raises(HccerError, match="prevalence must lie between 0 and 1, not 1"):
        decision_curve([0, 1], [0.5, 0.5], [0.5], prevalence=1)
    with pytest.raises(HccerError, match="with a given prevalence needs patients with and without"):
        decision_curve([1, 1], [0.5, 0.5], [0.5], prevalence=0.2)
