"""The table of delineations that a machine drew again."""

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
from schemas.tables.feature import SETTINGS_ID

PERTURBATION = Table(
    "perturbation",
    "cohort",
    "Tumours drawn again by moving the reference surface at random, where a study asks for it; the "
    "delineations themselves are rows of `segmentation`.",
    (
        COHORT_ID,
        PATIENT_ID,
        PHASE,
        READER_ID,
        SESSION_ID,
        SETTINGS_ID,
        Column("reference_reader_id", "VARCHAR", "who drew the surface that was moved",
               sources=("segmentation.reader_id",)),
        Column("reference_session_id", "INTEGER", "which time that reader drew it", minimum=1,
               sources=("segmentation.session_id",)),
        Column("reference_sha256", "VARCHAR", "mask whose surface was moved",
               sources=("segmentation.mask_sha256",)),
        Column("image_sha256", "VARCHAR", "image it lies on", sources=("image.image_sha256",)),
        Column("mask_sha256", "VARCHAR", "sha256 of the new mask's NIfTI content",
               sources=("segmentation.mask_sha256", "settings.text")),
        Column("dice", "DOUBLE", "Dice coefficient with the reference", minimum=0, maximum=1,
               sources=("segmentation.mask_sha256", "settings.text")),
        DERIVATION,
        RUN_ID,
    ),
    key=("cohort_id", "patient_id", "phase", "reader_id", "session_id"),
    deps=("image", "segmentation", "settings"),
)  # fmt: skip
