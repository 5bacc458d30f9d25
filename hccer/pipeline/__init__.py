"""What each table of a cohort is made from, images to features; no Dagster, no user interface."""

from hccer.pipeline import (
    acquisitions,
    crops,
    delineations,
    extractions,
    feature_settings,
    image_quality,
    images,
    patients,
    perturbations,
    registrations,
    rejections,
    source_files,
)
from hccer.pipeline.context import Context
from hccer.steps import Step, run_step
from schemas.tables import FEATURE_VALUE
from storage.lineage import Outcome

STEPS: dict[str, Step] = {
    "source_file": Step(source_files.make_source_file, source_files.VERSION),
    "exclusion": Step(patients.make_exclusion, patients.VERSION),
    "reading": Step(patients.make_reading, patients.VERSION),
    "patient": Step(patients.make_patient, patients.VERSION),
    "outcome": Step(patients.make_outcome, patients.VERSION),
    "image": Step(images.make_image, images.VERSION),
    "acquisition": Step(acquisitions.make_acquisition, acquisitions.VERSION),
    "segmentation": Step(delineations.make_segmentation, delineations.VERSION),
    "image_quality": Step(image_quality.make_image_quality, image_quality.VERSION),
    "settings": Step(feature_settings.make_settings, feature_settings.VERSION),
    "registration": Step(registrations.make_registration, registrations.VERSION),
    "crop": Step(crops.make_crop, crops.VERSION),
    "perturbation": Step(perturbations.make_perturbation, perturbations.VERSION),
    "feature_definition": Step(feature_settings.make_feature_definition, feature_settings.VERSION),
    "extraction": Step(extractions.make_extraction, extractions.VERSION, (FEATURE_VALUE,)),
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
    return run_step(STEPS[name], context, context.store, context.run_id, context.cohort_id)
