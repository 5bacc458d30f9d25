"""prediction: what the stored models say of every patient of the study."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from hccer.modelling.artifact import from_artifact
from hccer.modelling.model import Model
from hccer.study.context import StudyContext
from hccer.study.external import check_external, check_features
from hccer.study.features import model_inputs, role_rows
from hccer.study.network_fits import DEEP
from hccer.study.rows import IncompleteError, make_table
from hccer.study.scored import network_scores
from schemas.errors import HccerError
from schemas.tables import MODEL_FIT, PREDICTION, STAGING_SCORE
from storage.blobs import Blobs
from storage.lineage import Outcome

VERSION = "prediction-2"


def make_prediction(context: StudyContext) -> Outcome:
    """Score training, validation and external patients with the models as they are stored.

    A patient who lacks an input of a model has no row for it: a guess would be evaluated as if the
    model had made it. A model that kept no input says the same of everybody, the training
    prevalence. A network of a fold scores the training patients of that fold, out of fold.

    Raises:
        HccerError: an external cohort cannot be scored, or an artifact is lost or damaged; where it
            is that of a network, after what all others say is stored.
    """
    return make_table(context, PREDICTION, VERSION, None, lambda: _rows(context))


def _rows(context: StudyContext) -> list[dict]:
    check_external(context)
    fits = context.own(MODEL_FIT).filter(~pl.col("model").is_in(DEEP))
    models = stored_models(context.store.artifacts, fits)
    staging = context.own(STAGING_SCORE)
    rows = []
    patients = role_rows(context, "train", "validation", "external")
    for (cohort_id,), of_cohort in patients.group_by("cohort_id", maintain_order=True):
        check_features(context, cohort_id, models.values())
        inputs = model_inputs(context, of_cohort)
        rows += prediction_rows(fits, models, of_cohort, inputs, staging)
    try:
        for of_network in network_rows(context):
            rows += of_network
    except HccerError as error:
        raise IncompleteError(str(error), rows) from None
    return rows


def network_rows(context: StudyContext) -> Iterator[list[dict]]:
    """Rows of `prediction` of every network, each with the threshold of its own patients.

    Raises:
        HccerError: a network cannot score; after all those that can.
    """
    columns = ["fit_id", "cohort_id", "patient_id", "role", "repeat", "fold", "y_true"]
    for network, patients, scores in network_scores(context):
        scored = patients.select(columns).with_columns(
            y_score=pl.Series(scores.y_score, dtype=pl.Float64),
            threshold=pl.lit(network["threshold"]),
            permutation=pl.lit(0),
        )
        yield scored.to_dicts()


def stored_models(artifacts: Blobs, fits: pl.DataFrame) -> dict[str, Model]:
    """The models of rows of `model_fit` that have an artifact, by `fit_id`."""
    kept = fits.drop_nulls("artifact_sha256").select("fit_id", "artifact_sha256").rows()
    return {fit_id: from_artifact(artifacts.get(sha256)) for fit_id, sha256 in kept}


def prediction_rows(
    fits: pl.DataFrame,
    models: dict[str, Model],
    patients: pl.DataFrame,
    inputs: pl.DataFrame,
    staging: pl.DataFrame,
) -> list[dict]:
    """Rows of `prediction` of each fit for the patients whom it can score.

    Args:
        fits: rows of `model_fit`.
        models: by `fit_id`, from `stored_models`.
        patients: `cohort_id, patient_id, role, y_true`.
        inputs: features and factors, row by row those of `patients`.
        staging: rows of `staging_score`.
    """
    rows = []
    for fit in fits.iter_rows(named=True):
        scores = _scores(fit, models.get(fit["fit_id"]), patients, inputs, staging)
        scored = patients.select("cohort_id", "patient_id", "role", "y_true").with_columns(
            y_score=pl.Series(scores, dtype=pl.Float64),
            **{name: pl.lit(fit[name]) for name in ("fit_id", "threshold")},
            **{name: pl.lit(0) for name in ("repeat", "fold", "permutation")},
        )
        rows += scored.filter(pl.col("y_score").is_finite()).to_dicts()
    return rows


def _scores(
    fit: dict,
    model: Model | None,
    patients: pl.DataFrame,
    inputs: pl.DataFrame,
    staging: pl.DataFrame,
) -> np.ndarray:
    """Score (n,), NaN where an input is missing."""
    if fit["model"] == "staging":
        keys = ["cohort_id", "patient_id"]
        of_system = staging.filter(system=fit["algorithm"]).select(*keys, "score")
        placed = patients.join(of_system, on=keys, how="left", maintain_order="left")
        return placed["score"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    if model is None:
        return np.full(len(patients), fit["prevalence"])
    known = np.isfinite(inputs.select(model.feature_names).to_numpy()).all(axis=1)
    scores = np.full(len(patients), np.nan)
    scores[known] = model.score_frame(inputs.filter(known))
    return scores
