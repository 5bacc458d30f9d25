"""Staging systems among the models of a study: threshold, risk, curves, provenance."""

import dcurves
import polars as pl
import pytest
from statsmodels.api import Logit, add_constant

import sql
from hccer.modelling.artifact import from_artifact
from hccer.study.context import StudyContext
from hccer.study.features import role_rows
from hccer.study.fits import make_model_fit
from hccer.study.predictions import make_prediction
from schemas.tables import CALIBRATION_CURVE, DECISION_CURVE, MODEL_FIT
from storage.reading import Reader
from storage.store import Store
from tests.hccer.planted import plant_staging, planted_study
from tests.hccer.planted_fits import metric, scores


def test_a_staging_system_is_cut_on_training_scores(fitted: StudyContext):
    fits = fitted.own(MODEL_FIT)
    fit = fits.row(by_predicate=pl.col("fit_id") == "staging-BCLC", named=True)
    train = scores(fitted, "staging-BCLC", role="train")
    positive = train["y_score"] >= fit["threshold"]
    events = train["y_true"] == 1

    def youden(cut: float) -> float:
        called = train["y_score"] >= cut
        return (called & events).sum() / events.sum() - (called & ~events).sum() / (~events).sum()

    assert youden(fit["threshold"]) == max(map(youden, train["y_score"].unique()))
    found = metric(fitted, "staging-BCLC", "train")
    assert found["sensitivity"]["value"] == (positive & events).sum() / events.sum()
    assert len(scores(fitted, "staging-BCLC")) == 164  # one has no score
    assert set(found) == set(metric(fitted, "RCR-LR", "train"))
    none = fits.row(by_predicate=pl.col("fit_id") == "staging-CNLC", named=True)
    assert (none["n"], none["threshold"]) == (0, None)
    assert none["reason"] == "ecog is missing"
    assert scores(fitted, "staging-CNLC").is_empty()


@pytest.mark.parametrize("system", ["BCLC", "NLR"])
def test_the_risk_of_a_staging_score_is_learned_in_training_and_stored(
    fitted: StudyContext, system: str
):
    fit_id = f"staging-{system}"
    train, validation = (scores(fitted, fit_id, role=role) for role in ("train", "validation"))
    logistic = Logit(train["y_true"].to_numpy(), add_constant(train["y_score"].to_numpy()))
    logit = logistic.fit(disp=0, method="newton", tol=1e-12)
    for part in (train, validation):
        risks = logit.predict(add_constant(part["y_score"].to_numpy(), has_constant="add"))
        assert part["y_prob"].to_list() == pytest.approx(risks.tolist(), rel=1e-7)
    fit = fitted.own(MODEL_FIT).row(by_predicate=pl.col("fit_id") == fit_id, named=True)
    model = from_artifact(fitted.store.artifacts.get(fit["artifact_sha256"]))
    assert model.feature_names == (system,) and fit["n_features"] == 1
    stored = model.score(validation.select("y_score").to_numpy())
    assert validation["y_prob"].to_list() == stored.tolist()
    if system == "BCLC":
        called = validation["y_score"] >= fit["threshold"]
        assert called.to_list() == (stored >= model.threshold).tolist() and called.any()
    else:  # the lower the score the larger the risk: no risk stands for the score's threshold
        assert model.threshold is None and model.classifier.coefficients[0] < 0
    level = metric(fitted, fit_id, "train")
    assert level["calibration_slope"]["value"] == pytest.approx(1, rel=1e-6)
    curve = fitted.own(CALIBRATION_CURVE).filter(fit_id=fit_id, role="validation")
    assert curve["n"].sum() == len(validation)


def test_the_decision_curve_of_a_staging_system_is_that_of_dcurves(fitted: StudyContext):
    validation = scores(fitted, "staging-BCLC", role="validation")
    found = fitted.own(DECISION_CURVE).filter(fit_id="staging-BCLC", role="validation")
    table = validation.select(outcome="y_true", risk="y_prob").to_pandas()
    theirs = dcurves.dca(table, "outcome", ["risk"], thresholds=found["threshold"].to_numpy())
    expected = theirs[theirs["model"] == "risk"].sort_values("threshold")["net_benefit"]
    assert found["net_benefit"].to_list() == pytest.approx(expected.to_list(), abs=1e-9)
    assert fitted.own(DECISION_CURVE).filter(fit_id="staging-CNLC").is_empty()


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


def test_staging_says_where_each_rule_is_from(fitted: StudyContext):
    reader = Reader(fitted.store.home)
    table = reader.query(sql.load("report")["table_staging"].text, {"study": "hcc"})
    query = reader.named("comparators", {"study": "hcc"}).rename({"system": "algorithm"})
    for rows in (query, table):
        found = set(rows.select("algorithm", "provenance").rows())
        assert found == {("BCLC", "the rule of BCLC"), ("NLR", "the rule of NLR")}
