"""What each table of the cohort and feature groups is made from; no Dagster, no user interface."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hccer.pipeline import (
    acquisitions,
    extractions,
    feature_settings,
    patients,
    rejections,
    source_files,
    volumes,
)
from hccer.pipeline.context import Context
from schemas.tables import FEATURE_VALUE
from storage.lineage import Outcome, record, start_run


@dataclass(frozen=True)
class Step:
    """How a table is made, and the version of the code that makes it."""

    make: Callable[[Context], Outcome]
    version: str


STEPS: dict[str, Step] = {
    "source_file": Step(source_files.make_source_file, source_files.VERSION),
    "patient": Step(patients.make_patient, patients.VERSION),
    "outcome": Step(patients.make_outcome, patients.VERSION),
    "image": Step(volumes.make_image, volumes.VERSION),
    "acquisition": Step(acquisitions.make_acquisition, acquisitions.VERSION),
    "segmentation": Step(volumes.make_segmentation, volumes.VERSION),
    "settings": Step(feature_settings.make_settings, feature_settings.VERSION),
    "feature_definition": Step(feature_settings.make_feature_definition, feature_settings.VERSION),
    "extraction": Step(extractions.make_extraction, extractions.VERSION),
    "rejected": Step(rejections.make_rejected, rejections.VERSION),
}


def materialise(context: Context, name: str) -> Outcome:
    """Bring one table of one cohort up to date, and record what it was made from.

    Args:
        context: store, cohort and run.
        name: key of STEPS; `extraction` brings the view `feature_value` up to date too.

    Returns:
        What was done.
    """
    with context.store.activity(), context.store.alone(context.cohort_id):
        start_run(context.store, context.run_id, context.cohort_id)
        before = context.store.snapshot()
        outcome = STEPS[name].make(context)
        made = [outcome]
        if name == "extraction":
            made.append(replace(outcome, table=FEATURE_VALUE))
        for each in made:
            record(context.store, each, context.run_id, context.cohort_id, before)
        return outcome
