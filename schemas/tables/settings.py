"""Table of the group `study`: the numbers of the science as a study resolved them."""

from schemas.table import Column, Table
from schemas.tables.cohort import DERIVATION
from schemas.tables.study import STUDY_ID

STUDY_SETTING = Table(
    "study_setting",
    "study",
    "Every setting of a study: its preset with its overrides laid over it, defaults included.",
    (
        STUDY_ID,
        Column("name", "VARCHAR", "path of the setting in the preset, points between"),
        Column("value", "VARCHAR", "its value, JSON"),
        DERIVATION,
    ),
    key=("study_id", "name"),
    deps=("split",),  # what a study cannot be made of is refused there, before any row
    partition="study",
)
