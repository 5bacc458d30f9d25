"""Jobs: everything of one cohort in one process (the extraction itself uses all cores)."""

import dagster as dg

COHORT_JOB = dg.define_asset_job(
    "cohort",
    selection=dg.AssetSelection.groups("cohort", "feature"),
    description="Bring every table of one cohort up to date.",
)
