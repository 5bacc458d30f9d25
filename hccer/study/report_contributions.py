"""What each input adds to what the stored logistic models say of each patient."""

import numpy as np
import polars as pl

from hccer.modelling.artifact import from_artifact
from hccer.modelling.model import Model
from hccer.report.contributions import contributions
from hccer.study.context import StudyContext
from hccer.study.features import model_inputs
from schemas.tables import MODEL_FIT

SCHEMA = {
    "cohort_id": pl.String, "patient_id": pl.String, "model": pl.String, "name": pl.String,
    "value": pl.Float64, "z_score": pl.Float64, "coefficient": pl.Float64,
    "contribution": pl.Float64,
}  # fmt: skip
LOGISTIC = "LR"
SHOWN = ("CR", "radiomics", "RCR")


def contribution_rows(context: StudyContext, patients: list[tuple[str, str]]) -> pl.DataFrame:
    """One row per patient, logistic model and input, the largest contribution first."""
    models = _models(context)
    rows = []
    if models:
        frame = pl.DataFrame(patients, schema=["cohort_id", "patient_id"], orient="row")
        for _, of_cohort in frame.group_by("cohort_id", maintain_order=True):
            rows += _of_cohort(models, of_cohort, model_inputs(context, of_cohort))
    return pl.DataFrame(rows, schema=SCHEMA)


def _models(context: StudyContext) -> dict[str, Model]:
    fits = context.own(MODEL_FIT).filter(
        pl.col("algorithm") == LOGISTIC, pl.col("model").is_in(SHOWN)
    )
    kept = fits.select("model", "artifact_sha256").rows()
    found = {model: from_artifact(context.store.artifacts.get(sha)) for model, sha in kept}
    return {name: found[name] for name in SHOWN if name in found and found[name].feature_names}


def _of_cohort(
    models: dict[str, Model], patients: pl.DataFrame, inputs: pl.DataFrame
) -> list[dict]:
    values = {model: _values(inputs, fitted) for model, fitted in models.items()}
    return [
        {"cohort_id": cohort_id, "patient_id": patient_id, "model": model, **each.__dict__}
        for at, (cohort_id, patient_id) in enumerate(patients.rows())
        for model, fitted in models.items()
        for each in contributions(fitted, values[model][at])
    ]


def _values(inputs: pl.DataFrame, model: Model) -> np.ndarray:
    """(n, p), NaN where the cohort has no such input."""
    known = [name for name in model.feature_names if name in inputs.columns]
    absent = [pl.lit(np.nan).alias(name) for name in model.feature_names if name not in known]
    return inputs.with_columns(absent).select(model.feature_names).to_numpy()
