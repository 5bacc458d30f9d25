"""Can the patients of a cohort be scored by models that were developed elsewhere?"""

from collections.abc import Iterable, Iterator

import polars as pl

from hccer.study.context import StudyContext
from schemas.clinical import UNIT_CHECKED
from schemas.errors import some

SPACINGS = (
    "with voxel as (unpivot (select cohort_id, phase, spacing_x_mm, spacing_y_mm, spacing_z_mm "
    "from lake.image where phase in $phases) on spacing_x_mm, spacing_y_mm, spacing_z_mm "
    "into name axis value mm) "
    "select phase, axis, median(mm) filter (cohort_id = $cohort) as here, "
    "min(mm) filter (cohort_id in $developed) as low, "
    "max(mm) filter (cohort_id in $developed) as high "
    "from voxel group by phase, axis having here is not null and low is not null order by all"
)


def check_external(context: StudyContext, main: pl.DataFrame) -> None:
    """Every external cohort has patients whom the models can score, measured as in development.

    Args:
        main: `cohort_id, role, reason` of the main split.

    Raises:
        HccerError: a cohort has no features, not those of the study's settings or phases, or no
            usable patient; or another unit or voxel size than development.
    """
    usable = main.filter(role="external")["cohort_id"].unique()
    for cohort_id in context.file.external:
        if cohort_id not in usable:
            raise context.fail(f"external cohort {cohort_id} {_refusal(context, cohort_id, main)}")
        check_features(context, cohort_id)
        apart = [*other_units(context, cohort_id), *other_spacings(context, cohort_id)]
        if apart:
            raise context.fail(f"external cohort {cohort_id}: {'; '.join(apart)}")


def _refusal(context: StudyContext, cohort_id: str, main: pl.DataFrame) -> str:
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
    unused = main.filter(cohort_id=cohort_id, role="unused")
    reasons = unused["reason"].value_counts(sort=True).rows()
    why = "; ".join(f"{count} patients: {reason}" for reason, count in reasons[:3])
    return f"has no usable patient ({why or 'it is not in the split'})"


def check_features(context: StudyContext, cohort_id: str) -> None:
    """A cohort has every feature that the study's cohorts have.

    Raises:
        HccerError: naming the cohort and the features.
    """
    defined = context.rows(
        "select cohort_id, feature_name from lake.feature_definition "
        "where cohort_id in $cohorts and settings_id = $settings",
        settings=context.settings_id,
    )
    wanted = set(defined["feature_name"])
    absent = sorted(wanted - set(defined.filter(cohort_id=cohort_id)["feature_name"]))
    if absent:
        raise context.fail(
            f"cohort {cohort_id} has {len(wanted) - len(absent)} of the {len(wanted)} features of "
            f"the study, not {some(absent)}: run the cohort again"
        )


def check_factors(
    context: StudyContext, cohort_id: str, inputs: pl.DataFrame, read: dict[str, Iterable[str]]
) -> None:
    """Somebody of a cohort has each input of each model.

    Args:
        inputs: features and factors of the cohort, one row per patient.
        read: names of the inputs of each fit.

    Raises:
        HccerError: naming the cohort, the inputs and the fits.
    """
    unknown = {name for name in inputs.columns if not inputs[name].is_finite().any()}
    absent = {fit: [name for name in names if name in unknown] for fit, names in read.items()}
    fits = [fit for fit, names in absent.items() if names]
    if fits:
        named = sorted({name for names in absent.values() for name in names})
        raise context.fail(
            f"cohort {cohort_id} has no {some(named)}, which {' and '.join(fits)} read: give the "
            "values, or leave the cohort out of `external`"
        )


def other_units(context: StudyContext, cohort_id: str) -> Iterator[str]:
    """What is said of each clinical column whose median lies too far from development's."""
    settings, medians = context.preset.external, []
    columns = ", ".join(f"median({name}) as {name}, count({name}) as n_{name}"
                        for name in UNIT_CHECKED)  # fmt: skip
    for cohorts in ([cohort_id], context.file.development):
        found = context.rows(f"select {columns} from lake.patient where cohort_id in $chosen",
                             chosen=cohorts)  # fmt: skip
        medians.append(found.row(0, named=True))
    for name in UNIT_CHECKED:
        enough = all(each[f"n_{name}"] >= settings.fewest_values for each in medians)
        here, there = (each[name] for each in medians)
        if enough and min(here, there) * settings.unit_factor < max(here, there):
            yield (
                f"{name}: median {here:g}, development {there:g}: is it in another unit? "
                "(cohort.toml, or overrides.external.unit_factor)"
            )


def other_spacings(context: StudyContext, cohort_id: str) -> Iterator[str]:
    """What is said of each phase and axis whose voxel size lies outside of development's."""
    factor = context.preset.external.spacing_factor
    for phase, axis, here, low, high in context.rows(
        SPACINGS, cohort=cohort_id, developed=context.file.development, phases=context.file.phases
    ).rows():
        if not low / factor <= here <= high * factor:
            yield (
                f"phase {phase}: median {axis} {here:g}, development {low:g} to {high:g}: the "
                "images are sampled otherwise (overrides.external.spacing_factor)"
            )
