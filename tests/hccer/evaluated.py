"""Outcomes and scores, of gold files or made up, that the tests of the evaluation share."""

import json

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from tests.support import SHARED

GOLD = SHARED / "gold"
needs_gold = pytest.mark.skipif(not GOLD.is_dir(), reason="shared/gold is not there")
MARKERS = ["wfns", "s100b", "ndka"]
SETS = {"df_binary": "df_binary_cancerpredmarker", "aSAH": "aSAH_pred"}


def gold(name: str) -> dict:
    return json.loads((GOLD / name).read_text())


def asah() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    frame = pl.read_csv(GOLD / "proc_aSAH.csv")
    return (frame["outcome"] == "Poor").to_numpy(), {
        name: frame[name].cast(float).to_numpy() for name in MARKERS
    }


def predictions(name: str) -> tuple[np.ndarray, np.ndarray]:
    file, y, p = {
        "df_binary": ("dcurves_df_binary.csv", "cancer", "cancerpredmarker"),
        "aSAH": ("calib_aSAH_pred.csv", "y", "p"),
    }[name]
    frame = pl.read_csv(GOLD / file)
    return frame[y].to_numpy(), frame[p].to_numpy()


def paper_cr_model(cohort: str) -> tuple[np.ndarray, np.ndarray]:
    frame = pl.read_csv(GOLD / "paper_cr_reconstructed_165.csv").filter(pl.col("cohort") == cohort)
    coefficients = gold("paper_cr_reconstruction.json")["coef"]
    score = coefficients["(Intercept)"] + sum(
        coefficients[name] * frame[name].to_numpy() for name in ("ast_gt40", "diameter_gt5cm")
    )
    return frame["early_recurrence"].to_numpy(), expit(score)


def simulated(n: int = 80, seed: int = 0, models: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % 3 == 0).astype(int)
    # one decimal makes ties
    return y, np.round(rng.normal(size=(models, n)) + 0.8 * y, 1).squeeze()


def miscalibrated(n: int = 400, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    return (rng.random(n) < expit(truth)).astype(int), expit(2 * truth - 0.7)
