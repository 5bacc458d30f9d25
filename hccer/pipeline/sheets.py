"""The tables that a research group hands in, under the names that the store uses."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from hccer.clinical.records import require_section
from hccer.clinical.rows import cell
from hccer.ingest.spreadsheet import read_spreadsheet
from hccer.pipeline.context import Context
from schemas.cohort_parts import Clinical, Exclusions, Readings
from schemas.errors import HccerError


@dataclass(frozen=True)
class Sheet:
    """A table of a cohort.

    Attributes:
        section: what the cohort file says of it, None where the cohort has none.
        path: the file as it is stored.
        cells: text cells, one row per line, patients under their stored ids.
        failure: why the file cannot be read.
    """

    section: Clinical | Readings | Exclusions | None = None
    path: str | None = None
    cells: pl.DataFrame | None = None
    failure: str | None = None

    @property
    def read(self) -> bool:
        """Whether there are cells."""
        return self.cells is not None


def read_sheet(context: Context, name: Literal["clinical", "readings", "exclusions"]) -> Sheet:
    """A table without the rows of those who withdrew; or why it cannot be read."""
    section = getattr(context.cohort, name)
    if section is None:
        return Sheet()
    path = context.naming.path(section.file)
    try:
        cells = read_spreadsheet(context.root / section.file)
        require_section(cells, section, context.cohort.endpoint)
    except HccerError as error:
        return Sheet(section, path, failure=f"{error}; what is stored of it is kept")
    return Sheet(section, path, _under_stored_names(context, cells, section.patient))


def _under_stored_names(context: Context, cells: pl.DataFrame, column: str) -> pl.DataFrame:
    given = [cell(text) for text in cells[column]]
    stored = [context.naming.patient(each) for each in given]
    kept = [not context.withdrew(each) for each in stored]
    context.naming.remember_patients(each for each, stays in zip(given, kept, strict=True) if stays)
    named = cells.with_columns(pl.Series(column, stored, dtype=pl.String))
    return named.filter(pl.Series(kept, dtype=pl.Boolean))
