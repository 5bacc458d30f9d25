"""What the folds add up to: the AUC on patients not seen, its spread, and its P value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from hccer.validation.nested import FoldScores, FoldTask
from schemas.errors import HccerError
from schemas.validation import ModelName, ValidationSettings


@dataclass(frozen=True)
class Worth:
    """A model under repeated nested cross-validation.

    repeats: AUC of each repeat, all its out-of-fold scores in one; auc, sd: their mean and SD;
    ci_low, ci_high: their percentiles. These show how much the division into folds matters, not
    how much the choice of patients does. auc_within: mean over folds of the AUC inside a fold,
    which the prevalences of different folds cannot touch.

    permutations: AUC of one cross-validation per permuted outcome; p_value: share of these, the
    outcome itself counted among them, that reach `auc`; None without permutations. One
    cross-validation varies more than a mean of repeats: the P value is on the safe side.

    accuracy, sensitivity, specificity: each fold cut at the threshold of its own training patients,
    all folds of a repeat in one, the mean over repeats.

    by_prevalence: share of the scores, over the repeats, that are a training prevalence; kept:
    mean number of columns that each step left; algorithms: how often each was fitted.

    Source: Parker BJ, BMC Bioinformatics 2007;8:326 (pooled and within folds); Ojala M, J Mach
    Learn Res 2010;11:1833 (permutations).
    """

    model: ModelName
    auc: float
    sd: float
    ci_low: float
    ci_high: float
    auc_within: float
    accuracy: float
    sensitivity: float
    specificity: float
    repeats: tuple[float, ...]
    permutations: tuple[float, ...]
    p_value: float | None
    by_prevalence: float
    kept: dict[str, float]
    algorithms: dict[str, int]
    notes: dict[str, int]


def summarise(
    scored: Mapping[FoldTask, tuple[FoldScores, ...]], settings: ValidationSettings
) -> tuple[Worth, ...]:
    """Add up the folds, model by model.

    Args:
        scored: what `evaluate_task` returned for every task of `fold_tasks`.
        settings: with which the tasks were made.

    Raises:
        HccerError: folds are missing.
    """
    if not scored:
        raise HccerError("no fold has been evaluated")
    names = [each.model for each in scored[min(scored)]]
    by_run: dict[tuple[int, int], list[tuple[FoldScores, ...]]] = {}
    for task in sorted(scored):
        by_run.setdefault((task.permutation, task.repeat), []).append(scored[task])
    for (permutation, repeat), done in by_run.items():
        if len(done) < settings.n_splits:
            raise HccerError(
                f"repeat {repeat} of permutation {permutation} has {len(done)} of "
                f"{settings.n_splits} folds: evaluate the others"
            )
    return tuple(
        _worth([(run, [fold[at] for fold in done]) for run, done in by_run.items()], settings)
        for at in range(len(names))
    )


def _worth(
    runs: list[tuple[tuple[int, int], list[FoldScores]]], settings: ValidationSettings
) -> Worth:
    observed = [folds for (permutation, _), folds in runs if permutation == 0]
    repeats = [pooled_auc(folds) for folds in observed]
    permutations = [pooled_auc(folds) for (permutation, _), folds in runs if permutation]
    tail = 50 * (1 - settings.level)
    low, high = np.percentile(repeats, [tail, 100 - tail])
    every = [fold for folds in observed for fold in folds]
    rates = np.mean([pooled_rates(folds) for folds in observed], axis=0).tolist()
    return Worth(
        model=every[0].model,
        auc=float(np.mean(repeats)),
        sd=float(np.std(repeats, ddof=1)) if len(repeats) > 1 else np.nan,
        ci_low=float(low),
        ci_high=float(high),
        auc_within=float(np.mean([roc_auc_score(each.y_true, each.y_score) for each in every])),
        **dict(zip(("accuracy", "sensitivity", "specificity"), rates, strict=True)),
        repeats=tuple(repeats),
        permutations=tuple(permutations),
        p_value=permutation_p(float(np.mean(repeats)), permutations),
        by_prevalence=sum(each.by_prevalence for each in every)
        / sum(len(each.y_score) for each in every),
        kept={step: float(np.mean([each.kept[step] for each in every])) for step in every[0].kept},
        algorithms=_counts(each.algorithm for each in every),
        notes=_counts(note for each in every for note in each.notes),
    )


def _counts(values: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return found


def pooled_auc(folds: Sequence[FoldScores]) -> float:
    """AUC of the out-of-fold scores of one cross-validation, all folds in one."""
    y_true = np.concatenate([fold.y_true for fold in folds])
    return float(roc_auc_score(y_true, np.concatenate([fold.y_score for fold in folds])))


def pooled_rates(folds: Sequence[FoldScores]) -> tuple[float, float, float]:
    """Accuracy, sensitivity and specificity of one cross-validation, each fold at its threshold."""
    event = np.concatenate([fold.y_true for fold in folds]) == 1
    right = np.concatenate([fold.y_score >= fold.threshold for fold in folds]) == event
    return float(right.mean()), float(right[event].mean()), float(right[~event].mean())


def permutation_p(auc: float, permutations: Sequence[float]) -> float | None:
    """(1 + how many permutations reach the AUC) / (1 + permutations); None without any.

    Source: Phipson B, Stat Appl Genet Mol Biol 2010;9:39.
    """
    if not permutations:
        return None
    return (1 + sum(each >= auc for each in permutations)) / (1 + len(permutations))
