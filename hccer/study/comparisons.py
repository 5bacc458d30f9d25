"""comparison and subgroup_metric: do two AUCs differ, of two fits or of two groups of patients."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import combinations, groupby

import numpy as np

from hccer.evaluation.comparison import (
    Comparison,
    detectable_difference,
    hanley_mcneil_variance,
    paired_test,
    unpaired_test,
)
from hccer.evaluation.delong import Auc, delong
from hccer.study.context import StudyContext
from hccer.study.predicted import Part, parts
from hccer.study.rows import finite, make_table
from schemas.analysis import EvaluationSettings
from schemas.tables import COMPARISON, SUBGROUP_METRIC
from storage.lineage import Outcome

VERSION = "comparison-4"
FIELD_STRENGTH = (
    "select cohort_id || '/' || patient_id as patient, field_strength_t from lake.acquisition "
    "where phase = $phase and cohort_id in $cohorts and field_strength_t is not null"
)


def make_comparison(context: StudyContext) -> Outcome:
    """Paired tests between fits, unpaired ones between training and validation of each."""
    level = context.preset.evaluation.level

    def rows() -> list[dict]:
        found = parts(context)
        return [*paired_rows(found, level), *unpaired_rows(found, level)]

    return make_table(context, COMPARISON, VERSION, context.preset.evaluation, rows)


def make_subgroup_metric(context: StudyContext) -> Outcome:
    """AUC by the field strength of the first phase."""
    settings = context.preset.evaluation

    def rows() -> list[dict]:
        strengths = context.rows(FIELD_STRENGTH, phase=context.file.phases[0]).rows()
        step = settings.field_strength_step
        levels = {patient: strength_level(strength, step) for patient, strength in strengths}
        return [row for part in parts(context)
                for row in subgroup_rows(part, "field_strength_t", levels, settings)]  # fmt: skip

    return make_table(context, SUBGROUP_METRIC, VERSION, settings, rows)


def strength_level(strength: float, step: float) -> str:
    """The nominal field strength: the nearest multiple of the step, one step at least."""
    return f"{max(round(strength / step), 1) * step:g} T"


def _place(part: Part) -> tuple[str, str]:
    return part.cohort_id, part.role


def paired_rows(found: list[Part], level: float) -> Iterator[dict]:
    """Rows of `comparison`: every two fits on the patients that both predict.

    Two fits that have no such patients of both outcomes are not compared.
    """
    for (cohort_id, role), same in groupby(sorted(found, key=_place), key=_place):
        for first, second in combinations(sorted(same, key=lambda part: part.fit_id), 2):
            _, a, b = np.intersect1d(first.patients, second.patients, True, True)
            a, b = a[np.argsort(a)], b[np.argsort(a)]
            y_true = first.y_true[a]
            if 0 < y_true.sum() < len(y_true):
                fit = delong(y_true, np.stack([first.y_score[a], second.y_score[b]]))
                fits = {"fit_id_a": first.fit_id, "fit_id_b": second.fit_id}
                place = {"cohort_id": cohort_id, "role": role, "test": "paired", "n": len(a)}
                yield fits | place | _numbers(paired_test(fit, 0, 1, level))


def unpaired_rows(found: list[Part], level: float) -> Iterator[dict]:
    """Rows of `comparison`: training against validation of each fit."""
    by_role = {(part.fit_id, part.cohort_id, part.role): part for part in found if part.has_both}
    for fit_id, cohort_id in sorted({key[:2] for key in by_role}):
        both = [by_role.get((fit_id, cohort_id, role)) for role in ("train", "validation")]
        if None not in both:
            areas = [part.auc(level) for part in both]
            fits = {"fit_id_a": fit_id, "fit_id_b": fit_id}
            n = sum(len(part.y_true) for part in both)
            place = {"cohort_id": cohort_id, "role": "train, validation", "test": "unpaired"}
            yield fits | place | {"n": n} | _numbers(unpaired_test(*areas, level))


def _numbers(test: Comparison) -> dict[str, float | None]:
    found = asdict(test)
    del found["test"]
    return {name: finite(value) for name, value in found.items()}


def subgroup_rows(
    part: Part, subgroup: str, levels: dict[str, str], settings: EvaluationSettings
) -> Iterator[dict]:
    """Rows of `subgroup_metric`: each level, and its test against the other levels together.

    Args:
        part: of which patients without a level are left out.
        subgroup: what splits the patients.
        levels: by patient.
        settings: level of the intervals; alpha and power of the difference that could be seen.
    """
    of_patient = np.array([levels.get(patient, "") for patient in part.patients])
    known = of_patient != ""
    whole = part.auc(settings.level, known)
    for level in np.unique(of_patient[known]):
        inside, rest = of_patient == level, known & (of_patient != level)
        area, other = (part.auc(settings.level, each) for each in (inside, rest))
        row = {
            **part.named,
            "subgroup": subgroup,
            "level": str(level),
            "n": int(inside.sum()),
            "events": int(part.y_true[inside].sum()),
        }
        if area:
            row |= {
                "auc": area.value,
                "ci_low": finite(area.ci_low),
                "ci_high": finite(area.ci_high),
            }
        if area and other:
            row["p_value"] = finite(unpaired_test(area, other, settings.level).p_value)
            row["detectable"] = _detectable(whole.value, (area, other), settings)
        yield row


def _detectable(auc: float, groups: tuple[Auc, Auc], settings: EvaluationSettings) -> float | None:
    """Difference that two groups of these sizes would show, were their AUC the same.

    None where that AUC is 0 or 1: its variance is not 0, but cannot be told from the AUC.
    """
    if auc in (0, 1):
        return None
    variance = sum(hanley_mcneil_variance(auc, each.positives, each.negatives) for each in groups)
    return detectable_difference(variance, settings.alpha, settings.power)
