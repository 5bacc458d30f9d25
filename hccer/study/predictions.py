"""prediction: what the stored models say of every patient of the study."""

import json
from collections.abc import Iterator

import numpy as np
import polars as pl

from hccer.modelling.artifact import from_artifact
from hccer.modelling.model import Model
from hccer.study.context import StudyContext
from hccer.study.external import check_external, check_factors
from hccer.study.features import model_inputs, role_rows
from hccer.study.network_fits import DEEP
from hccer.study.rows import IncompleteError, make_table
from hccer.study.scored import network_scores
from schemas.errors import HccerError
from schemas.tables import MODEL_FIT, NETWORK, PREDICTION, SPLIT, STAGING_SCORE
from storage.blobs import Blobs
from storage.lineage import Outcome

VERSION = "prediction-3"


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
    check_external(context, context.own(SPLIT).filter(repeat=0))
    fits = context.own(MODEL_FIT).filter(~pl.col("model").is_in(DEEP))
    models = stored_models(context.store.artifacts, fits)
    staging = context.own(STAGING_SCORE)
    read = inputs_read(models, context.own(NETWORK))
    rows = []
    patients = role_rows(context, "train", "validation", "external")
    for (cohort_id,), of_cohort in patients.group_by("cohort_id", maintain_order=True):
        inputs = model_inputs(context, of_cohort)
        if cohort_id in context.file.external:
            check_factors(context, cohort_id, inputs, read)
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
            y_prob=pl.Series(scores.y_score, dtype=pl.Float64),
            threshold=pl.lit(network["threshold"]),
            permutation=pl.lit(0),
        )
        yield scored.to_dicts()


def inputs_read(models: dict[str, Model], networks: pl.DataFrame) -> dict[str, list[str]]:
    """Names of the inputs of each fit: of models, and of rows of `network`."""
    joined = networks.filter(fold=0).select("fit_id", "inputs").rows()
    read = {fit_id: list(model.feature_names) for fit_id, model in models.items()}
    return read | {fit_id: json.loads(inputs) for fit_id, inputs in joined}


def stored_models(artifacts: Blobs, fits: pl.DataFrame) -> dict[str, Model]:
    """The models of rows of `model_fit`, by `fit_id`."""
    kept = fits.select("fit_id", "artifact_sha256").rows()
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
        y_score, y_prob = _scores(fit, models[fit["fit_id"]], patients, inputs, staging)
        scored = patients.select("cohort_id", "patient_id", "role", "y_true").with_columns(
            y_score=pl.Series(y_score, dtype=pl.Float64),
            y_prob=pl.Series(y_prob, dtype=pl.Float64),
            **{name: pl.lit(fit[name]) for name in ("fit_id", "threshold")},
            **{name: pl.lit(0) for name in ("repeat", "fold", "permutation")},
        )
        rows += scored.filter(pl.col("y_score").is_finite()).to_dicts()
    return rows


def _scores(
    fit: dict, model: Model, patients: pl.DataFrame, inputs: pl.DataFrame, staging: pl.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Score and predicted risk (n,), the score NaN where an input is missing."""
    if fit["model"] != "staging":
        y_prob = _risks(model, inputs)
        return y_prob, y_prob
    keys = ["cohort_id", "patient_id"]
    of_system = staging.filter(system=fit["algorithm"]).select(*keys, "score")
    placed = patients.join(of_system, on=keys, how="left", maintain_order="left")
    score = placed["score"].cast(pl.Float64).fill_null(np.nan)
    return score.to_numpy(), _risks(model, pl.DataFrame({fit["algorithm"]: score}))


def _risks(model: Model, inputs: pl.DataFrame) -> np.ndarray:
    """Predicted risk (n,), NaN where an input is missing."""
    known = np.isfinite(model.inputs(inputs)).all(axis=1)
    risks = np.full(len(inputs), np.nan)
    risks[known] = model.score_frame(inputs.filter(known))
    return risks
