"""Tables of the group `cohort`: what the hospital handed in, as rows."""

from typing import Literal, get_args, get_origin

from schemas.clinical import ClinicalRow
from schemas.table import Column, Table

COHORT_ID = Column("cohort_id", "VARCHAR", "cohort, the partition")
PATIENT_ID = Column("patient_id", "VARCHAR", "patient, unique within the cohort")
PHASE = Column("phase", "VARCHAR", "contrast phase or sequence")
READER_ID = Column("reader_id", "VARCHAR", "who delineated")
SESSION_ID = Column("session_id", "INTEGER", "which time that reader delineated it", minimum=1)
RUN_ID = Column("run_id", "VARCHAR", "run that made the row", volatile=True)
DERIVATION = Column(
    "derivation", "VARCHAR", "sha256 of the inputs' hashes, the settings and the code version"
)
_DUCKDB_TYPES = {float: "DOUBLE", int: "INTEGER", bool: "BOOLEAN", str: "VARCHAR"}
FILE = "source_file.file_sha256"


def _clinical_column(name: str) -> Column:
    field = ClinicalRow.model_fields[name]
    inner = next(kind for kind in get_args(field.annotation) if kind is not type(None))
    literal = get_origin(inner) is Literal
    return Column(
        name,
        "VARCHAR" if literal else _DUCKDB_TYPES[inner],
        field.description or name,
        unit=(field.json_schema_extra or {}).get("unit"),
        sources=(FILE,),
        nullable=True,
        allowed=get_args(inner) if literal else None,
        minimum=next((rule.ge for rule in field.metadata if hasattr(rule, "ge")), None),
        maximum=next((rule.le for rule in field.metadata if hasattr(rule, "le")), None),
    )


CLINICAL_COLUMNS = tuple(
    _clinical_column(name) for name in ClinicalRow.model_fields if name != "patient_id"
)

SOURCE_FILE = Table(
    "source_file",
    "cohort",
    "Every file of a cohort that the store reads, with the hash of its content.",
    (
        COHORT_ID,
        Column("path", "VARCHAR", "path below the cohort root"),
        Column(
            "kind",
            "VARCHAR",
            "what the file holds",
            allowed=("image", "mask", "clinical", "readings", "exclusions", "header", "other"),
        ),
        Column("patient_id", "VARCHAR", "patient named by the path", nullable=True),
        Column("phase", "VARCHAR", "phase named by the path", nullable=True),
        Column("reader_id", "VARCHAR", "reader, for masks", nullable=True),
        Column("session_id", "INTEGER", "session, for masks", nullable=True),
        Column("label", "INTEGER", "voxel value of the tumour, for masks", nullable=True),
        Column("is_reference", "BOOLEAN", "reference delineation, for masks", nullable=True),
        Column("series_instance_uid", "VARCHAR", "DICOM series, of an image file", nullable=True),
        Column("sop_instance_uid", "VARCHAR", "DICOM instance", nullable=True),
        Column("referenced_uid", "VARCHAR", "DICOM series a mask was drawn on", nullable=True),
        Column(
            "fits", "VARCHAR", "phases whose rules the header fits, comma between", nullable=True
        ),
        Column("rules_id", "VARCHAR", "hash of the rules by which it was read", nullable=True),
        Column("size_bytes", "BIGINT", "size of the file", unit="bytes", minimum=0),
        Column("changed_ns", "BIGINT", "time of last change", unit="ns", volatile=True),
        Column("file_sha256", "VARCHAR", "sha256 of the file's bytes"),
    ),
    key=("cohort_id", "path", "kind", "reader_id", "session_id"),
)

PATIENT = Table(
    "patient",
    "cohort",
    "Patients of a cohort with their clinical variables; empty where the source has none.",
    (COHORT_ID, PATIENT_ID, *CLINICAL_COLUMNS),
    key=("cohort_id", "patient_id"),
    deps=("source_file", "exclusion"),
)

OUTCOME = Table(
    "outcome",
    "cohort",
    "Endpoints: 1 where the event happened, 0 where it did not, with days where known.",
    (
        COHORT_ID,
        PATIENT_ID,
        Column("endpoint", "VARCHAR", "name of the endpoint"),
        Column("value", "INTEGER", "1 event, 0 no event", sources=(FILE,), minimum=0, maximum=1),
        Column(
            "days",
            "DOUBLE",
            "days from surgery to the event or last follow-up",
            unit="days",
            sources=(FILE,),
            nullable=True,
            minimum=0,
        ),
    ),
    key=("cohort_id", "patient_id", "endpoint"),
    deps=("source_file", "patient", "exclusion"),
)


