"""What Dagster loads."""

import dagster as dg

from dagster_project.assets import ASSETS
from dagster_project.jobs import COHORT_JOB, STUDY_JOB
from dagster_project.resources import StoreResource

defs = dg.Definitions(
    assets=ASSETS,
    jobs=[COHORT_JOB, STUDY_JOB],
    resources={"store": StoreResource()},
    # one process for all steps: a process start costs more than most of them
    executor=dg.in_process_executor,
)
