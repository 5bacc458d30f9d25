"""The patients of a study as the arrays that its models learn from."""

from functools import cache

import numpy as np
import polars as pl

from hccer.clinical.factors import coded_factors, declared_factors
from hccer.study.context import OWN_DELINEATION, StudyContext
from hccer.validation.patients import Patients, Repeats
from schemas.errors import HccerError
from schemas.tables import SPLIT
from storage.matrix import value_grid

DELINEATED = (
    "select e.cohort_id, e.patient_id, e.phase, e.extraction_id, e.reader_id, e.session_id, "
    "s.is_reference, s.origin from lake.extraction e join lake.segmentation s using "
    "(cohort_id, patient_id, phase, reader_id, session_id) where e.settings_id = $settings "
    f"and e.cohort_id in $cohorts and e.phase in $phases and {OWN_DELINEATION} order by all"
)
UNIT = ["cohort_id", "patient_id", "phase"]


def role_rows(context: StudyContext, *roles: str) -> pl.DataFrame:
    """Patients of the main split by role, in the order of their content."""
    rows = context.own(SPLIT).filter(pl.col("repeat") == 0, pl.col("role").is_in(roles))
    return rows.sort("content_sha256")


def feature_names(context: StudyContext) -> list[tuple[str, str]]:
    """(phase, feature) of every column, phases in the study's order, features in the contract's."""
    names = context.rows(
        "select distinct feature_name, position from lake.feature_definition "
        "where settings_id = $settings and cohort_id in $cohorts order by position",
        settings=context.settings_id,
    )["feature_name"].to_list()
    return [(phase, name) for phase in context.file.phases for name in names]


def column_name(phase: str, feature: str) -> str:
    """How a model names a feature of a phase."""
    return f"{phase}_{feature}"


def delineations(context: StudyContext) -> pl.DataFrame:
    """Every extraction of the study's phases and settings, perturbed masks by its own settings."""
    return context.rows(DELINEATED, settings=context.settings_id, phases=context.file.phases)


def matrix(context: StudyContext, patients: pl.DataFrame, chosen: pl.DataFrame) -> np.ndarray:
    """Features (patients, phases x features).

    Args:
        patients: `cohort_id, patient_id`, one row each.
        chosen: rows of `delineations`, one per patient and phase.
    """
    names = [name for phase, name in feature_names(context) if phase == context.file.phases[0]]
    parts = []
    for phase in context.file.phases:
        of_phase = chosen.filter(phase=phase).select("cohort_id", "patient_id", "extraction_id")
        placed = patients.join(
            of_phase, on=["cohort_id", "patient_id"], how="left", maintain_order="left"
        )
        numbers = placed["extraction_id"].to_list()
        parts.append(value_grid(context.store.session, numbers, names))
    return np.hstack(parts)


def study_patients(context: StudyContext, patients: pl.DataFrame) -> tuple[Patients, np.ndarray]:
    """What the chain learns from, without features that are not finite for somebody.

    Args:
        patients: rows of `role_rows`.

    Returns:
        The patients, and which of `feature_names` (p,) their columns are.
    """
    drawn = delineations(context)
    X = matrix(context, patients, drawn.filter(pl.col("is_reference")))
    repeats = {name: _repeats(context, patients, drawn, name) for name in ("intra", "inter")}
    finite = np.isfinite(X).all(axis=0)
    for each in repeats.values():
        if each is not None:
            finite &= np.isfinite(each.X).reshape(-1, len(finite)).all(axis=0)
    factors, factor_names = coded(context, patients)
    names = [column_name(*each) for each in feature_names(context)]
    return Patients(
        X=np.ascontiguousarray(X[:, finite]),
        feature_names=tuple(np.array(names)[finite].tolist()),
        keys=tuple(patients["content_sha256"]),
        y_true=patients["y_true"].to_numpy(),
        factors=factors,
        factor_names=factor_names,
        **{name: each and each.of(finite) for name, each in repeats.items()},
    ), finite


