"""External cohorts: frozen models are applied to them, or they are refused by name."""

import polars as pl
import pytest

from hccer.study.context import StudyContext
from hccer.study.evaluation import make_metric
from hccer.study.external import other_spacings, other_units
from hccer.study.fits import make_model_fit
from hccer.study.predictions import make_prediction
from schemas.errors import HccerError
from schemas.tables import FEATURE_DEFINITION, IMAGE, MODEL_FIT, PATIENT, PREDICTION
from storage.store import Change, Store
from tests.hccer.planted import COHORT, NAMES, insert, plant_features, plant_split, planted_study
from tests.hccer.planted_fits import metric, scores


def with_external(store: Store, name: str = "outer", **clinical: float) -> StudyContext:
    """A study with the external cohort `other`, 40 patients with features and these values."""
    plant_features(store, "other", others(), first=1000)
    context = planted_study(store, name, external=["other"])
    rows = [{"cohort_id": "other", "role": "external", **row} for row in others().to_dicts()]
    plant_split(store, name, rows)
    insert(store, PATIENT, [
        {"cohort_id": "other", "patient_id": row["patient_id"], **clinical} for row in rows
    ])  # fmt: skip
    return context


def refused(context: StudyContext) -> str:
    """The sentence with which the external cohort is refused."""
    make_model_fit(context)
    with pytest.raises(HccerError) as error:
        make_prediction(context)
    assert context.own(PREDICTION).is_empty()
    return str(error.value)


# what CR and RCR read: AST in U/L, diameter in cm
READ = {"ast_u_l": 30.0, "diameter_cm": 4.0}


def others() -> pl.DataFrame:
    names = [f"O{number:02}" for number in range(40)]
    return pl.DataFrame({"patient_id": names, "y_true": [0, 1, 1, 0] * 10})


def test_external_patients_are_scored_by_the_frozen_model(fitted: StudyContext, fresh: Store):
    context = with_external(fresh, **READ)
    make_model_fit(context)
    make_prediction(context)
    make_metric(context)
    fits = context.own(MODEL_FIT)
    of_study = fitted.own(MODEL_FIT).filter(pl.col("model") != "staging")
    assert fits["artifact_sha256"].equals(of_study["artifact_sha256"])
    assert len(scores(context, "radiomics-LR", role="external")) == 40
    assert len(scores(context, "CR-LR", role="external")) == 40
    found = metric(context, "radiomics-LR", "external", "other")
    assert found["recalibrated_calibration_slope"]["value"] == pytest.approx(1)
    assert found["recalibrated_calibration_intercept"]["value"] == pytest.approx(0, abs=1e-9)
    assert found["recalibrated_brier"]["value"] < found["brier"]["value"]
    assert abs(found["calibration_slope"]["value"] - 1) > 0.01
    assert not any("recalibrated" in name for name in metric(context, "radiomics-LR", "validation"))


def test_an_external_cohort_without_features_is_refused(fresh: Store):
    context = planted_study(fresh, "outer", external=["other"])
    make_model_fit(context)
    with pytest.raises(HccerError, match="study outer: external cohort other has no features: run"):
        make_prediction(context)
    plant_features(fresh, "other", others(), settings="0123", first=1000)
    with pytest.raises(HccerError, match="other has features under settings 0123, the models read"):
        make_prediction(context)
    plant_features(fresh, "other", others(), phase="DP", first=2000)
    with pytest.raises(HccerError, match=r"other has no features of phase AP \(it has DP\)"):
        make_prediction(context)


def test_an_external_cohort_that_lacks_features_is_refused_by_name(fresh: Store):
    context = with_external(fresh, **READ)
    lost = pl.DataFrame({"cohort_id": ["other"], "feature_name": [NAMES[0]]})
    fresh.commit([Change(FEATURE_DEFINITION, delete=lost)], "test")
    said = refused(context)
    assert f"cohort other has 7 of the 8 features of the study, not {NAMES[0]}: run" in said


def test_an_external_cohort_without_the_factors_of_a_model_is_refused_by_name(fresh: Store):
    said = refused(with_external(fresh, diameter_cm=6.0))
    assert said == ("study outer: cohort other has no ast, which CR-LR and RCR-LR read: give the "
                    "values, or leave the cohort out of `external`")  # fmt: skip


def test_an_external_cohort_in_another_unit_is_refused(fresh: Store):
    said = refused(with_external(fresh, **READ, tbil_umol_l=0.9))
    assert said.startswith("study outer: external cohort other: tbil_umol_l: median 0.9, developm")
    assert said.endswith("another unit? (cohort.toml, or overrides.external.unit_factor)")
    wide = planted_study(fresh, "wide", external=["other"], overrides={
        "external": {"unit_factor": 50.0}
    })  # fmt: skip
    assert not list(other_units(wide, "other"))


def test_an_external_cohort_of_another_voxel_size_is_refused(fresh: Store):
    context = with_external(fresh, **READ)
    sampled = {COHORT: (2.0, 3.0), "other": (5.0,)}
    insert(fresh, IMAGE, [
        {"cohort_id": cohort, "patient_id": f"V{at}", "phase": "AP", "spacing_z_mm": each}
        for cohort, sizes in sampled.items() for at, each in enumerate(sizes)
    ])  # fmt: skip
    said = refused(context)
    assert "phase AP: median spacing_z_mm 5, development 2 to 3: the images are sampled" in said
    assert "spacing_x_mm" not in said
    wide = planted_study(fresh, "wide", external=["other"], overrides={
        "external": {"spacing_factor": 2.0}
    })  # fmt: skip
    assert not list(other_spacings(wide, "other"))


def test_an_external_cohort_without_usable_patients_is_refused(fresh: Store):
    plant_features(fresh, "other", others(), first=1000)
    context = planted_study(fresh, "outer", external=["other"])
    plant_split(fresh, "outer", [
        {"cohort_id": "other", "role": "unused", "reason": "no outcome early_recurrence", **row}
        for row in others().to_dicts()
    ])  # fmt: skip
    make_model_fit(context)
    with pytest.raises(HccerError, match="40 patients: no outcome early_recurrence"):
        make_prediction(context)
