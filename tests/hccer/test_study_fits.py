"""From training patients to stored models and their predictions."""

import numpy as np
import polars as pl
import pytest

from hccer.modelling.artifact import from_artifact
from hccer.study.context import StudyContext
from hccer.study.features import role_rows, study_patients
from hccer.study.fits import AS_PUBLISHED, IN_TRAINING, make_model_fit
from hccer.study.predictions import make_prediction
from hccer.validation.chain import fit_chain
from schemas.errors import HccerError
from schemas.tables import COMPARISON, MODEL_FIT, PREDICTION
from storage.compaction import compact
from storage.store import Change, Store
from tests.hccer.planted import planted_study
from tests.hccer.planted_fits import STEPS, metric, scores

# Table 4, row CR, and Table 3: what 165 patients with the paper's counts must give
CR = {
    "train": {"auc": (0.662, 0.574, 0.749), "accuracy": 0.652, "sensitivity": 0.654,
              "specificity": 0.648},
    "validation": {"auc": (0.752, 0.593, 0.911), "accuracy": 0.727, "sensitivity": 0.667,
                   "specificity": 0.8},
}  # fmt: skip


@pytest.mark.parametrize("role", CR)
def test_the_clinical_model_is_the_published_one(fitted: StudyContext, role: str):
    found = metric(fitted, "CR-LR", role)
    area = found["auc"]
    rounded = tuple(round(area[name], 3) for name in ("value", "ci_low", "ci_high"))
    assert rounded == CR[role]["auc"]
    for name in ("accuracy", "sensitivity", "specificity"):
        assert round(found[name]["value"], 3) == CR[role][name], name


def test_its_odds_ratios_and_its_p_value_are_published(fitted: StudyContext):
    fit = fitted.own(MODEL_FIT).row(by_predicate=pl.col("fit_id") == "CR-LR", named=True)
    model = from_artifact(fitted.store.artifacts.get(fit["artifact_sha256"]))
    ratios = dict(zip(model.feature_names, np.exp(model.classifier.coefficients), strict=True))
    assert {name: round(each, 3) for name, each in ratios.items()} == {
        "ast": 2.489, "diameter": 2.507
    }  # fmt: skip
    assert (fit["n"], fit["n_features"], fit["threshold"]) == (132, 2, model.threshold)
    unpaired = fitted.own(COMPARISON).filter(fit_id_a="CR-LR", fit_id_b="CR-LR", test="unpaired")
    assert round(unpaired["p_value"].item(), 3) == 0.334
    areas = [metric(fitted, "CR-LR", role)["auc"]["value"] for role in ("train", "validation")]
    assert unpaired["difference"].item() == pytest.approx(areas[0] - areas[1], rel=1e-12)
    assert unpaired["df"].item() == pytest.approx(53.32, abs=0.005)


def test_every_model_of_the_paper_is_fitted_and_the_published_choice_marked(
    fitted: StudyContext,
):
    fits = fitted.own(MODEL_FIT)
    algorithms = ["KNN", "LR", "MLP", "SVM", "XGBoost"]
    assert fits["fit_id"].to_list() == [
        "CR-LR", "RCR-LR", *(f"radiomics-{each}" for each in algorithms),
        "staging-BCLC", "staging-CNLC", "staging-NLR",
    ]  # fmt: skip
    marked = fits.drop_nulls("choice").select("fit_id", "choice").rows()
    assert marked == [("radiomics-LR", AS_PUBLISHED)]
    known = scores(fitted, "RCR-LR").group_by("role").len().rows()
    assert dict(known) == {"train": 132, "validation": 33}


def test_without_a_published_choice_one_is_chosen_in_training(fresh: Store):
    context = planted_study(fresh, "honest", preset="honest")
    make_model_fit(context)
    marked = context.own(MODEL_FIT).drop_nulls("choice")
    assert marked["choice"].to_list() == [IN_TRAINING]
    radiomics = context.own(MODEL_FIT).filter(model="radiomics")
    assert marked["inner_auc"].item() == radiomics["inner_auc"].max()
    train, _ = study_patients(context, role_rows(context, "train"))
    honest = fit_chain(train, context.preset.validation.chain, ["honest"])["honest"]
    assert marked["fit_id"].to_list() == [f"radiomics-{honest.algorithm}"]


