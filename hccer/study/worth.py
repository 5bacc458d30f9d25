"""worth, choice_optimism: what the pipeline is worth, and what choosing on validation adds."""

import json
from itertools import groupby

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from hccer.study.context import StudyContext
from hccer.study.predicted import BY_CONTENT
from hccer.study.rows import finite, make_table
from hccer.validation.nested import FoldScores, FoldTask, fold_tasks
from hccer.validation.optimism import choice_optimism
from hccer.validation.worth import Worth, summarise
from schemas.errors import HccerError
from schemas.tables import CHOICE_OPTIMISM, NESTED_PREDICTION, SPLIT, WORTH
from schemas.validation import ALGORITHMS
from storage.lineage import Outcome

WORTH_VERSION = "worth-2"
OPTIMISM_VERSION = "choice-optimism-2"
NOBODY = "nobody is in the validation part: there is nothing to choose on"
FOLD = ("permutation", "repeat", "fold")
ON_VALIDATION = (
    "select p.cohort_id, p.patient_id, replace(p.fit_id, 'radiomics-', '') as algorithm, p.y_true, "
    f"p.y_score from lake.prediction p {BY_CONTENT} where p.study_id = $study "
    "and p.role = 'validation' and p.fit_id in $fits and p.repeat = 0 and p.permutation = 0 "
    "order by s.content_sha256, p.cohort_id, p.patient_id, algorithm"
)


def make_worth(context: StudyContext) -> Outcome:
    """AUC and rates on patients not seen, their spread over repeats, and the permutation test.

    Raises:
        HccerError: folds are missing.
    """
    settings = context.preset.validation

    def rows() -> list[dict]:
        scored, wanted = nested_scores(context.own(NESTED_PREDICTION)), fold_tasks(settings)
        missing = len(set(wanted) - set(scored))
        if missing:
            raise context.fail(
                f"{missing} of {len(wanted)} nested folds are not done: make `nested_prediction`"
            )
        return [_row(each) for each in summarise(scored, settings)]

    return make_table(context, WORTH, WORTH_VERSION, settings, rows)


def nested_scores(rows: pl.DataFrame) -> dict[FoldTask, tuple[FoldScores, ...]]:
    """Rows of `nested_prediction` as the folds that they were made from.

    The patients of a fold are only counted: their place in a table is not stored.
    """
    parts = rows.sort(*FOLD, "model").partition_by(*FOLD, "model", maintain_order=True)
    folds = groupby(parts, key=lambda part: part.select(FOLD).row(0))
    return {
        FoldTask(permutation, repeat - 1, fold - 1): tuple(_scores(part) for part in of_fold)
        for (permutation, repeat, fold), of_fold in folds
    }


def _scores(part: pl.DataFrame) -> FoldScores:
    first = part.row(0, named=True)
    return FoldScores(
        model=first["model"],
        algorithm=first["algorithm"],
        rows=np.arange(len(part)),
        y_true=part["y_true"].to_numpy(),
        y_score=part["y_score"].to_numpy(),
        threshold=np.inf if first["threshold"] is None else first["threshold"],
        kept=json.loads(first["kept"]),
        by_prevalence=first["by_prevalence"],
        notes=tuple(json.loads(first["notes"])),
    )


def _row(worth: Worth) -> dict:
    numbers = ("auc", "auc_within", "ci_low", "ci_high", "accuracy", "sensitivity", "specificity",
               "p_value", "by_prevalence")  # fmt: skip
    return {
        "model": worth.model,
        **{name: getattr(worth, name) for name in numbers},
        "sd": finite(worth.sd),
        "repeats": len(worth.repeats),
        "permutations": len(worth.permutations),
        **{name: json.dumps(getattr(worth, name)) for name in ("kept", "algorithms", "notes")},
    }


def make_choice_optimism(context: StudyContext) -> Outcome:
    """How much of the best algorithm's AUC on the validation patients is owed to choosing it."""
    return make_table(context, CHOICE_OPTIMISM, OPTIMISM_VERSION, None, lambda: _compared(context))


def _compared(context: StudyContext) -> list[dict]:
    found = context.rows(ON_VALIDATION, fits=[f"radiomics-{name}" for name in ALGORITHMS])
    roles = context.own(SPLIT)["role"]
    if found.is_empty() and len(roles) and "validation" not in roles:
        return [{"algorithm": name, "n": 0, "best": False, "reason": NOBODY} for name in ALGORITHMS]
    if found.is_empty():
        raise context.fail("no radiomics model has scored a validation patient: make `prediction`")
    names = [name for name in ALGORITHMS if name in found["algorithm"]]
    return optimism_rows(names, found)


def optimism_rows(names: list[str], predictions: pl.DataFrame) -> list[dict]:
    """Rows of `choice_optimism`.

    Args:
        names: the algorithms, in the order in which the first of equals is chosen.
        predictions: `cohort_id, patient_id, algorithm, y_true, y_score` of validation patients.

    Returns:
        One row per algorithm; where nothing can be estimated each has the reason.
    """
    wide = predictions.pivot(
        "algorithm", index=["cohort_id", "patient_id", "y_true"], values="y_score"
    ).drop_nulls()
    y_true, y_score = wide["y_true"].to_numpy(), wide.select(names).to_numpy().T
    same = [{"algorithm": name, "n": len(wide), "best": False} for name in names]
    try:
        found = choice_optimism(names, y_true, y_score)
    except HccerError as error:
        return [{**row, "reason": str(error)} for row in same]
    of_best = {
        "best": True,
        "optimism": found.optimism,
        "corrected": found.corrected,
        "out_of_bag": finite(found.out_of_bag),
    }
    return [
        {**row, "auc": float(roc_auc_score(y_true, score)), "chosen": found.chosen[name]}
        | (of_best if name == found.best else {})
        for row, name, score in zip(same, names, y_score, strict=True)
    ]
