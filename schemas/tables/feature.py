"""Tables of the group `feature`: settings, definitions, extractions and their values."""

from schemas.table import Column, Table
from schemas.tables.cohort import (
    COHORT_ID,
    DERIVATION,
    PATIENT_ID,
    PHASE,
    READER_ID,
    RUN_ID,
    SESSION_ID,
)

SETTINGS_ID = Column("settings_id", "VARCHAR", "hash of the configuration that matters")
EXTRACTION_ID = Column("extraction_id", "BIGINT", "one delineation under one settings")
FEATURE_NAME = Column("feature_name", "VARCHAR", "pyradiomics' name of the feature")

SETTINGS = Table(
    "settings",
    "feature",
    "The full text of each configuration that features were or will be computed with.",
    (
        COHORT_ID,
        SETTINGS_ID,
        Column(
            "step",
            "VARCHAR",
            "step that reads it",
            allowed=("radiomics", "registration", "crop", "perturbation"),
        ),
        Column("asked_by", "VARCHAR", "study or preset that asks for it"),
        Column("text", "VARCHAR", "the configuration, JSON"),
    ),
    key=("cohort_id", "settings_id", "step"),
)

FEATURE_DEFINITION = Table(
    "feature_definition",
    "feature",
    "The features that each settings must yield, no more and no fewer: the contract.",
    (
        COHORT_ID,
        SETTINGS_ID,
        FEATURE_NAME,
        Column("position", "INTEGER", "order of the feature, from 1", minimum=1),
        Column("image_type", "VARCHAR", "image it is computed on: original or a filtered one"),
        Column("feature_class", "VARCHAR", "pyradiomics' feature class"),
        Column("feature", "VARCHAR", "pyradiomics' name within the class"),
        Column("description", "VARCHAR", "IBSI's term where there is one"),
    ),
    key=("cohort_id", "settings_id", "feature_name"),
    deps=("settings",),
)

EXTRACTION = Table(
    "extraction",
    "feature",
    "One row per delineation and settings whose features were computed.",
    (
        EXTRACTION_ID,
        COHORT_ID,
        PATIENT_ID,
        PHASE,
        READER_ID,
        SESSION_ID,
        SETTINGS_ID,
        Column(
            "engine", "VARCHAR", "which engine computed it", allowed=("fast", "pyradiomics")
        ),
        Column(
            "image_sha256", "VARCHAR", "image read", sources=("image.image_sha256",)
        ),
        Column(
            "mask_sha256", "VARCHAR", "mask read", sources=("segmentation.mask_sha256",)
        ),
        Column("label", "INTEGER", "voxel value of the tumour", sources=("segmentation.label",)),
        Column("bin_count", "INTEGER", "grey-level bins in the ROI, original image", minimum=1,
               nullable=True),
        Column("feature_count", "INTEGER", "features computed", minimum=1),
        Column("seconds", "DOUBLE", "time it took", unit="s", volatile=True, minimum=0),
        DERIVATION,
        RUN_ID,
    ),
    key=("extraction_id",),
    unit_columns=("cohort_id", "patient_id", "phase", "reader_id", "session_id", "settings_id"),
    deps=("image", "segmentation", "perturbation", "settings", "feature_definition"),
)  # fmt: skip

EXTRACTION_VALUE = Table(
    "extraction_value",
    "feature",
    "Narrow storage of the feature values; query the view feature_value.",
    (
        EXTRACTION_ID,
        FEATURE_NAME,
        Column("value", "DOUBLE", "value of the feature", sources=("image.image_sha256",)),
    ),
    key=("extraction_id", "feature_name"),
    parent="extraction",
    sorted_by=("extraction_id", "feature_name"),
)

FEATURE_VALUE = Table(
    "feature_value",
    "feature",
    "Radiomics feature values of every delineation, one row per value.",
    (
        COHORT_ID,
        PATIENT_ID,
        PHASE,
        READER_ID,
        SESSION_ID,
        Column("is_reference", "BOOLEAN", "value of the reference delineation",
               sources=("segmentation.is_reference",)),
        SETTINGS_ID,
        FEATURE_NAME,
        Column("value", "DOUBLE", "value of the feature",
               sources=("image.image_sha256", "segmentation.mask_sha256", "settings.text")),
        Column("engine", "VARCHAR", "which engine computed it", sources=("extraction.engine",)),
        EXTRACTION_ID,
    ),
    key=("cohort_id", "patient_id", "phase", "reader_id", "session_id", "settings_id",
         "feature_name"),
    deps=("extraction", "segmentation"),
    is_view=True,
)  # fmt: skip
