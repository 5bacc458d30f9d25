"""Can the patients of a cohort be scored by models that were developed elsewhere?"""

from collections.abc import Iterable

from hccer.modelling.model import Model
from hccer.study.context import StudyContext
from hccer.study.features import column_name
from schemas.tables import SPLIT

NAMED = 5  # names spelled out in a sentence


def check_external(context: StudyContext) -> None:
    """Every external cohort has patients whom the models can score.

    Raises:
        HccerError: a cohort has no features, not those of the study's settings or phases, or no
            usable patient.
    """
    usable = context.own(SPLIT).filter(role="external")["cohort_id"].unique()
    for cohort_id in context.file.external:
        if cohort_id not in usable:
            raise context.fail(f"external cohort {cohort_id} {_refusal(context, cohort_id)}")


def _refusal(context: StudyContext, cohort_id: str) -> str:
    held = context.rows(
        "select distinct settings_id, phase from lake.extraction where cohort_id = $cohort",
        cohort=cohort_id,
    )
    if held.is_empty():
        return "has no features: run it first (`hccer run --study` does)"
    ours = held.filter(settings_id=context.settings_id)
    if ours.is_empty():
        others = ", ".join(held["settings_id"].unique().sort())
        return (
            f"has features under settings {others}, the models read {context.settings_id}: "
            "extract them under the study's settings (`hccer run --study` does)"
        )
    absent = [phase for phase in context.file.phases if phase not in ours["phase"]]
    if absent:
        there = ", ".join(ours["phase"].unique().sort())
        return f"has no features of phase {', '.join(absent)} (it has {there})"
    unused = context.own(SPLIT).filter(cohort_id=cohort_id, role="unused")
    reasons = unused["reason"].value_counts(sort=True).rows()
    why = "; ".join(f"{count} patients: {reason}" for reason, count in reasons[:3])
    return f"has no usable patient ({why or 'it is not in the split'})"


def check_features(context: StudyContext, cohort_id: str, models: Iterable[Model]) -> None:
    """A cohort has every feature that a model reads.

    Raises:
        HccerError: naming the cohort and the features.
    """
    defined = context.rows(
        "select feature_name from lake.feature_definition "
        "where cohort_id = $cohort and settings_id = $settings",
        cohort=cohort_id, settings=context.settings_id,
    )["feature_name"]  # fmt: skip
    held = {column_name(phase, name) for phase in context.file.phases for name in defined}
    read = _features(context, models)
    absent = sorted(read - held)
    if absent:
        named = f"{', '.join(absent[:NAMED])}{', ...' if len(absent) > NAMED else ''}"
        raise context.fail(
            f"cohort {cohort_id} has {len(read) - len(absent)} of the {len(read)} features that "
            f"the models read, not {named}: run the cohort again"
        )


def _features(context: StudyContext, models: Iterable[Model]) -> set[str]:
    """Radiomics features among the inputs of models."""
    phases = tuple(column_name(phase, "") for phase in context.file.phases)
    return {name for model in models for name in model.feature_names if name.startswith(phases)}
