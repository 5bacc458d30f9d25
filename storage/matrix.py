"""The wide feature matrix of one phase, straight from narrow storage."""

import numpy as np
import polars as pl

from schemas.errors import HccerError
from storage.reading import Reader


def feature_matrix(
    reader: Reader, cohort_id: str, phase: str, settings_id: str | None = None
) -> pl.DataFrame:
    """Feature values of the reference delineations of one phase.

    Sorting in SQL and reshaping in numpy is many times faster than a pivot of long rows.

    Args:
        settings_id: needed where the cohort has features under more than one.

    Returns:
        One row per patient (column `patient_id`), one Float64 column per feature, by name.

    Raises:
        HccerError: no such rows, several settings, or a patient with another set of features.
    """
    con = reader.session
    extractions = con.execute(
        "select extraction_id, patient_id, settings_id from lake.extraction "
        "semi join (from lake.segmentation where is_reference) "
        "using (cohort_id, patient_id, phase, reader_id, session_id) "
        "where cohort_id = ? and phase = ? and (settings_id = ? or ? is null) order by all",
        [cohort_id, phase, settings_id, settings_id],
    ).pl()
    _check(extractions, cohort_id, phase)
    wanted = "semi join (select unnest(?::bigint[]) as extraction_id) using (extraction_id)"
    ids = [extractions["extraction_id"].to_list()]
    names = con.execute(
        f"select distinct feature_name from lake.extraction_value {wanted} order by all",
        [ids[0][:1]],
    ).pl()["feature_name"]
    values = con.execute(
        f"select value from lake.extraction_value {wanted} order by extraction_id, feature_name",
        ids,
    ).fetchnumpy()["value"]
    if values.size != len(extractions) * len(names):
        raise HccerError(f"the extractions of {cohort_id}, {phase} do not hold the same features")
    grid = np.asarray(values).reshape(len(extractions), len(names))
    frame = pl.DataFrame(grid, schema=names.to_list())
    return frame.insert_column(0, extractions["patient_id"]).sort("patient_id")


def _check(extractions: pl.DataFrame, cohort_id: str, phase: str) -> None:
    if extractions.is_empty():
        raise HccerError(f"there are no features of cohort {cohort_id!r}, phase {phase!r}")
    settings = extractions["settings_id"].unique().sort().to_list()
    if len(settings) > 1:
        raise HccerError(f"{cohort_id} has features under {', '.join(settings)}: name one")