def test_predictions_are_those_of_the_stored_model(fitted: StudyContext):
    fit = fitted.own(MODEL_FIT).row(by_predicate=pl.col("fit_id") == "radiomics-SVM", named=True)
    model = from_artifact(fitted.store.artifacts.get(fit["artifact_sha256"]))
    values = fitted.rows(
        "select patient_id, 'AP_' || feature_name as name, value "
        "from lake.extraction_value join lake.extraction using (extraction_id)"
    )
    table = values.pivot("name", index="patient_id", values="value").sort("patient_id")
    predicted = scores(fitted, "radiomics-SVM").sort("patient_id")
    assert predicted["y_score"].to_list() == model.score_frame(table).tolist()
    assert set(predicted["threshold"]) == {model.threshold}


def test_a_second_run_computes_nothing(fitted: StudyContext):
    before = fitted.store.snapshot()
    for step in STEPS:
        outcome = step(fitted)
        assert outcome.computed == 0 < outcome.reused, step.__name__
    assert fitted.store.snapshot() == before


def test_the_same_patients_give_the_same_bytes(fitted: StudyContext, fresh: Store):
    again = planted_study(fresh, "another_name")
    make_model_fit(again)
    models = fitted.own(MODEL_FIT).filter(pl.col("model") != "staging")
    assert again.own(MODEL_FIT)["artifact_sha256"].equals(models["artifact_sha256"])


def test_a_lost_artifact_is_made_again_and_a_damaged_one_named(fresh: Store):
    context = planted_study(fresh, "hcc")
    make_model_fit(context)
    sha256 = context.own(MODEL_FIT).filter(fit_id="radiomics-LR")["artifact_sha256"].item()
    path = fresh.artifacts.path(sha256)
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(HccerError, match=f"{sha256} cannot be read.*run the study again"):
        make_prediction(context)
    assert make_model_fit(context).computed == 7
    assert path.read_bytes() == whole
    other = next(each for each in fresh.artifacts if each != sha256)
    path.write_bytes(fresh.artifacts.path(other).read_bytes())
    with pytest.raises(HccerError, match=f"{sha256} is damaged: delete .* and run the study again"):
        make_prediction(context)


def test_a_model_without_inputs_predicts_the_prevalence(fresh: Store):
    chain = {"factor_alpha": 1e-9, "selection": {"alpha": 1e-12}}
    context = planted_study(fresh, "nothing", overrides={"validation": {"chain": chain}})
    for step in STEPS:
        step(context)
    fits = context.own(MODEL_FIT)
    assert fits["artifact_sha256"].null_count() == 0 and len(fits) == 7
    artifacts = {context.store.artifacts.get(sha256) for sha256 in fits["artifact_sha256"]}
    assert len(artifacts) == 1
    model = from_artifact(*artifacts)
    assert (model.feature_names, model.threshold) == ((), None)
    assert model.classifier.intercept == pytest.approx(np.log(78 / 54), rel=1e-15)
    assert fits["threshold"].null_count() == 7 and fits["reason"].null_count() == 0
    assert "none of 18 factors has P < 1e-09" in fits.filter(fit_id="CR-LR")["reason"].item()
    assert context.own(PREDICTION)["y_score"].unique().to_list() == [pytest.approx(78 / 132)]
    found = metric(context, "CR-LR", "validation")
    named = ("auc", "sensitivity", "specificity", "calibration_slope", "ppv")
    assert [found[name]["value"] for name in named] == [0.5, 0.0, 1.0, None, None]


def test_cited_artifacts_stay_and_others_go(fresh: Store):
    context = planted_study(fresh, "hcc")
    make_model_fit(context)
    cited = set(context.own(MODEL_FIT)["artifact_sha256"])
    stray = fresh.artifacts.put(b"a model that nothing cites")
    assert stray in set(fresh.artifacts)
    removal = compact(fresh)
    assert removal.blobs == 1 and set(fresh.artifacts) == cited
    fresh.commit([Change(MODEL_FIT, delete=pl.DataFrame({"study_id": ["hcc"]}))], "test")
    assert compact(fresh).blobs == len(cited) and not set(fresh.artifacts)
