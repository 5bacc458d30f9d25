"""settings and feature_definition: what the studies ask of a cohort, and the features it means."""

import json

from hccer.pipeline.context import Context
from hccer.pipeline.rows import write_small
from hccer.radiomics.contract import feature_definitions
from schemas.preset import RadiomicsSettings, settings_text
from schemas.tables import FEATURE_DEFINITION, SETTINGS
from storage.lineage import Outcome

VERSION = "settings-1"
NOBODY = "no study any more"


def make_settings(context: Context) -> Outcome:
    """Settings asked for, and those that stored extractions were made with."""
    asked = {"radiomics": context.asked, "perturbation": context.perturbations,
             "registration": context.registrations, "crop": context.crops}  # fmt: skip
    rows = [
        {"settings_id": key, "step": step, "asked_by": who, "text": settings_text(settings)}
        for step, of_step in asked.items()
        for key, (who, settings) in of_step.items()
    ]
    used = context.store.rows(
        "select distinct settings_id, step, text from lake.settings "
        "semi join lake.extraction using (cohort_id, settings_id) "
        "where cohort_id = ? and step = 'radiomics'",
        [context.cohort_id],
    )
    rows += [
        {**row, "asked_by": NOBODY}
        for row in used.iter_rows(named=True)
        if row["settings_id"] not in context.asked
    ]
    return write_small(context, SETTINGS, rows, [], VERSION)


def make_feature_definition(context: Context) -> Outcome:
    """Every feature of every settings of the cohort."""
    stored = context.store.rows(
        "select settings_id, text from lake.settings where cohort_id = ? and step = 'radiomics'",
        [context.cohort_id],
    )
    rows = [
        {"settings_id": key, **definition}
        for key, text in stored.iter_rows()
        for definition in feature_definitions(RadiomicsSettings.model_validate(json.loads(text)))
    ]
    return write_small(context, FEATURE_DEFINITION, rows, [], VERSION)
