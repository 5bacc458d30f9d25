"""Every table of the lake, by name, upstream first."""

from schemas.table import Table
from schemas.tables.cohort import (
    ACQUISITION,
    IMAGE,
    OUTCOME,
    PATIENT,
    REJECTED,
    SEGMENTATION,
    SOURCE_FILE,
)
from schemas.tables.feature import (
    EXTRACTION,
    EXTRACTION_VALUE,
    FEATURE_DEFINITION,
    FEATURE_VALUE,
    SETTINGS,
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SOURCE_FILE,
        PATIENT,
        OUTCOME,
        IMAGE,
        ACQUISITION,
        SEGMENTATION,
        SETTINGS,
        FEATURE_DEFINITION,
        EXTRACTION,
        EXTRACTION_VALUE,
        FEATURE_VALUE,
        REJECTED,
    )
}

__all__ = [
    "ACQUISITION",
    "EXTRACTION",
    "EXTRACTION_VALUE",
    "FEATURE_DEFINITION",
    "FEATURE_VALUE",
    "IMAGE",
    "OUTCOME",
    "PATIENT",
    "REJECTED",
    "SEGMENTATION",
    "SETTINGS",
    "SOURCE_FILE",
    "TABLES",
]
