"""The patients of a study who have crops, and what networks read of them."""

import numpy as np
import polars as pl

from hccer.deep.samples import Samples
from hccer.study.context import StudyContext
from hccer.study.crops import crop_settings_id, study_crops
from schemas.errors import some

WHO = ["cohort_id", "patient_id"]
HELD = (
    "select cohort_id, patient_id, string_agg(tensor_sha256, ' ' order by position) as crop_sha256 "
    "from lake.crop where settings_id = $crops and cohort_id in $cohorts group by all"
)
REFUSED = (
    "select cohort_id, patient_id, any_value(reason) as reason from lake.rejected "
    "where asset = 'crop' and settings_id = $crops and cohort_id in $cohorts group by all"
)


def cropped(context: StudyContext, patients: pl.DataFrame) -> pl.DataFrame:
    """The patients who have a crop, with `crop_sha256`; without those whose crop was refused.

    Args:
        patients: `cohort_id, patient_id`, one row each.

    Raises:
        HccerError: nobody has a crop, or somebody has none and nothing says why.
    """
    crops = crop_settings_id(context)
    held = context.rows(HELD, crops=crops)
    refused = context.rows(REFUSED, crops=crops)
    found = patients.join(held, on=WHO, how="left", maintain_order="left")
    lacking = found.filter(pl.col("crop_sha256").is_null())
    unknown = lacking.join(refused, on=WHO, how="anti")
    if not unknown.is_empty():
        who = [f"{patient} of {cohort}" for cohort, patient in unknown.select(WHO).rows()]
        raise context.fail(
            f"{len(who)} of {len(found)} patients have no crop of {'+'.join(context.file.phases)} "
            f"({some(who)}): run the cohort (`hccer run --study` does), or set "
            "overrides.deep = false"
        )
    if len(lacking) == len(found):
        raise context.fail(f"no crop can be used ({_most_common(lacking.join(refused, on=WHO))})")
    _check_external(context, found, refused)
    return found.drop_nulls("crop_sha256")


def _check_external(context: StudyContext, found: pl.DataFrame, refused: pl.DataFrame) -> None:
    """An external cohort of which nobody can be scored is not passed over."""
    usable = set(found.drop_nulls("crop_sha256")["cohort_id"])
    for cohort_id in context.file.external:
        if cohort_id in found["cohort_id"] and cohort_id not in usable:
            why = _most_common(refused.filter(cohort_id=cohort_id))
            raise context.fail(f"no crop of external cohort {cohort_id} can be used ({why})")


def _most_common(refused: pl.DataFrame) -> str:
    return next(iter(refused["reason"].mode().sort()), "there is no patient")


def crop_samples(
    context: StudyContext, patients: pl.DataFrame, joined: np.ndarray | None = None
) -> Samples:
    """What a network reads of patients.

    Args:
        patients: rows of `cropped`, with `y_true` and `content_sha256`.
        joined: features and factors (n, p) of the same patients.

    Raises:
        HccerError: there is nobody, or crops differ in shape.
    """
    crops = study_crops(context, patients)
    return Samples(
        tensors=crops.tensors,
        joined=joined,
        y_true=patients["y_true"].to_numpy(),
        masks=crops.masks,
        keys=patients["content_sha256"].to_numpy(),
    )
