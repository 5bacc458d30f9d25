"""nested_prediction: what chains that never saw a development patient say of them."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from hccer.parallel import CRASHED, map_tasks
from hccer.study.context import StudyContext
from hccer.study.features import role_rows, study_patients
from hccer.study.fold_rows import Writer
from hccer.validation.nested import (
    FoldScores,
    FoldTask,
    evaluate_task,
    fold_tasks,
)
from hccer.validation.patients import Patients
from schemas.analysis import PublishedChoice
from schemas.errors import HccerError
from schemas.preset import settings_text
from schemas.validation import ChainSettings, ModelName, ValidationSettings
from storage.lineage import Outcome
from storage.memory import derivation

VERSION = "nested-prediction-3"
WITH_FACTORS: tuple[ModelName, ...] = ("CR", "RCR")


class FoldSettings(BaseModel):
    """What decides a fold; how many repeats and permutations there are does not."""

    model_config = ConfigDict(frozen=True)

    chain: ChainSettings
    n_splits: int
    random_state: int
    models: tuple[ModelName, ...]


@dataclass(frozen=True, eq=False)
class Run:
    """Folds of one cross-validation that are to be done, by one worker."""

    patients: Patients
    tasks: tuple[FoldTask, ...]
    settings: ValidationSettings
    models: tuple[ModelName, ...]


def make_nested_prediction(context: StudyContext) -> Outcome:
    """Score every development patient in every repeat and permutation, fold by fold.

    A fold stands as long as the patients, their values and what decides a fold are the same: more
    repeats or permutations are added to those there are, and a killed run goes on where it was.

    Raises:
        HccerError: there is no split, a fold cannot be done, or a worker died.
    """
    patients = role_rows(context, "train", "validation")
    if patients.is_empty():
        raise context.fail("nobody has a part in the split: make `split` first")
    inputs, _ = study_patients(context, patients)
    settings = context.preset.validation
    models = _models(context, inputs)
    writer = Writer(context, patients, _derivation(patients, inputs, settings, models))
    plan = writer.plan(fold_tasks(settings))
    runs = [Run(inputs, each, settings, models) for each in _by_run(plan.todo)]
    writer.begin(plan)
    try:
        for run, found in map_tasks(_evaluate, runs, f"nested folds of {context.study_id}"):
            if not isinstance(found, list):
                raise context.fail(_sentence(found))
            writer.add(run.tasks, found)
    finally:
        writer.flush()
    return writer.outcome(plan, VERSION)


def _models(context: StudyContext, patients: Patients) -> tuple[ModelName, ...]:
    """The models that the preset names, else those of `nested_models`."""
    named = context.preset.validation.models
    if named is None:
        return nested_models(patients, context.preset.published)
    without = [name for name in named if name in WITH_FACTORS]
    if without and not _has_factors(patients):
        raise context.fail(
            f"overrides.validation.models: {' and '.join(without)} need clinical factors, and the "
            "study has none: leave them out"
        )
    return named


def _has_factors(patients: Patients) -> bool:
    return patients.factors is not None and bool(np.isfinite(patients.factors).any())


def nested_models(patients: Patients, published: PublishedChoice | None) -> tuple[ModelName, ...]:
    """The chain as published, the algorithm chosen in training, and the models with factors."""
    models: list[ModelName] = [published.radiomics if published else "LR"]
    if _has_factors(patients):
        models += WITH_FACTORS
    return tuple(models if published else [*models, "honest"])


def _derivation(
    patients: pl.DataFrame,
    inputs: Patients,
    settings: ValidationSettings,
    models: tuple[ModelName, ...],
) -> str:
    chosen = FoldSettings(
        chain=settings.chain,
        n_splits=settings.n_splits,
        random_state=settings.random_state,
        models=models,
    )
    named = patients.select("cohort_id", "patient_id").rows()
    return derivation([content(inputs), json.dumps(named)], settings_text(chosen), VERSION)


def content(patients: Patients) -> str:
    """Hash of everything that the chain reads."""
    found = hashlib.sha256(json.dumps([
        patients.keys, patients.feature_names, patients.factor_names, patients.y_true.tolist()
    ]).encode())  # fmt: skip
    parts = {"X": patients.X, "factors": patients.factors}
    for name in ("intra", "inter"):
        repeats = getattr(patients, name)
        parts |= {} if repeats is None else {f"{name} rows": repeats.rows, name: repeats.X}
    for name, part in parts.items():
        if part is not None:
            found.update(f"{name} {part.shape}".encode() + np.ascontiguousarray(part).tobytes())
    return found.hexdigest()


def _by_run(tasks: list[FoldTask]) -> list[tuple[FoldTask, ...]]:
    runs: dict[tuple[int, int], list[FoldTask]] = {}
    for task in tasks:
        runs.setdefault((task.permutation, task.repeat), []).append(task)
    return [tuple(each) for each in runs.values()]


def _evaluate(run: Run) -> list[tuple[FoldScores, ...]] | str:
    """What each fold says; or why one cannot be done."""
    try:
        return [evaluate_task(run.patients, each, run.settings, run.models) for each in run.tasks]
    except HccerError as error:
        return str(error)


def _sentence(reason: str | None) -> str:
    if reason is None:
        return f"nested cross-validation: {CRASHED}"
    return f"nested cross-validation: {reason}"
