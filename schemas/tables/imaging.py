"""Tables of the group `imaging`: phases on one grid, and the tumour as networks see it."""

from schemas.table import Column, Table
from schemas.tables.cohort import COHORT_ID, DERIVATION, PATIENT_ID, PHASE, RUN_ID
from schemas.tables.feature import SETTINGS_ID

REGISTRATION = Table(
    "registration",
    "imaging",
    "Each later phase moved rigidly onto the first one: transform, and how well it fits.",
    (
        COHORT_ID,
        PATIENT_ID,
        PHASE,
        SETTINGS_ID,
        Column("fixed_phase", "VARCHAR", "phase that stays"),
        Column("fixed_sha256", "VARCHAR", "image that stays", sources=("image.image_sha256",)),
        Column("image_sha256", "VARCHAR", "image that is moved", sources=("image.image_sha256",)),
        Column("transform", "VARCHAR", "ITK transform from fixed to moving points, LPS, mm; JSON "
               "with type, parameters and fixed_parameters", sources=("image.image_sha256",)),
        Column("shift_mm", "DOUBLE", "distance that the centre of the fixed image moves",
               unit="mm", minimum=0, sources=("image.image_sha256",)),
        Column("rotation_deg", "DOUBLE", "angle of the rotation", unit="deg", minimum=0,
               sources=("image.image_sha256",)),
        Column("metric_before", "DOUBLE", "Mattes mutual information before, nats; higher fits "
               "better", sources=("image.image_sha256",)),
        Column("metric_after", "DOUBLE", "the same after", sources=("image.image_sha256",)),
        Column("overlap", "DOUBLE", "share of the fixed tumour that the moved image covers",
               minimum=0, maximum=1, sources=("image.image_sha256", "segmentation.mask_sha256")),
        Column("seconds", "DOUBLE", "time it took", unit="s", volatile=True, minimum=0),
        DERIVATION,
        RUN_ID,
    ),
    key=("cohort_id", "patient_id", "phase", "settings_id"),
    deps=("image", "segmentation", "settings"),
)  # fmt: skip

CROP = Table(
    "crop",
    "imaging",
    "The tumour in a slice, all phases as channels: the tensor that networks are trained on.",
    (
        COHORT_ID,
        PATIENT_ID,
        SETTINGS_ID,
        Column("position", "INTEGER", "slice of the crop, from 1, feet to head", minimum=1),
        Column("phases", "VARCHAR", "channels in order, comma between", sources=("image.phase",)),
        Column("slice_index", "INTEGER", "slice of the first phase's image, from 0 at the feet",
               minimum=0,
               sources=("segmentation.mask_sha256",)),
        Column("tensor", "BLOB", "little-endian values of `dtype` in C order",
               sources=("image.image_sha256", "registration.transform")),
        Column("tensor_sha256", "VARCHAR", "sha256 of tensor and mask",
               sources=("image.image_sha256", "registration.transform")),
        Column("mask", "BLOB", "tumour in the same pixels, uint8, (size, size)",
               sources=("segmentation.mask_sha256",)),
        Column("shape", "INTEGER[]", "channels, rows, columns"),
        Column("dtype", "VARCHAR", "of the tensor", allowed=("float32", "float16")),
        Column("spacing_mm", "DOUBLE", "side of a pixel", unit="mm", minimum=0),
        Column("area_mm2", "DOUBLE", "tumour in this slice", unit="mm2", minimum=0,
               sources=("segmentation.mask_sha256",)),
        DERIVATION,
        RUN_ID,
    ),
    key=("cohort_id", "patient_id", "settings_id", "position"),
    unit_columns=("cohort_id", "patient_id", "settings_id"),
    deps=("image", "segmentation", "registration", "settings"),
)  # fmt: skip