def redrawn(context: StudyContext, drawn: pl.DataFrame, comparison: str) -> pl.DataFrame:
    """Delineations of those drawn again in every phase, as often in each, numbered by `drawing`.

    By hand the first one counts. Where no hand drew again, the study's perturbed delineations
    stand in for the reader of the reference.

    Args:
        drawn: rows of `delineations`.
        comparison: intra, by the reader of the reference; inter, by another one.
    """
    reference = drawn.filter(pl.col("is_reference")).select(*UNIT, reference="reader_id")
    again = drawn.filter(~pl.col("is_reference")).join(reference, on=UNIT)
    again = again.sort(*UNIT, "reader_id", "session_id")
    same, by_hand = pl.col("reader_id") == pl.col("reference"), pl.col("origin") != "perturbed"
    order = pl.int_range(1, pl.len() + 1).over(UNIT)
    drawn_by_hand = again.filter(by_hand & (same if comparison == "intra" else ~same))
    chosen = _in_every_phase(context, drawn_by_hand.with_columns(drawing=order).filter(drawing=1))
    if chosen.is_empty() and comparison == "intra":
        return _in_every_phase(context, again.filter(~by_hand).with_columns(drawing=order))
    return chosen


def _in_every_phase(context: StudyContext, again: pl.DataFrame) -> pl.DataFrame:
    """Those of the patients who have all there can be."""
    most = len(context.file.phases) * (again["drawing"].max() or 0)
    return again.filter(pl.len().over("cohort_id", "patient_id") == most)


def _repeats(
    context: StudyContext, patients: pl.DataFrame, drawn: pl.DataFrame, comparison: str
) -> Repeats | None:
    """Those drawn again in every phase, by the same or by another reader."""
    again = redrawn(context, drawn, comparison)
    placed = patients.with_row_index("row").join(
        again, on=["cohort_id", "patient_id"], how="semi", maintain_order="left"
    )
    if placed.is_empty():
        return None
    drawings = again["drawing"].unique().sort()
    measured = [matrix(context, placed, again.filter(drawing=each)) for each in drawings]
    X = measured[0] if len(measured) == 1 else np.stack(measured, axis=1)
    return Repeats(placed["row"].to_numpy().astype(int), X)


def clinical_rows(context: StudyContext, patients: pl.DataFrame) -> pl.DataFrame:
    """Rows of the table `patient`, in the order of `patients`."""
    keys = ["cohort_id", "patient_id"]
    known = context.rows("from lake.patient where cohort_id in $cohorts")
    return patients.select(keys).join(known, on=keys, how="left", maintain_order="left")


def coded(context: StudyContext, patients: pl.DataFrame) -> tuple[np.ndarray, tuple[str, ...]]:
    """Clinical-radiological factors (patients, factors), NaN where missing, and their names."""
    clinical = clinical_rows(context, patients)
    read = context.rows(
        "select cohort_id, patient_id, item, value from lake.reading "
        "where reader_id = 'consensus' and cohort_id in $cohorts"
    )
    one = [_one_name(frame) for frame in (clinical, read)]
    frame = coded_factors(one[0], one[1]).drop("patient_id")
    return frame.to_numpy().astype(float), tuple(frame.columns)


def model_inputs(context: StudyContext, patients: pl.DataFrame) -> pl.DataFrame:
    """Features and factors of patients of one cohort, one row each, NaN where missing.

    Raises:
        HccerError: the cohort lacks a feature of the study's settings.
    """
    chosen = delineations(context).filter(pl.col("is_reference"))
    try:
        X = matrix(context, patients, chosen)
    except HccerError as error:
        raise context.fail(f"cohort {patients['cohort_id'][0]}: {error}") from None
    factors, names = coded(context, patients)
    columns = [column_name(*each) for each in feature_names(context)]
    return pl.DataFrame(np.hstack([X, factors]), schema=[*columns, *names])


def _one_name(frame: pl.DataFrame) -> pl.DataFrame:
    """Patients of several cohorts under names that differ."""
    return frame.with_columns(patient_id=pl.format("{}/{}", "cohort_id", "patient_id"))


@cache
def factor_titles() -> dict[str, str]:
    """How each factor is printed."""
    return {factor.name: factor.title for factor in declared_factors()}
