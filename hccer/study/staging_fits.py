"""Rows of `model_fit` of staging systems: where a score is cut, and the risk that goes with it."""

import numpy as np
import polars as pl

from hccer.clinical.logistic import logistic_fit
from hccer.evaluation.roc import roc_curve
from hccer.evaluation.threshold import best_threshold
from hccer.modelling.artifact import to_artifact
from hccer.modelling.model import Model, logistic_model, prevalence_model
from hccer.study.rows import finite
from schemas.errors import HccerError
from schemas.validation import ChainSettings
from storage.blobs import Blobs


def staging_rows(
    artifacts: Blobs, training: pl.DataFrame, scores: pl.DataFrame, settings: ChainSettings
) -> list[dict]:
    """The threshold of each staging system on the training patients, and its risk as an artifact.

    Args:
        artifacts: where they are kept.
        training: `cohort_id, patient_id, y_true`.
        scores: rows of `staging_score`.
        settings: rule and cut of the threshold.

    Returns:
        Rows of `model_fit`, one per system; a system without a threshold or a risk has a reason.
    """
    keys = ["cohort_id", "patient_id"]
    return [
        _row(
            artifacts,
            training.select(*keys, "y_true").join(scores.filter(system=system), on=keys),
            system,
            float(training["y_true"].mean()),
            settings,
        )
        for system in scores["system"].unique().sort()
    ]


def _row(
    artifacts: Blobs,
    of_system: pl.DataFrame,
    system: str,
    prevalence: float,
    settings: ChainSettings,
) -> dict:
    threshold, reason = _threshold(of_system, settings)
    model, without_risk = _risk(of_system, system, prevalence)
    return {
        "fit_id": f"staging-{system}",
        "model": "staging",
        "algorithm": system,
        "artifact_sha256": artifacts.put(to_artifact(_cut(model, threshold))),
        "n_features": len(model.feature_names),
        "n": of_system["score"].count(),
        "threshold": threshold,
        "prevalence": prevalence,
        "reason": reason or without_risk,
    }


def _threshold(of_system: pl.DataFrame, settings: ChainSettings) -> tuple[float | None, str | None]:
    known = of_system.drop_nulls("score")
    if known.is_empty():
        most_common = of_system["reason"].drop_nulls().mode().sort().to_list()
        return None, next(iter(most_common), "computable for no training patient")
    y_true, y_score = known["y_true"].to_numpy(), known["score"].to_numpy()
    try:
        curve = roc_curve(y_true, y_score, settings.threshold_cut)
    except HccerError as error:
        return None, str(error)
    return finite(best_threshold(curve, settings.threshold_rule).value), None


def _risk(of_system: pl.DataFrame, system: str, prevalence: float) -> tuple[Model, str | None]:
    """Logistic regression of the outcome on the score; the prevalence, and why, where none is."""
    known = of_system.drop_nulls("score")
    X, y_true = known.select("score").to_numpy(), known["y_true"].to_numpy()
    try:
        return logistic_model([system], logistic_fit(X, y_true, [system]).coefficients), None
    except HccerError as error:
        return prevalence_model(prevalence), f"no risk: {error}"


def _cut(model: Model, threshold: float | None) -> Model:
    """With the risk at the score's threshold, where the risk grows with the score."""
    coefficients = getattr(model.classifier, "coefficients", ())
    if threshold is None or not len(coefficients) or coefficients[0] <= 0:
        return model
    return model.with_threshold(model.score(np.array([[threshold]]))[0])
