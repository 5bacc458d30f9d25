"""Repeated nested cross-validation, fold by fold: each task is done alone and kept alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hccer.validation.chain import fit_chain
from hccer.validation.fitted import FittedModel
from hccer.validation.folds import folds, permuted
from hccer.validation.patients import Patients
from hccer.validation.reliability import unfiltered
from schemas.errors import HccerError
from schemas.validation import ChainSettings, ModelName, ValidationSettings


@dataclass(frozen=True, order=True)
class FoldTask:
    """One fold of one repeat; permutation 0 is the outcome as it is."""

    permutation: int
    repeat: int
    fold: int


@dataclass(frozen=True, eq=False)
class FoldScores:
    """What one model, fitted on the other folds, says of the patients of a fold.

    rows, y_true, y_score: (n,), in the order asked for. kept: how many columns each step of
    the selection left. by_prevalence: patients whose score is the training prevalence, for want of
    a column or of a value. notes: why, and which filter could not act.
    """

    model: ModelName
    algorithm: str
    rows: np.ndarray
    y_true: np.ndarray
    y_score: np.ndarray
    threshold: float
    kept: dict[str, int]
    by_prevalence: int
    notes: tuple[str, ...] = ()


def evaluate_fold(
    patients: Patients,
    train_rows: np.ndarray,
    test_rows: np.ndarray,
    settings: ChainSettings,
    models: Sequence[ModelName],
) -> tuple[FoldScores, ...]:
    """Fit the chain on some patients and score others.

    Args:
        patients: all of them.
        train_rows: whom everything is learned from; their order does not matter.
        test_rows: whom it is applied to; of them the features and factors alone are read.
        settings: of the chain.
        models: which to fit.

    Raises:
        HccerError: a patient is in both, or as `fit_chain`.
    """
    shared = np.intersect1d(train_rows, test_rows)
    if shared.size:
        raise HccerError(f"{shared.size} patients are in training and test: a patient is in one")
    train, everybody = patients.take(train_rows), patients.take(np.union1d(train_rows, test_rows))
    chain = fit_chain(
        everybody if settings.leak == "all" else train,
        settings,
        models,
        selected_on=train if settings.leak == "none" else everybody,
    )
    return tuple(_scores(name, chain[name], patients, test_rows) for name in models)


def _scores(
    name: ModelName, model: FittedModel, patients: Patients, rows: np.ndarray
) -> FoldScores:
    y_score = model.score(patients)[rows]
    unknown = ~model.known(patients)[rows]
    notes = () if model.reason is None else (model.reason,)
    return FoldScores(
        model=name,
        algorithm=model.algorithm,
        rows=rows,
        y_true=patients.y_true[rows],
        y_score=y_score,
        threshold=model.threshold,
        kept=model.kept,
        by_prevalence=int(unknown.sum()),
        notes=notes if name == "CR" else (*notes, *unfiltered(patients)),
    )


def fold_tasks(settings: ValidationSettings) -> tuple[FoldTask, ...]:
    """Every fold of every repeat, then of one cross-validation per permutation."""
    runs = [(0, repeat) for repeat in range(settings.n_repeats)]
    runs += [(1 + each, 0) for each in range(settings.n_permutations)]
    return tuple(FoldTask(*run, fold) for run in runs for fold in range(settings.n_splits))


def dealt_again(
    patients: Patients, task: FoldTask, settings: ValidationSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Outcome (n,) and fold (n,) of each patient in a task's repeat or permutation.

    Raises:
        HccerError: as `folds`.
    """
    seed = settings.random_state
    y_true = permuted(patients.keys, patients.y_true, task.permutation, seed)
    every = folds(patients.keys, y_true, task.repeat + 1, settings.n_splits, seed)
    return y_true, every[task.repeat]


def evaluate_task(
    patients: Patients,
    task: FoldTask,
    settings: ValidationSettings,
    models: Sequence[ModelName],
) -> tuple[FoldScores, ...]:
    """One task of `fold_tasks`: the outcome is permuted before anything looks at it.

    Raises:
        HccerError: as `folds` and `evaluate_fold`.
    """
    y_true, foldid = dealt_again(patients, task, settings)
    return evaluate_fold(
        replace(patients, y_true=y_true),
        np.flatnonzero(foldid != task.fold),
        np.flatnonzero(foldid == task.fold),
        settings.chain,
        models,
    )
