"""feature_screen, feature_selection: which reliable features tell the outcome, and how stably."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from pydantic import BaseModel

from hccer.parallel import CRASHED, map_tasks
from hccer.selection.chain import FeatureSelector, selected, stability_index
from hccer.selection.group_tests import group_tests
from hccer.selection.transformers import ZScore
from hccer.study.context import StudyContext
from hccer.study.features import feature_names, role_rows, study_patients
from hccer.study.rows import make_table
from hccer.validation.patients import Patients
from hccer.validation.steps import Steps
from schemas.errors import HccerError
from schemas.modelling import SelectionSettings
from schemas.tables import FEATURE_RELIABILITY, FEATURE_SCREEN, FEATURE_SELECTION
from schemas.validation import ChainSettings
from storage.lineage import Outcome

SCREEN_VERSION = "feature-screen-2"
SELECTION_VERSION = "feature-selection-3"


class SelectionStudy(BaseModel):
    """What decides the selection and how its stability is measured."""

    chain: ChainSettings
    resamples: int


def make_feature_screen(context: StudyContext) -> Outcome:
    """Group tests of the reliable features, over training patients."""
    settings = context.preset.validation.chain.selection
    return make_table(
        context, FEATURE_SCREEN, SCREEN_VERSION, settings, lambda: _screen(context, settings)
    )


def _screen(context: StudyContext, settings: SelectionSettings) -> list[dict]:
    names, train, X = _reliable(context)
    if names.is_empty():
        return []
    standard = ZScore(settings.ddof).fit_transform(X)
    found = group_tests(standard, train.y_true, settings.normality_alpha)
    tested = names.with_columns(
        test=pl.Series(found.test.tolist()),
        statistic=found.statistic,
        p_value=found.p_value,
        q_value=found.q_value,
        alpha=pl.lit(settings.alpha),
        kept=found.significant(settings.alpha),
    )
    return tested.to_dicts()


def make_feature_selection(context: StudyContext) -> Outcome:
    """The LASSO's choice among the screened features, and how often resamples repeat it.

    To select nothing is a result like any other: every coefficient is then 0.
    """
    settings = SelectionStudy(
        chain=context.preset.validation.chain, resamples=context.preset.evaluation.resamples
    )
    return make_table(
        context, FEATURE_SELECTION, SELECTION_VERSION, settings, lambda: _select(context, settings)
    )


def _select(context: StudyContext, settings: SelectionStudy) -> list[dict]:
    names, train, X = _reliable(context)
    if names.is_empty():
        return []
    chain = settings.chain
    try:
        foldid = Steps(train, train, chain).foldid
    except HccerError as error:
        raise context.fail(str(error)) from None
    coefficient, penalty = _lasso(X, train.y_true, foldid, chain.selection)
    chosen = names.with_columns(
        coefficient=coefficient,
        kept=coefficient != 0,
        penalty=pl.lit(penalty, dtype=pl.Float64),
        family=pl.lit(chain.selection.family),
        rule=pl.lit(chain.selection.rule),
        frequency=pl.lit(None, dtype=pl.Float64),
        stability=pl.lit(None, dtype=pl.Float64),
    )
    if settings.resamples:
        again = _selected_again(context, X, train.y_true, foldid, settings)
        index = pl.lit(stability_index(again), dtype=pl.Float64)
        chosen = chosen.with_columns(frequency=again.mean(axis=0), stability=index)
    return chosen.to_dicts()


def _reliable(context: StudyContext) -> tuple[pl.DataFrame, Patients, np.ndarray]:
    """(phase, feature) of the reliable features, the training patients, their features (n, p)."""
    train, finite = study_patients(context, role_rows(context, "train"))
    names = pl.DataFrame(feature_names(context), schema=["phase", "feature_name"], orient="row")
    kept = context.own(FEATURE_RELIABILITY).group_by("phase", "feature_name").agg(pl.all("kept"))
    kept = kept.filter("kept").drop("kept")
    placed = names.filter(finite).with_row_index("column")
    placed = placed.join(kept, on=["phase", "feature_name"], how="semi", maintain_order="left")
    return placed.drop("column"), train, train.X[:, placed["column"].to_numpy()]


def _lasso(
    X: np.ndarray, y_true: np.ndarray, foldid: np.ndarray, settings: SelectionSettings
) -> tuple[np.ndarray, float | None]:
    """Coefficients (p,) per SD, and the penalty: none where the screen leaves nothing."""
    selector = FeatureSelector(settings)
    try:
        return selector.fit(X, y_true, foldid).coef_, selector.lasso_.penalty_
    except HccerError:
        lasso = getattr(selector, "lasso_", None)
        return np.zeros(X.shape[1]), getattr(lasso, "penalty_", None)


@dataclass(frozen=True, eq=False)
class Resample:
    """Patients drawn with replacement, `rows` (n,), each with the fold it had."""

    X: np.ndarray
    y_true: np.ndarray
    rows: np.ndarray
    foldid: np.ndarray
    settings: SelectionSettings


def _selected_again(
    context: StudyContext,
    X: np.ndarray,
    y_true: np.ndarray,
    foldid: np.ndarray,
    settings: SelectionStudy,
) -> np.ndarray:
    """What each resample selects (resamples, p); events and others are drawn apart."""
    rng = np.random.default_rng(settings.chain.random_state)
    groups = [np.flatnonzero(y_true == value) for value in (1, 0)]
    tasks = []
    for _ in range(settings.resamples):
        rows = np.concatenate([rng.choice(group, len(group)) for group in groups])
        tasks.append(Resample(X, y_true, rows, foldid[rows], settings.chain.selection))
    found = []
    for _, chosen in map_tasks(_chosen, tasks, f"stability of the selection of {context.study_id}"):
        if chosen is None:
            raise context.fail(f"the stability of the selection is not measured: {CRASHED}")
        found.append(chosen)
    return np.array(found)


def _chosen(task: Resample) -> np.ndarray:
    return selected(task.X[task.rows], task.y_true[task.rows], task.foldid, task.settings)
