"""Jobs: everything of one cohort, or of one study, in one process (long steps use all cores)."""

import dagster as dg

COHORT_JOB = dg.define_asset_job(
    "cohort",
    selection=dg.AssetSelection.groups("cohort", "imaging", "feature"),
    description="Bring every table of one cohort up to date.",
)
STUDY_JOB = dg.define_asset_job(
    "study",
    selection=dg.AssetSelection.groups("study", "evaluation", "report"),
    description="Bring every table of one study up to date; its cohorts must be.",
)
