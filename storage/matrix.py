"""The wide feature matrix of one phase, straight from narrow storage."""

from collections.abc import Sequence

import duckdb
import numpy as np
import polars as pl

from schemas.errors import HccerError
from storage.reading import Reader


def feature_matrix(
    reader: Reader, cohort_id: str, phase: str, settings_id: str | None = None
) -> pl.DataFrame:
    """Feature values of the reference delineations of one phase.

    Placing values in numpy is many times faster than a pivot of long rows.

    Args:
        settings_id: needed where the cohort has features under more than one.

    Returns:
        One row per patient (column `patient_id`), one Float64 column per feature, by name.

    Raises:
        HccerError: no such rows, several settings, or a patient with another set of features.
    """
    extractions = reader.session.execute(
        "select extraction_id, patient_id, settings_id, feature_count from lake.extraction "
        "semi join (from lake.segmentation where is_reference) "
        "using (cohort_id, patient_id, phase, reader_id, session_id) "
        "where cohort_id = ? and phase = ? and (settings_id = ? or ? is null) order by patient_id",
        [cohort_id, phase, settings_id, settings_id],
    ).pl()
    _check(extractions, cohort_id, phase)
    names = reader.session.execute(
        "select feature_name from lake.extraction_value where extraction_id = ? order by all",
        [extractions["extraction_id"][0]],
    ).pl()["feature_name"]
    if (extractions["feature_count"] != len(names)).any():
        raise HccerError("the extractions do not hold the same features: run the cohort again")
    grid = value_grid(reader.session, extractions["extraction_id"].to_list(), names.to_list())
    frame = pl.DataFrame(grid, schema=names.to_list())
    return frame.insert_column(0, extractions["patient_id"])


def value_grid(
    con: duckdb.DuckDBPyConnection, extraction_ids: Sequence[int], names: Sequence[str]
) -> np.ndarray:
    """Feature values (extractions, features), in the given order.

    Args:
        con: a session with the lake attached.

    Raises:
        HccerError: an extraction lacks one of the features.
    """
    rows, columns = len(extraction_ids), len(names)
    found = con.execute(
        "with r as (select unnest(?::bigint[]) as extraction_id, unnest(range(?)) as i), "
        "c as (select unnest(?::varchar[]) as feature_name, unnest(range(?)) as j) "
        "select i * ? + j as place, value from lake.extraction_value "
        "join r using (extraction_id) join c using (feature_name)",
        [list(extraction_ids), rows, list(names), columns, columns],
    ).fetchnumpy()
    if found["place"].size != rows * columns:
        raise HccerError("the extractions do not hold the same features: run the cohort again")
    grid = np.empty(rows * columns)
    grid[found["place"]] = found["value"]
    return grid.reshape(rows, columns)


def _check(extractions: pl.DataFrame, cohort_id: str, phase: str) -> None:
    if extractions.is_empty():
        raise HccerError(f"there are no features of cohort {cohort_id!r}, phase {phase!r}")
    settings = extractions["settings_id"].unique().sort().to_list()
    if len(settings) > 1:
        raise HccerError(f"{cohort_id} has features under {', '.join(settings)}: name one")
