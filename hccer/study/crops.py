"""The crops of a study's patients, read from the lake as arrays."""

import polars as pl

from hccer.deep.loader import COLUMNS, Crops, crop_arrays
from hccer.study.context import StudyContext
from schemas.deep import CropRecipe
from schemas.preset import settings_id

ROWS_PER_BATCH = 512


def crop_recipe(context: StudyContext) -> CropRecipe:
    """What decides the study's crops, beside the images."""
    return CropRecipe(imaging=context.preset.imaging, phases=tuple(context.file.phases))


def crop_settings_id(context: StudyContext) -> str:
    """Under which the study's crops are stored."""
    return settings_id(crop_recipe(context))


def study_crops(context: StudyContext, patients: pl.DataFrame) -> Crops:
    """Crops of patients, in their order.

    Args:
        patients: `cohort_id, patient_id`, one row each.

    Raises:
        HccerError: a patient has no crop.
    """
    session, slices = context.store.session, context.preset.imaging.crop.slices
    who = patients.select("cohort_id", "patient_id").with_row_index("place")
    session.register("_who", who.to_arrow())
    try:
        found = session.execute(
            f"select {', '.join(COLUMNS)} from lake.crop join _who using (cohort_id, patient_id) "
            "where settings_id = ? order by place, position",
            [crop_settings_id(context)],
        )
        crops = crop_arrays(found.to_arrow_reader(ROWS_PER_BATCH), slices)
    finally:
        session.unregister("_who")
    if len(crops) != len(patients):
        raise context.fail(f"{len(patients) - len(crops)} of {len(patients)} patients have no crop")
    return crops
