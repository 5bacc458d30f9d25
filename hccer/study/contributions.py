"""contribution: what each input adds to what the stored logistic models say of a patient."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import polars as pl

from hccer.modelling.artifact import from_artifact
from hccer.modelling.model import Model
from hccer.report.contributions import contributions
from hccer.study.context import StudyContext
from hccer.study.features import model_inputs, role_rows
from hccer.study.rows import make_table
from schemas.tables import CONTRIBUTION, MODEL_FIT
from storage.lineage import Outcome

VERSION = "contribution-1"
LOGISTIC = "LR"
EXPLAINED = ("CR", "radiomics", "RCR")


def make_contribution(context: StudyContext) -> Outcome:
    """One row per logistic model, patient whom it scores, and input.

    Raises:
        HccerError: an artifact is lost or damaged, or a cohort lacks a feature.
    """
    return make_table(context, CONTRIBUTION, VERSION, None, lambda: _rows(context))


def _rows(context: StudyContext) -> Iterator[dict]:
    models = {fit: each for fit, each in logistic_models(context).items() if each.feature_names}
    if not models:
        return
    patients = role_rows(context, "train", "validation", "external")
    for _, of_cohort in patients.group_by("cohort_id", maintain_order=True):
        inputs = model_inputs(context, of_cohort)
        for fit_id, model in models.items():
            yield from _of_model(fit_id, model, of_cohort, _values(inputs, model))


def logistic_models(context: StudyContext) -> dict[str, Model]:
    """The stored logistic models of a study, by fit."""
    chosen = pl.col("model").is_in(EXPLAINED), pl.col("algorithm") == LOGISTIC
    kept = context.own(MODEL_FIT).filter(*chosen).select("fit_id", "artifact_sha256").rows()
    artifacts = context.store.artifacts
    return {fit_id: from_artifact(artifacts.get(sha256)) for fit_id, sha256 in kept}


def _of_model(
    fit_id: str, model: Model, patients: pl.DataFrame, values: np.ndarray
) -> Iterator[dict]:
    for row, who in zip(values, patients.select("cohort_id", "patient_id").to_dicts(), strict=True):
        for each in contributions(model, row):
            yield {"fit_id": fit_id, **who, **asdict(each)}


def _values(inputs: pl.DataFrame, model: Model) -> np.ndarray:
    """(n, p), NaN where the cohort has no such input."""
    known = [name for name in model.feature_names if name in inputs.columns]
    absent = [pl.lit(np.nan).alias(name) for name in model.feature_names if name not in known]
    return inputs.with_columns(absent).select(model.feature_names).to_numpy()
