"""From training patients to stored models, their predictions, and what these are worth."""

import shutil
from pathlib import Path

import dcurves
import numpy as np
import polars as pl
import pytest
from statsmodels.api import Logit, add_constant

import sql
from hccer.evaluation.comparison import paired_test, unpaired_test
from hccer.evaluation.delong import auc, delong
from hccer.evaluation.reliability import hosmer_lemeshow
from hccer.modelling.artifact import from_artifact
from hccer.study.comparisons import make_comparison, make_subgroup_metric, strength_level
from hccer.study.context import StudyContext
from hccer.study.evaluation import (
    make_calibration_curve,
    make_decision_curve,
    make_metric,
    make_roc_curve,
    metric_rows,
)
from hccer.study.external import other_spacings, other_units
from hccer.study.features import role_rows, study_patients
from hccer.study.fits import IN_TRAINING, ON_VALIDATION, make_model_fit
from hccer.study.predicted import parts_of
from hccer.study.predictions import make_prediction
from hccer.study.report_source import Source
from hccer.validation.chain import fit_chain
from schemas.analysis import EvaluationSettings
from schemas.errors import HccerError
from schemas.tables import (
    CALIBRATION_CURVE,
    COMPARISON,
    DECISION_CURVE,
    FEATURE_DEFINITION,
    IMAGE,
    METRIC,
    MODEL_FIT,
    PATIENT,
    PREDICTION,
    ROC_CURVE,
    SUBGROUP_METRIC,
)
from storage.home import Home
from storage.reading import Reader
from storage.retention import compact
from storage.store import Change, Store
from tests.hccer.planted import (
    COHORT,
    NAMES,
    clinical_store,
    insert,
    plant_features,
    plant_split,
    plant_staging,
    planted_study,
)

STEPS = (
    make_model_fit, make_prediction, make_metric, make_comparison, make_roc_curve,
    make_calibration_curve, make_decision_curve, make_subgroup_metric,
)  # fmt: skip
QUERIES = (
    "model_performance", "paper_performance", "comparators", "calibration", "field_strength",
)  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of a store with patients and features, before any study; to be copied."""
    return clinical_store(tmp_path_factory.mktemp("planted")).home.path


@pytest.fixture
def fresh(planted: Path, tmp_path: Path) -> Store:
    """A store of one's own with patients and features."""
    return Store.open(Home(Path(shutil.copytree(planted, tmp_path / "home"))))