EXCLUSION = Table(
    "exclusion",
    "cohort",
    "Who was recruited and excluded: one row per patient, with the criterion.",
    (
        COHORT_ID,
        PATIENT_ID,
        Column("position", "INTEGER", "order of the criterion in the flow chart", minimum=1,
               sources=(FILE,)),
        Column("reason", "VARCHAR", "the criterion", sources=(FILE,)),
        Column("days_from_surgery", "INTEGER", "day of the exclusion, counted from surgery",
               unit="days", nullable=True, sources=(FILE,)),
    ),
    key=("cohort_id", "patient_id"),
    deps=("source_file",),
)  # fmt: skip

READING = Table(
    "reading",
    "cohort",
    "What readers saw in the images of a patient, reader by reader, and their consensus.",
    (
        COHORT_ID,
        PATIENT_ID,
        Column("reader_id", "VARCHAR", "who read, or the consensus", sources=(FILE,)),
        Column("item", "VARCHAR", "feature that was read", sources=(FILE,)),
        Column("value", "VARCHAR", "what was read", sources=(FILE,)),
    ),
    key=("cohort_id", "patient_id", "reader_id", "item"),
    deps=("source_file",),
)


def _axes(name: str, kind: str, text: str, unit: str | None = None) -> tuple[Column, ...]:
    suffix = f"_{unit}" if unit else ""
    return tuple(
        Column(f"{name}_{axis}{suffix}", kind, f"{text}, {axis} axis", unit=unit, sources=(FILE,))
        for axis in "xyz"
    )


IMAGE = Table(
    "image",
    "cohort",
    "Readable images, one per patient and phase; the voxels are a blob named by its sha256.",
    (
        COHORT_ID,
        PATIENT_ID,
        PHASE,
        Column(
            "image_sha256",
            "VARCHAR",
            "sha256 of the NIfTI content (free-text header fields blanked)",
            sources=(FILE,),
        ),
        *_axes("size", "INTEGER", "number of voxels"),
        *_axes("spacing", "DOUBLE", "voxel size", "mm"),
        Column("voxel_sha256", "VARCHAR", "sha256 of size, type and values of the voxels alone",
               sources=(FILE,)),
        Column("series_instance_uid", "VARCHAR", "DICOM series it was read from", nullable=True,
               sources=("source_file.series_instance_uid",)),
        Column("intensity_minimum", "DOUBLE", "smallest voxel value", sources=(FILE,)),
        Column("intensity_maximum", "DOUBLE", "largest voxel value", sources=(FILE,)),
        Column("source", "VARCHAR", "path below the cohort root", sources=("source_file.path",)),
        DERIVATION,
        RUN_ID,
    ),
    key=("cohort_id", "patient_id", "phase"),
    deps=("source_file",),
)  # fmt: skip


def _header(name: str, text: str, unit: str | None = None, kind: str = "DOUBLE") -> Column:
    return Column(name, kind, text, unit=unit, sources=(FILE,), nullable=True)


ACQUISITION = Table(
    "acquisition",
    "cohort",
    "How each image was acquired, as far as its header or JSON sidecar tells.",
    (
        COHORT_ID,
        PATIENT_ID,
        PHASE,
        _header("manufacturer", "manufacturer of the scanner", kind="VARCHAR"),
        _header("sequence", "name of the sequence", kind="VARCHAR"),
        _header("field_strength_t", "magnetic field strength", "T"),
        _header("repetition_time_ms", "repetition time, TR", "ms"),
        _header("echo_time_ms", "echo time, TE", "ms"),
        _header("flip_angle_deg", "flip angle", "deg"),
        _header("time_after_injection_s", "time after contrast injection", "s"),
        _header("days_from_surgery", "day of the examination, counted from surgery", "days"),
    ),
    key=("cohort_id", "patient_id", "phase"),
    deps=("source_file", "image"),
)

