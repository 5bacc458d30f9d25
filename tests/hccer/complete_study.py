"""One complete study: rows in every table, so that no item of its report is empty.

Clinical data, classifiers, staging and everything evaluated come from the steps; what is costly is
planted: features, networks, repeated delineations, images and nested results.
"""

from pathlib import Path

from hccer.pipeline.rows import frame
from hccer.study.agreement import make_reader_agreement
from hccer.study.clinical import make_characteristic, make_risk_factor, make_staging_score
from hccer.study.coefficients import make_model_coefficient
from hccer.study.comparisons import make_comparison, make_subgroup_metric
from hccer.study.context import StudyContext
from hccer.study.contributions import make_contribution
from hccer.study.crops import crop_recipe, crop_settings_id
from hccer.study.evaluation import (
    make_calibration_curve,
    make_decision_curve,
    make_metric,
    make_roc_curve,
)
from hccer.study.fits import make_model_fit
from hccer.study.predictions import make_prediction
from hccer.study.report import make_report
from hccer.study.selecting import make_feature_screen, make_feature_selection
from hccer.study.settings import make_study_setting
from hccer.study.worth import make_choice_optimism
from schemas.preset import settings_text
from schemas.registry import Study
from schemas.tables import EXCLUSION, REJECTED, SETTINGS, SPLIT
from storage.home import Home
from storage.lineage import record, start_run
from storage.store import Change, Store
from tests.hccer.complete_rows import plant_agreement, plant_images, plant_nested, plant_networks
from tests.hccer.planted import COHORT, SETTINGS_ID, clinical_store, insert, planted_study
from tests.hccer.planted_crops import IMAGING
from tests.support import COHORTS, register

STUDY, AWAY, UNUSED = "hcc", "away", "HCC_021"
PHASES = ("AP", "PVP", "DP")
EVIL = "<script>alert(1)</script> & 'study'"
EVIL_COHORT = "<script>alert(2)</script> & <b>cohort</b>"
SMALL = {
    "imaging": IMAGING,
    "evaluation": {"resamples": 4},
    "validation": {"n_splits": 2, "n_repeats": 2, "n_permutations": 8},
}
BEFORE = (
    make_study_setting, make_reader_agreement, make_feature_screen, make_feature_selection,
    make_characteristic, make_risk_factor, make_staging_score, make_model_fit, make_prediction,
    make_model_coefficient, make_contribution,
)  # fmt: skip
AFTER = (
    make_metric, make_comparison, make_roc_curve, make_calibration_curve, make_decision_curve,
    make_subgroup_metric, make_choice_optimism,
)  # fmt: skip


def complete_home(folder: Path) -> Home:
    """Home of the complete study, with its report; only to be read or copied."""
    context = complete_study(folder)
    make_report(context)
    context.store.close()
    return context.store.home


def complete_study(folder: Path) -> StudyContext:
    """165 patients with the published counts, 20 of an external cohort, and one unused there."""
    store = clinical_store(folder)
    _three_phases(store)
    _second_cohort(store, folder)
    context = planted_study(store, STUDY, phases=list(PHASES), external=[AWAY], overrides=SMALL)
    store.registry.put(Study(**{**store.registry.study(STUDY).model_dump(), "title": EVIL}))
    _second_part(store)
    plant_agreement(context)
    for step in BEFORE:
        _done(context, step)
    plant_networks(context)
    for step in AFTER:
        _done(context, step)
    plant_nested(context)
    plant_images(context)
    _settings(context)
    return context


def _done(context: StudyContext, step: object) -> None:
    start_run(context.store, context.run_id, STUDY)
    before = context.store.snapshot()
    record(context.store, step(context), context.run_id, STUDY, before)


def _three_phases(store: Store) -> None:
    """The planted features of the first phase, with other noise, as those of the later ones."""
    run = store.session.execute
    for at, phase in enumerate(PHASES[1:], 1):
        new = f"extraction_id + {1000 * at}"
        run(f"insert into lake.segmentation select * replace ('{phase}' as phase) "
            "from lake.segmentation where phase = 'AP'")  # fmt: skip
        run(f"insert into lake.extraction select * replace ('{phase}' as phase, {new} as "
            "extraction_id) from lake.extraction where phase = 'AP'")  # fmt: skip
        run(f"insert into lake.extraction_value select * replace ({new} as extraction_id, value + "
            f"{at} * (hash(extraction_id, feature_name) % 1000) / 500.0 as value) "
            "from lake.extraction_value where extraction_id < 1000")  # fmt: skip
        run(f"insert into lake.acquisition select * replace ('{phase}' as phase) "
            "from lake.acquisition where phase = 'AP'")  # fmt: skip


def _second_cohort(store: Store, folder: Path) -> None:
    """The first patients again, under another cohort with a title that is hostile."""
    register(store, COHORTS / COHORT / "cohort.toml", folder, id=AWAY, title=EVIL_COHORT)
    some = f"where cohort_id = '{COHORT}' and patient_id <= '{UNUSED}'"
    for name in ("patient", "outcome", "reading", "acquisition", "segmentation"):
        store.session.execute(f"insert into lake.{name} select * replace ('{AWAY}' as cohort_id) "
                              f"from lake.{name} {some}")  # fmt: skip
    store.session.execute(
        f"insert into lake.feature_definition select * replace ('{AWAY}' as cohort_id) "
        f"from lake.feature_definition where cohort_id = '{COHORT}'"
    )
    store.session.execute(
        f"insert into lake.extraction select * replace ('{AWAY}' as cohort_id, "
        f"extraction_id + 10000 as extraction_id) from lake.extraction {some}"
    )
    store.session.execute(
        "insert into lake.extraction_value select * replace (extraction_id + 10000 as "
        "extraction_id, value * 0.9 + 0.1 as value) from lake.extraction_value where "
        f"extraction_id + 10000 in (select extraction_id from lake.extraction where "
        f"cohort_id = '{AWAY}')"
    )


def _second_part(store: Store) -> None:
    """External patients, one of whom cannot be used, and who was excluded."""
    found = store.rows("select patient_id, value as y_true from lake.outcome "
                       "where cohort_id = ? order by all", [AWAY])  # fmt: skip
    named = {"study_id": STUDY, "cohort_id": AWAY, "repeat": 0, "fold": 0}
    rows = [{**row, **named, "role": "external", "content_sha256": f"{AWAY}/{row['patient_id']}"}
            for row in found.to_dicts()]  # fmt: skip
    for row in rows:
        if row["patient_id"] == UNUSED:
            row |= {"role": "unused", "y_true": None, "reason": "no portal venous image"}
    insert(store, SPLIT, rows)
    insert(store, EXCLUSION, [{"cohort_id": AWAY, "patient_id": "OUT_1", "position": 1,
                               "reason": "treated before & <b>after</b>"}])  # fmt: skip
    insert(store, REJECTED, [{"cohort_id": AWAY, "patient_id": UNUSED, "phase": "PVP",
                              "asset": "image", "reason": "empty image"}])  # fmt: skip


def _settings(context: StudyContext) -> None:
    radiomics = {"settings_id": SETTINGS_ID, "step": "radiomics",
                 "text": settings_text(context.preset.radiomics)}  # fmt: skip
    crop = {"settings_id": crop_settings_id(context), "step": "crop",
            "text": settings_text(crop_recipe(context))}  # fmt: skip
    rows = [{**each, "cohort_id": cohort, "asked_by": f"study {STUDY}"}
            for each in (radiomics, crop) for cohort in context.file.cohorts]  # fmt: skip
    context.store.commit([Change(SETTINGS, insert=frame(SETTINGS, rows))], "settings")
