"""model_fit: the models of a study, fitted on its training patients and kept as artifacts."""

import polars as pl
from pydantic import BaseModel, ConfigDict

from hccer.modelling.artifact import to_artifact
from hccer.modelling.model import prevalence_model
from hccer.study.context import StudyContext
from hccer.study.features import role_rows, study_patients
from hccer.study.network_fits import DEEP
from hccer.study.network_models import AS_PUBLISHED, IN_TRAINING, network_fits
from hccer.study.rows import finite, make_table
from hccer.study.staging_fits import staging_rows
from hccer.validation.chain import fit_chain
from hccer.validation.choice import inner_aucs
from hccer.validation.fitted import FittedModel
from hccer.validation.patients import Patients
from hccer.validation.steps import Steps
from schemas.analysis import PublishedChoice
from schemas.modelling import Algorithm
from schemas.tables import MODEL_FIT, STAGING_SCORE
from schemas.validation import ALGORITHMS, ChainSettings, ModelName
from storage.blobs import Blobs
from storage.lineage import Outcome
from storage.store import Change

VERSION = "model_fit-6"


class FitSettings(BaseModel):
    """The part of the preset that decides the models."""

    model_config = ConfigDict(frozen=True)

    chain: ChainSettings
    published: PublishedChoice | None


def make_model_fit(context: StudyContext) -> Outcome:
    """Radiomics models, CR, RCR, trained networks, the cut and risk of every staging system."""
    preset = context.preset
    settings = FitSettings(chain=preset.validation.chain, published=preset.published)
    _forget_lost(context)
    return make_table(context, MODEL_FIT, VERSION, settings, lambda: _rows(context, settings))


def _forget_lost(context: StudyContext) -> None:
    """Rows whose artifact is gone do not stand: they are made again."""
    kept = context.own(MODEL_FIT).filter(~pl.col("model").is_in(DEEP))
    named = kept["artifact_sha256"].drop_nulls()
    lost = [each for each in named if not context.store.artifacts.path(each).exists()]
    if lost:
        rows = Change(MODEL_FIT, delete=pl.DataFrame({"study_id": [context.study_id]}))
        text = f"model_fit of {context.study_id}: {len(lost)} artifacts were lost"
        context.store.commit([rows], text, context.run_id)


def _rows(context: StudyContext, settings: FitSettings) -> list[dict]:
    training = role_rows(context, "train")
    train, _ = study_patients(context, training)
    fits = model_rows(context.store.artifacts, train, settings)
    fits += network_fits(context, settings.published)
    scores = context.own(STAGING_SCORE)
    return fits + staging_rows(context.store.artifacts, training, scores, settings.chain)


def model_rows(artifacts: Blobs, train: Patients, settings: FitSettings) -> list[dict]:
    """Fit every model and keep it as an artifact.

    Args:
        artifacts: where they are kept.
        train: the training patients.
        settings: of the chain; without a published choice the algorithm is chosen in training.

    Returns:
        Rows of `model_fit`.

    Raises:
        HccerError: as `fit_chain`.
    """
    found = fit_chain(train, settings.chain, (*ALGORITHMS, "CR", "RCR"))
    areas = _inner_aucs(train, settings.chain) if settings.published is None else {}
    chosen = settings.published.radiomics if settings.published else max(areas, key=areas.get)
    choice = AS_PUBLISHED if settings.published else IN_TRAINING
    return [
        {
            **_row(artifacts, train, name, model),
            "choice": choice if name == chosen else None,
            "inner_auc": areas.get(name),
        }
        for name, model in found.items()
    ]


def _inner_aucs(train: Patients, settings: ChainSettings) -> dict[Algorithm, float]:
    """Mean AUC over the inner folds of each algorithm, in the order that decides among equals."""
    steps = Steps(train.in_order(), train.in_order(), settings)
    return dict(zip(ALGORITHMS, inner_aucs(steps).mean(axis=0).tolist(), strict=True))


def _row(artifacts: Blobs, train: Patients, name: ModelName, fit: FittedModel) -> dict:
    model, algorithm = (name, "LR") if name in ("CR", "RCR") else ("radiomics", name)
    known = fit.known(train).sum() if fit.model else len(train.keys)
    return {
        "fit_id": f"{model}-{algorithm}",
        "model": model,
        "algorithm": algorithm,
        "artifact_sha256": _kept(artifacts, fit),
        "n_features": len(fit.model.feature_names) if fit.model else 0,
        "n": int(known),
        "threshold": finite(fit.threshold),
        "prevalence": fit.prevalence,
        "reason": fit.reason,
    }


def _kept(artifacts: Blobs, fit: FittedModel) -> str:
    """Hash of the stored model, its threshold in it where it has one; without inputs as well."""
    model, cut = fit.model or prevalence_model(fit.prevalence), finite(fit.threshold)
    return artifacts.put(to_artifact(model if cut is None else model.with_threshold(cut)))
