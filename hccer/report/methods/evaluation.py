"""Methods: how the predictions are judged, and with which software."""

from collections.abc import Iterator

import polars as pl

from hccer.report.methods.sentence import (
    COUNTS,
    SOFTWARE,
    Counts,
    Sentence,
    listed,
    percent,
    plural,
)
from schemas.analysis import EvaluationSettings
from schemas.validation import ValidationSettings


def evaluation_sentences(
    evaluation: EvaluationSettings, validation: ValidationSettings, n: Counts
) -> Iterator[Sentence]:
    """Measures, tests, curves, and nested cross-validation."""
    yield Sentence(
        f"Areas under the ROC curve (AUC) are given with {percent(evaluation.level)} intervals "
        "after DeLong, proportions after Wilson; AUCs of the same patients were compared by the "
        "paired DeLong test, others by the unpaired one.",
        "preset.evaluation.level",
    )
    yield Sentence(
        f"Calibration was judged by slope and intercept, by the calibration error in "
        f"{evaluation.bins} bins, by Hosmer and Lemeshow's test in {evaluation.groups} groups, and "
        f"by the distance from a curve smoothed over {percent(round(evaluation.smooth_share, 3))} "
        f"of the patients (interpolated within {percent(evaluation.smooth_delta)} of the range).",
        "preset.evaluation.bins, groups, smooth_share, smooth_delta",
    )
    yield Sentence(
        "What the choice among classifiers adds to an AUC was estimated in "
        f"{plural(evaluation.choice_resamples, 'resample')} (random state "
        f"{evaluation.choice_random_state}).",
        "preset.evaluation.choice_resamples, choice_random_state",
    )
    yield Sentence(
        f"Net benefit was computed at risks from {evaluation.lowest_risk:g} to "
        f"{evaluation.highest_risk:g} in steps of {evaluation.risk_step:g}.",
        "preset.evaluation.lowest_risk, highest_risk, risk_step",
    )
    yield Sentence(
        "Scanners were grouped by field strength, to the nearest "
        f"{evaluation.field_strength_step:g} T. Of each group, the smallest difference of AUC is "
        "given that a test at "
        f"{evaluation.alpha:g} finds with a power of {percent(evaluation.power)}; the stability of "
        f"the selection is its frequency, and Nogueira's index, in "
        f"{plural(evaluation.resamples, 'resample')}.",
        "preset.evaluation.field_strength_step, alpha, power, resamples",
    )
    yield from _nested(validation, n)


def _nested(validation: ValidationSettings, n: Counts) -> Iterator[Sentence]:
    if not n["nested"]:
        yield Sentence("No nested cross-validation was run.", COUNTS)
        return
    yield Sentence(
        f"The whole chain of {n['nested']} was validated by nested cross-validation with "
        f"{validation.n_splits} outer folds, repeated {plural(validation.n_repeats, 'time')} "
        f"({percent(validation.level)} interval over repetitions), and with "
        f"{plural(validation.n_permutations, 'permutation')} of the endpoint (random state "
        f"{validation.random_state}).",
        f"preset.validation.n_splits, n_repeats, level, n_permutations, random_state, {COUNTS}",
    )


def software_sentences(provenance: pl.DataFrame) -> Iterator[Sentence]:
    """Versions of the newest run."""
    rows = provenance.filter(pl.col("kind") == "version")
    versions = [f"{name} {value}" for name, value in rows.select("name", "value").iter_rows()]
    if versions:
        yield Sentence(f"Software: {listed(versions)}.", SOFTWARE)
    snapshot = provenance.filter(pl.col("name") == "snapshot")["value"]
    if len(snapshot):
        yield Sentence(f"The numbers are those of snapshot {snapshot[0]} of the store.", SOFTWARE)