SEGMENTATION = Table(
    "segmentation",
    "cohort",
    "Every tumour delineation; one per patient and phase is the reference.",
    (
        COHORT_ID,
        PATIENT_ID,
        PHASE,
        READER_ID,
        SESSION_ID,
        Column("origin", "VARCHAR", "how it was made", allowed=("manual", "perturbed", "model")),
        Column("is_reference", "BOOLEAN", "the delineation that analyses use by default"),
        Column("mask_sha256", "VARCHAR", "sha256 of the mask's NIfTI content", sources=(FILE,)),
        Column("label", "INTEGER", "voxel value of the tumour; 1 = any above 0 in a binary mask"),
        Column("image_sha256", "VARCHAR", "image it lies on", sources=("image.image_sha256",)),
        Column("voxel_count", "BIGINT", "tumour voxels", sources=(FILE,), minimum=1),
        Column(
            "volume_ml", "DOUBLE", "tumour volume by voxel counting", unit="ml", sources=(FILE,)
        ),
        Column("component_count", "INTEGER", "connected parts of the tumour mask (26 neighbours)",
               sources=(FILE,), minimum=1),
        Column("diameter_mm", "DOUBLE", "largest axial diameter of the largest part", unit="mm",
               sources=(FILE,), minimum=0),
        Column("source", "VARCHAR", "path below the cohort root", sources=("source_file.path",)),
        DERIVATION,
        RUN_ID,
    ),
    key=("cohort_id", "patient_id", "phase", "reader_id", "session_id"),
    deps=("source_file", "image"),
)  # fmt: skip


def _number(name: str, text: str, maximum: float | None = None) -> Column:
    return Column(name, "DOUBLE", text, nullable=True, minimum=0, maximum=maximum,
                  sources=("image.image_sha256", "segmentation.mask_sha256"))  # fmt: skip


IMAGE_QUALITY = Table(
    "image_quality",
    "cohort",
    "Quality of each image and its reference delineation, as numbers; checks name the outliers.",
    (
        COHORT_ID,
        PATIENT_ID,
        PHASE,
        Column("position", "INTEGER", "place of the phase in the examination, where contrast must "
               "fade in that order", nullable=True, minimum=1),
        _number("noise", "standard deviation of the noise in the body, as the image counts"),
        _number("signal_to_noise", "median of the body over the noise"),
        _number("contrast_to_noise", "tumour against the tissue around it, over the noise"),
        _number("motion_score", "ghosts (MR): air beside the body along one axis over that along "
                "the other, 1 = none"),
        _number("vessel_to_organ", "brightest vessels over the tissue 5-15 mm from the tumour"),
        _number("tumour_to_organ", "tumour over the tissue 5-15 mm from it, medians"),
        _number("coverage", "share of the tumour's voxels off the image's border, 1 = none cut", 1),
        _number("overlap", "best Dice of the mask with those of the other phases, in space", 1),
        _number("overlap_flipped", "best such Dice of the mask flipped along one axis", 1),
        DERIVATION,
        RUN_ID,
    ),
    key=("cohort_id", "patient_id", "phase"),
    deps=("image", "segmentation"),
)  # fmt: skip

REJECTED = Table(
    "rejected",
    "cohort",
    "What could not be used, with the reason in words; one bad case never stops a cohort.",
    (
        COHORT_ID,
        Column("patient_id", "VARCHAR", "patient, where it is known", nullable=True),
        Column("phase", "VARCHAR", "phase, where it is known", nullable=True),
        Column("reader_id", "VARCHAR", "reader, for delineations", nullable=True),
        Column("session_id", "INTEGER", "session, for delineations", nullable=True),
        Column("settings_id", "VARCHAR", "settings, for extractions", nullable=True),
        Column("asset", "VARCHAR", "table that refused it"),
        Column("reason", "VARCHAR", "why, in words"),
        Column("source", "VARCHAR", "file below the cohort root", nullable=True),
        Column("derivation", "VARCHAR", "what was tried; empty = tried again", nullable=True),
        RUN_ID,
    ),
    key=("cohort_id", "patient_id", "phase", "reader_id", "session_id", "settings_id", "asset",
         "reason", "source"),
    deps=("source_file", "patient", "outcome", "exclusion", "reading", "image", "acquisition",
          "segmentation", "image_quality", "registration", "crop", "perturbation", "extraction"),
)  # fmt: skip