@pytest.fixture(scope="module")
def study(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyContext:
    """A study with two staging systems, every step done; only to be read."""
    path = shutil.copytree(planted, tmp_path_factory.mktemp("study") / "home")
    context = planted_study(Store.open(Home(Path(path))), "hcc")
    patients = context.rows("from lake.patient where cohort_id in $cohorts order by patient_id")
    ids = patients["patient_id"].to_list()
    sizes = patients["diameter_cm"].cast(pl.Float64).to_list()
    scored = {**dict(zip(ids, sizes, strict=True)), ids[0]: None}
    plant_staging(context.store, "hcc", "BCLC", scored)
    plant_staging(context.store, "hcc", "CNLC", dict.fromkeys(ids))
    plant_staging(context.store, "hcc", "NLR", dict(zip(ids, map(staged, sizes), strict=True)))
    for step in STEPS:
        step(context)
    return context


def staged(size: float) -> float:
    """A score of few values, and the lower the larger the tumour: it ranks the wrong way round."""
    return float(size < 5) - float(size > 8)


def metric(context: StudyContext, fit_id: str, role: str, cohort_id: str = COHORT) -> dict:
    rows = context.own(METRIC).filter(fit_id=fit_id, role=role, cohort_id=cohort_id)
    return {row["metric"]: row for row in rows.iter_rows(named=True)}


def scores(context: StudyContext, fit_id: str, **where: str) -> pl.DataFrame:
    return context.own(PREDICTION).filter(fit_id=fit_id, **where)


# Table 4, row CR, and Table 3: what 165 patients with the paper's counts must give
CR = {
    "train": {"auc": (0.662, 0.574, 0.749), "accuracy": 0.652, "sensitivity": 0.654,
              "specificity": 0.648},
    "validation": {"auc": (0.752, 0.593, 0.911), "accuracy": 0.727, "sensitivity": 0.667,
                   "specificity": 0.8},
}  # fmt: skip


@pytest.mark.parametrize("role", CR)
def test_the_clinical_model_is_the_published_one(study: StudyContext, role: str):
    found = metric(study, "CR-LR", role)
    area = found["auc"]
    rounded = tuple(round(area[name], 3) for name in ("value", "ci_low", "ci_high"))
    assert rounded == CR[role]["auc"]
    for name in ("accuracy", "sensitivity", "specificity"):
        assert round(found[name]["value"], 3) == CR[role][name], name


def test_its_odds_ratios_and_its_p_value_are_published(study: StudyContext):
    fit = study.own(MODEL_FIT).row(by_predicate=pl.col("fit_id") == "CR-LR", named=True)
    model = from_artifact(study.store.artifacts.get(fit["artifact_sha256"]))
    ratios = dict(zip(model.feature_names, np.exp(model.classifier.coefficients), strict=True))
    assert {name: round(each, 3) for name, each in ratios.items()} == {
        "ast": 2.489, "diameter": 2.507
    }  # fmt: skip
    assert (fit["n"], fit["n_features"], fit["threshold"]) == (132, 2, model.threshold)
    unpaired = study.own(COMPARISON).filter(fit_id_a="CR-LR", fit_id_b="CR-LR", test="unpaired")
    assert round(unpaired["p_value"].item(), 3) == 0.334
    areas = [metric(study, "CR-LR", role)["auc"]["value"] for role in ("train", "validation")]
    assert unpaired["difference"].item() == pytest.approx(areas[0] - areas[1], rel=1e-12)
    assert unpaired["df"].item() == pytest.approx(53.32, abs=0.005)


@pytest.mark.parametrize(("role", "fitted"), [("train", True), ("validation", False)])
def test_the_goodness_of_fit_knows_on_whom_the_model_was_fitted(
    study: StudyContext, role: str, fitted: bool
):
    rows = scores(study, "radiomics-LR", role=role)
    expected = hosmer_lemeshow(rows["y_true"], rows["y_score"], 10, fitted)
    found = metric(study, "radiomics-LR", role)
    assert found["hosmer_lemeshow"]["value"] == pytest.approx(expected.chi2, rel=1e-9)
    assert found["hosmer_lemeshow_p"]["value"] == pytest.approx(expected.p_value, rel=1e-9)


def test_every_model_of_the_paper_is_fitted_and_the_published_choice_is_marked(study: StudyContext):
    fits = study.own(MODEL_FIT)
    algorithms = ["KNN", "LR", "MLP", "SVM", "XGBoost"]
    assert fits["fit_id"].to_list() == [
        "CR-LR", "RCR-LR", *(f"radiomics-{each}" for each in algorithms),
        "staging-BCLC", "staging-CNLC", "staging-NLR",
    ]  # fmt: skip
    marked = fits.drop_nulls("choice").select("fit_id", "choice").rows()
    assert marked == [("radiomics-LR", ON_VALIDATION)]
    known = scores(study, "RCR-LR").group_by("role").len().rows()
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


def test_predictions_are_those_of_the_stored_model(study: StudyContext):
    fit = study.own(MODEL_FIT).row(by_predicate=pl.col("fit_id") == "radiomics-SVM", named=True)
    model = from_artifact(study.store.artifacts.get(fit["artifact_sha256"]))
    values = study.rows(
        "select patient_id, 'AP_' || feature_name as name, value "
        "from lake.extraction_value join lake.extraction using (extraction_id)"
    )
    table = values.pivot("name", index="patient_id", values="value").sort("patient_id")
    predicted = scores(study, "radiomics-SVM").sort("patient_id")
    assert predicted["y_score"].to_list() == model.score_frame(table).tolist()
    assert set(predicted["threshold"]) == {model.threshold}


def test_a_second_run_computes_nothing(study: StudyContext):
    before = study.store.snapshot()
    for step in STEPS:
        outcome = step(study)
        assert outcome.computed == 0 < outcome.reused, step.__name__
    assert study.store.snapshot() == before


def test_the_same_patients_give_the_same_bytes(study: StudyContext, fresh: Store):
    again = planted_study(fresh, "another_name")
    make_model_fit(again)
    models = study.own(MODEL_FIT).filter(pl.col("model") != "staging")
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


def test_a_staging_system_is_cut_on_training_scores(study: StudyContext):
    fits = study.own(MODEL_FIT)
    fit = fits.row(by_predicate=pl.col("fit_id") == "staging-BCLC", named=True)
    train = scores(study, "staging-BCLC", role="train")
    positive = train["y_score"] >= fit["threshold"]
    events = train["y_true"] == 1

    def youden(cut: float) -> float:
        called = train["y_score"] >= cut
        return (called & events).sum() / events.sum() - (called & ~events).sum() / (~events).sum()

    assert youden(fit["threshold"]) == max(map(youden, train["y_score"].unique()))
    found = metric(study, "staging-BCLC", "train")
    assert found["sensitivity"]["value"] == (positive & events).sum() / events.sum()
    assert len(scores(study, "staging-BCLC")) == 164  # one has no score
    assert set(found) == set(metric(study, "RCR-LR", "train"))
    none = fits.row(by_predicate=pl.col("fit_id") == "staging-CNLC", named=True)
    assert (none["n"], none["threshold"]) == (0, None)
    assert none["reason"] == "ecog is missing"
    assert scores(study, "staging-CNLC").is_empty()


@pytest.mark.parametrize("system", ["BCLC", "NLR"])
def test_the_risk_of_a_staging_score_is_learned_in_training_and_stored(
    study: StudyContext, system: str
):
    fit_id = f"staging-{system}"
    train, validation = (scores(study, fit_id, role=role) for role in ("train", "validation"))
    logistic = Logit(train["y_true"].to_numpy(), add_constant(train["y_score"].to_numpy()))
    fitted = logistic.fit(disp=0, method="newton", tol=1e-12)
    for part in (train, validation):
        risks = fitted.predict(add_constant(part["y_score"].to_numpy(), has_constant="add"))
        assert part["y_prob"].to_list() == pytest.approx(risks.tolist(), rel=1e-7)
    fit = study.own(MODEL_FIT).row(by_predicate=pl.col("fit_id") == fit_id, named=True)
    model = from_artifact(study.store.artifacts.get(fit["artifact_sha256"]))
    assert model.feature_names == (system,) and fit["n_features"] == 1
    stored = model.score(validation.select("y_score").to_numpy())
    assert validation["y_prob"].to_list() == stored.tolist()
    if system == "BCLC":
        called = validation["y_score"] >= fit["threshold"]
        assert called.to_list() == (stored >= model.threshold).tolist() and called.any()
    else:  # the lower the score the larger the risk: no risk stands for the score's threshold
        assert model.threshold is None and model.classifier.coefficients[0] < 0
    level = metric(study, fit_id, "train")
    assert level["calibration_slope"]["value"] == pytest.approx(1, rel=1e-6)
    curve = study.own(CALIBRATION_CURVE).filter(fit_id=fit_id, role="validation")
    assert curve["n"].sum() == len(validation)


def test_the_decision_curve_of_a_staging_system_is_that_of_dcurves(study: StudyContext):
    validation = scores(study, "staging-BCLC", role="validation")
    found = study.own(DECISION_CURVE).filter(fit_id="staging-BCLC", role="validation")
    table = validation.select(outcome="y_true", risk="y_prob").to_pandas()
    theirs = dcurves.dca(table, "outcome", ["risk"], thresholds=found["threshold"].to_numpy())
    expected = theirs[theirs["model"] == "risk"].sort_values("threshold")["net_benefit"]
    assert found["net_benefit"].to_list() == pytest.approx(expected.to_list(), abs=1e-9)
    assert study.own(DECISION_CURVE).filter(fit_id="staging-CNLC").is_empty()


def test_a_score_that_separates_the_outcomes_has_a_threshold_and_the_prevalence(fresh: Store):
    context = planted_study(fresh, "hcc")
    patients = role_rows(context, "train", "validation")
    events = patients.select("patient_id", pl.col("y_true").cast(pl.Float64)).rows()
    plant_staging(fresh, "hcc", "ALBI", dict(events))
    make_model_fit(context)
    fit = context.own(MODEL_FIT).row(by_predicate=pl.col("fit_id") == "staging-ALBI", named=True)
    assert fit["threshold"] == 1 and fit["n_features"] == 0
    assert fit["reason"] == "no risk: ALBI: it separates 78 events from 54 non-events"
    make_prediction(context)
    rows = scores(context, "staging-ALBI")
    assert rows["y_score"].to_list() == rows["y_true"].to_list()
    assert rows["y_prob"].unique().to_list() == [pytest.approx(78 / 132)]


def test_two_fits_are_compared_on_the_patients_both_predict(study: StudyContext):
    keys = ["cohort_id", "patient_id"]
    first, second = (scores(study, each, role="train") for each in ("RCR-LR", "staging-BCLC"))
    both = first.join(second, on=keys)
    stacked = np.stack([both["y_score"], both["y_score_right"]])
    expected = paired_test(delong(both["y_true"], stacked), 0, 1)
    row = study.own(COMPARISON).row(
        by_predicate=(pl.col("fit_id_a") == "RCR-LR") & (pl.col("fit_id_b") == "staging-BCLC")
        & (pl.col("role") == "train"), named=True,
    )  # fmt: skip
    assert row["n"] == len(both) == len(second) == 131
    assert row["p_value"] == pytest.approx(expected.p_value, rel=1e-12)
    assert row["difference"] == pytest.approx(expected.difference, rel=1e-12)
    tests = study.own(COMPARISON).group_by("role", "test").len().sort("role").rows()
    assert tests == [("train", "paired", 36), ("train, validation", "unpaired", 9),
                     ("validation", "paired", 36)]  # fmt: skip


def test_field_strengths_are_compared(study: StudyContext):
    rows = study.own(SUBGROUP_METRIC).filter(fit_id="radiomics-LR", role="train")
    assert rows["level"].to_list() == ["1.5 T", "3 T"] and rows["n"].sum() == 132
    strength = study.rows("select patient_id, field_strength_t as t from lake.acquisition")
    of_level = scores(study, "radiomics-LR", role="train").join(strength, on="patient_id")
    low, high = (
        auc(of_level.filter(t=t)["y_true"], of_level.filter(t=t)["y_score"]) for t in (1.5, 3.0)
    )
    assert rows["auc"].to_list() == pytest.approx([low.value, high.value], rel=1e-12)
    p_value = unpaired_test(low, high).p_value
    assert rows["p_value"].to_list() == pytest.approx([p_value, p_value], rel=1e-12)
    assert rows["detectable"].n_unique() == 1
    assert 0.1 < rows["detectable"][0] < 0.4


def test_what_headers_write_is_a_nominal_field_strength(fresh: Store):
    context = planted_study(fresh, "hcc")
    make_model_fit(context)
    make_prediction(context)
    fresh.session.execute(
        "update lake.acquisition set field_strength_t = case when field_strength_t = 3 "
        "then if(hash(patient_id) % 2 = 0, 2.89362, 3) else 1.494 end"
    )
    make_subgroup_metric(context)
    rows = context.own(SUBGROUP_METRIC).filter(fit_id="radiomics-LR", role="train")
    assert rows["level"].to_list() == ["1.5 T", "3 T"] and rows["n"].sum() == 132
    curves = Source(fresh.home, "hcc").named("roc_field_strength")
    assert set(curves.filter(role="train")["series"]) == {"1.5 T", "3 T"}
    assert [strength_level(each, 0.5) for each in (0.2, 1.16, 7)] == ["0.5 T", "1 T", "7 T"]


def test_curves_begin_and_end_where_they_must(study: StudyContext):
    roc = study.own(ROC_CURVE).filter(fit_id="CR-LR", role="train")
    ends = roc.select("threshold", "sensitivity", "specificity").rows()
    assert ends[0] == (None, 0, 1) and ends[-1][1:] == (1, 0)
    decision = study.own(DECISION_CURVE).filter(fit_id="CR-LR", role="train")
    assert decision["threshold"].to_list() == [round(0.01 * n, 2) for n in range(1, 100)]
    assert decision["net_benefit"][0] == pytest.approx(decision["treat_all"][0])
    groups = study.own(CALIBRATION_CURVE).filter(fit_id="radiomics-LR", role="train")
    assert groups["n"].sum() == 132 and groups["predicted"].is_sorted()
    inside = groups.filter(pl.col("observed").is_between("ci_low", "ci_high"))
    assert len(inside) == len(groups) == 10


# --- external cohorts: frozen, or refused


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


def test_external_patients_are_scored_by_the_frozen_model(study: StudyContext, fresh: Store):
    context = with_external(fresh, **READ)
    make_model_fit(context)
    make_prediction(context)
    make_metric(context)
    fits = context.own(MODEL_FIT)
    of_study = study.own(MODEL_FIT).filter(pl.col("model") != "staging")
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


# --- parts, artifacts, queries


def test_several_development_cohorts_are_also_evaluated_together():
    rows = [
        {"fit_id": "CR-LR", "cohort_id": cohort, "role": role, "patient": f"{cohort}/{number}",
         "y_true": number % 2, "y_score": number / 10, "threshold": None, "fold": 0,
         "y_prob": number / 10}
        for cohort, role in (("a", "train"), ("b", "train"), ("c", "external"))
        for number in range(6)
    ]  # fmt: skip
    found = parts_of(pl.DataFrame(rows, schema_overrides={"threshold": pl.Float64}), ["a", "b"])
    sizes = {(part.cohort_id, part.role): len(part.y_true) for part in found}
    assert sizes == {
        ("a", "train"): 6, ("b", "train"): 6, ("c", "external"): 6, ("a + b", "train"): 12
    }  # fmt: skip
    assert all((part.threshold == np.inf).all() for part in found)


def test_a_part_with_one_outcome_has_rates_and_no_area():
    row = {"fit_id": "CR-LR", "cohort_id": "a", "role": "external", "threshold": 0.5, "fold": 0,
           "y_true": 1}  # fmt: skip
    rows = [{**row, "patient": str(n), "y_score": 0.3 + n / 10} for n in range(4)]
    (part,) = parts_of(pl.DataFrame(rows).with_columns(y_prob="y_score"), ["a"])
    found = {each["metric"]: each["value"] for each in metric_rows(part, EvaluationSettings())}
    assert (found["auc"], found["specificity"], found["calibration_slope"]) == (None, None, None)
    assert found["sensitivity"] == 0.5
    assert not any(name.startswith("recalibrated") for name in found)


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


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_answers(study: StudyContext, name: str):
    assert len(Reader(study.store.home).named(name, {"study": "hcc"}))


def test_staging_says_where_each_rule_is_from(study: StudyContext):
    reader = Reader(study.store.home)
    table = reader.query(sql.load("report")["table_staging"].text, {"study": "hcc"})
    query = reader.named("comparators", {"study": "hcc"}).rename({"system": "algorithm"})
    for rows in (query, table):
        found = set(rows.select("algorithm", "provenance").rows())
        assert found == {("BCLC", "the rule of BCLC"), ("NLR", "the rule of NLR")}


def test_the_papers_numbers_stand_beside_ours(study: StudyContext):
    rows = Reader(study.store.home).named("paper_performance", {"study": "hcc"})
    assert len(rows) == 20
    for row in rows.filter(model="CR").iter_rows(named=True):
        for name in ("auc", "interval", "accuracy", "sensitivity", "specificity"):
            assert row[name] == row[f"paper_{name}"], name
    tests = rows.filter(model="CR").select("role", "paper_p_value", "p_value").rows()
    assert tests == [("train", None, None), ("validation", "0.334", 0.334)]
    noted = rows.filter(pl.col("note").is_not_null())
    assert noted["model"].to_list() == ["radiomics", "DL", "DL", "DLRCR", "DLRCR"]
    assert noted["paper_p_value"][0] == "0.436" and "Table 4" in noted["note"][0]
    assert noted.filter(pl.col("model") != "radiomics")["auc"].null_count() == 4
