"""Rows of `model_fit` for the networks of all training patients."""

import json

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from hccer.study.context import StudyContext
from hccer.study.scored import network_scores, seen_events
from schemas.analysis import PublishedChoice
from schemas.tables import NETWORK

AS_PUBLISHED = "the paper's choice, on its validation patients"
IN_TRAINING = "chosen in training"
NOTHING_JOINED = "no feature or factor was kept: the images alone"


def network_fits(context: StudyContext, published: PublishedChoice | None) -> list[dict]:
    """Rows of `model_fit`, one per network that was trained on all training patients.

    Of the networks of the images alone one is marked in `choice`: the published one where it is
    among them, else the one with the best AUC out of fold.
    """
    networks = context.own(NETWORK).filter(fold=0)
    alone = networks.filter(model="DL")["network"].to_list()
    as_published = published is not None and published.deep in alone
    areas = {} if as_published or not alone else out_of_fold_aucs(context)
    chosen = published.deep if as_published else best(areas)
    events = seen_events(context)
    return [
        {
            "fit_id": row["fit_id"],
            "model": row["model"],
            "algorithm": row["network"],
            "artifact_sha256": row["weights_sha256"],
            "n_features": len(json.loads(row["inputs"])),
            "n": row["n"] + row["n_stopping"],
            "threshold": row["threshold"],
            "prevalence": events[row["fit_id"], 0],
            "choice": (AS_PUBLISHED if as_published else IN_TRAINING)
            if (row["model"], row["network"]) == ("DL", chosen) else None,
            "inner_auc": areas.get(row["network"]) if row["model"] == "DL" else None,
            "reason": NOTHING_JOINED if _joins_nothing(row) else None,
        }
        for row in networks.iter_rows(named=True)
    ]  # fmt: skip


def _joins_nothing(row: dict) -> bool:
    return row["model"] == "DLRCR" and not json.loads(row["inputs"])


def best(areas: dict[str, float]) -> str | None:
    """The network with the largest AUC, of equals the first; None where there is none."""
    return max(areas, key=areas.get, default=None)


def out_of_fold_aucs(context: StudyContext) -> dict[str, float]:
    """Mean AUC over the folds of each network of the images alone that was trained without them.

    A fold whose patients have one outcome says nothing.
    """
    areas: dict[str, list[float]] = {}
    chosen = (pl.col("model") == "DL") & (pl.col("fold") > 0)
    for network, patients, scores in network_scores(context, chosen):
        if patients["y_true"].n_unique() > 1:
            area = roc_auc_score(patients["y_true"].to_numpy(), scores.y_score)
            areas.setdefault(network["network"], []).append(float(area))
    return {name: float(np.mean(values)) for name, values in areas.items()}
