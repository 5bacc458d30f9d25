"""Table of the group `report`: the pages and pieces that were written for a study."""

from schemas.table import Column, Table
from schemas.tables.cohort import DERIVATION
from schemas.tables.study import STUDY_ID

REPORT = Table(
    "report",
    "report",
    "Files of a study's report under `$HCCER_HOME/reports/<study>/`.",
    (
        STUDY_ID,
        Column("file", "VARCHAR", "path below the study's report folder"),
        Column("kind", "VARCHAR", "what it is", allowed=("page", "patient", "figure", "table")),
        Column("title", "VARCHAR", "as the page shows it"),
        Column("query", "VARCHAR", "the SQL that gives its data", nullable=True),
        Column("file_sha256", "VARCHAR", "sha256 of the file's bytes"),
        Column("size_bytes", "BIGINT", "size of the file", unit="bytes", minimum=0),
        Column("state", "VARCHAR", "snapshot of the lake that it shows, with its time",
               nullable=True, volatile=True),
        DERIVATION,
    ),
    key=("study_id", "file"),
    deps=(
        "patient", "reading", "exclusion", "acquisition", "image", "segmentation", "image_quality",
        "settings", "extraction", "rejected", "source_file", "registration", "perturbation",
        "feature_definition", "study_setting", "split", "reader_agreement",
        "delineation_agreement", "feature_reliability", "feature_screen", "feature_selection",
        "characteristic", "risk_factor", "staging_score", "model_fit", "prediction",
        "model_coefficient", "contribution",
        "metric", "comparison", "roc_curve", "calibration_curve", "decision_curve",
        "subgroup_metric", "nested_prediction", "worth", "choice_optimism", "network",
        "training_curve", "attribution", "crop", "outcome", "embedding", "network_patient",
        "feature_value",
    ),
    partition="study",
)  # fmt: skip
