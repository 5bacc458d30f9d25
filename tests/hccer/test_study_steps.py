"""A study's steps before any model: delineations, reliability, screen, selection."""

import numpy as np
import polars as pl
import pytest
import SimpleITK as sitk

from hccer.clinical.staging import SYSTEMS
from hccer.study.agreement import make_delineation_agreement, make_reader_agreement
from hccer.study.clinical import make_characteristic, make_risk_factor, make_staging_score
from hccer.study.context import StudyContext
from hccer.study.features import column_name, role_rows, study_patients
from hccer.study.reliability import make_feature_reliability
from hccer.study.selecting import make_feature_screen, make_feature_selection
from hccer.validation.chain import fit_chain
from schemas.errors import HccerError
from schemas.tables import (
    DELINEATION_AGREEMENT,
    FEATURE_RELIABILITY,
    FEATURE_SCREEN,
    FEATURE_SELECTION,
)
from storage.home import Home
from storage.store import Store
from tests.hccer.planted_study import (
    AGAIN,
    NAMES,
    PATIENTS,
    named_query,
    plant,
    plant_split,
    study,
)


def select(context: StudyContext) -> pl.DataFrame:
    for make in (make_feature_reliability, make_feature_screen, make_feature_selection):
        make(context)
    return context.own(FEATURE_SELECTION)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> StudyContext:
    """The planted study, its features selected; only to be read."""
    context = plant(Store.open(Home(tmp_path_factory.mktemp("planted") / "home")))
    select(context)
    return context


def test_delineations_are_compared_in_each_phase(phantom_store: Store):
    context = study(phantom_store, "phantom", "AP", "PVP")
    patients = phantom_store.rows("select cohort_id, patient_id from lake.patient order by all")
    rows = [{**row, "role": "train", "y_true": 1} for row in patients.to_dicts()]
    plant_split(phantom_store, rows)
    drawn = phantom_store.rows("from lake.segmentation")
    again = len(drawn.filter(~pl.col("is_reference")))
    assert make_delineation_agreement(context).computed == again > 0
    for row in context.own(DELINEATION_AGREEMENT).iter_rows(named=True):
        assert row["comparison"] == "inter" and row["reader_id"] == "reader_2"
        same = drawn.filter(patient_id=row["patient_id"], phase=row["phase"]).sort("reader_id")
        reference, other = (
            sitk.ReadImage(str(phantom_store.blobs.path(sha256))) > 0
            for sha256 in same["mask_sha256"]
        )
        overlap = sitk.LabelOverlapMeasuresImageFilter()
        overlap.Execute(reference, other)
        assert row["dice"] == pytest.approx(overlap.GetDiceCoefficient())
        volumes = same["volume_ml"]
        assert row["volume_difference"] == pytest.approx(volumes[1] / volumes[0] - 1)
        assert 0 < row["hd95_mm"] < 10
    assert make_delineation_agreement(context).computed == 0


def test_the_selection_is_that_of_the_chain(planted: StudyContext):
    context, rows = planted, planted.own(FEATURE_SELECTION)
    train, _ = study_patients(context, role_rows(context, "train"))
    train = train.take(np.arange(len(train.keys)))
    model = fit_chain(train, context.preset.validation.chain, ["LR"])["LR"]
    chosen = {train.feature_names[at] for at in model.features}
    kept = rows.filter("kept")
    assert {column_name(*each) for each in kept.select("phase", "feature_name").rows()} == chosen
    assert {"AP_signal_a", "AP_signal_b"} <= chosen
    attrition = named_query(context, "feature_attrition")
    left, screen = attrition["features"].to_list(), attrition.row(3, named=True)
    tested = context.own(FEATURE_SCREEN)
    alpha = context.preset.validation.chain.selection.alpha
    assert screen["expected_by_chance"] == pytest.approx(alpha * len(tested), abs=0.05)
    assert screen["q_below_alpha"] == (tested["q_value"] < alpha).sum() >= 2
    assert set(tested["alpha"]) == {alpha} and attrition["q_below_alpha"].null_count() == 4
    steps = [model.kept[name] for name in ("repeatable", "screened", "selected")]
    assert [left[0], *left[2:]] == [len(NAMES), *steps]
    assert model.kept["features"] == len(NAMES) - 1  # but for the one with the gap
    assert set(named_query(context, "selected_features").filter("kept")["feature_name"]) == set(
        kept["feature_name"]
    )


def test_reliability_says_why_each_feature_is_left_out(planted: StudyContext):
    rows = planted.own(FEATURE_RELIABILITY)
    assert len(rows) == 2 * len(NAMES)
    assert set(rows.select("n", "origin", "icc_form").rows()) == {(AGAIN, "manual", "ICC(A,1)")}
    of = {row["feature_name"]: row for row in rows.filter(comparison="inter").to_dicts()}
    assert of["signal_a"]["kept"] and of["signal_a"]["icc"] > 0.9
    assert of["signal_a"]["ci_low"] < of["signal_a"]["icc"] < of["signal_a"]["ci_high"]
    assert not of["unstable"]["kept"] and of["unstable"]["icc"] < 0.75
    for name in ("gap", "constant"):
        assert of[name]["icc"] is None and not of[name]["kept"], name
    assert set(rows.filter("kept")["feature_name"]) == set(NAMES) - {"unstable", "gap", "constant"}


def test_screen_and_stability_tell_signal_from_noise(planted: StudyContext):
    rows = {row["feature_name"]: row for row in planted.own(FEATURE_SELECTION).to_dicts()}
    screened = {row["feature_name"]: row for row in planted.own(FEATURE_SCREEN).to_dicts()}
    assert set(rows) == set(screened) == set(NAMES) - {"unstable", "gap", "constant"}
    assert screened["signal_a"]["p_value"] < 0.001 and screened["signal_a"]["kept"]
    assert screened["signal_a"]["q_value"] >= screened["signal_a"]["p_value"]
    assert rows["signal_a"]["frequency"] == 1.0 and rows["signal_a"]["coefficient"] > 0
    assert rows["signal_b"]["coefficient"] < 0
    assert len({row["penalty"] for row in rows.values()}) == 1
    assert min(row["frequency"] for row in rows.values()) < 1
    assert {(row["family"], row["rule"]) for row in rows.values()} == {("gaussian", "min")}
    [stability] = {row["stability"] for row in rows.values()}
    again = np.array([row["frequency"] for row in rows.values()])
    m = planted.preset.evaluation.resamples
    spread, share = (again * (1 - again)).mean() * m / (m - 1), again.mean()
    assert stability == pytest.approx(1 - spread / (share * (1 - share)))
    assert make_feature_selection(planted).computed == 0


def test_only_training_patients_and_their_content_count(planted: StudyContext, store: Store):
    context = plant(store, name="Q{:02d}")
    store.session.execute("update lake.split set y_true = 1 - y_true where role = 'validation'")
    store.session.execute(
        "update lake.extraction_value set value = 99 where extraction_id in (select extraction_id "
        "from lake.extraction where patient_id >= 'Q50')"
    )
    other = select(context).drop("derivation")
    assert other.equals(planted.own(FEATURE_SELECTION).drop("derivation"))


def test_to_select_nothing_is_a_result(store: Store):
    context = plant(store)
    chain = {"reliability": {"threshold": 0.75}, "selection": {"alpha": 1e-12}}
    context = study(store, "planted", "AP", validation={"chain": chain},
                    evaluation={"resamples": 0})  # fmt: skip
    rows = select(context)
    assert len(rows) == 5 and not rows["kept"].any() and set(rows["coefficient"]) == {0}
    for column in ("penalty", "frequency", "stability"):
        assert rows[column].null_count() == 5
    assert named_query(context, "feature_attrition")["features"].to_list() == [8, 5, 5, 0, 0]
    chain["reliability"]["threshold"] = 0.999999
    context = study(store, "planted", "AP", validation={"chain": chain})
    assert select(context).is_empty() and context.own(FEATURE_SCREEN).is_empty()


def test_without_repeats_nothing_is_filtered_but_what_does_not_vary(store: Store):
    context = plant(store, again=0)
    make_feature_reliability(context)
    rows = context.own(FEATURE_RELIABILITY)
    assert set(rows.select("n", "origin", "icc").rows()) == {(0, "none", None)}
    assert set(rows.filter(~pl.col("kept"))["feature_name"]) == {"gap", "constant"}


def test_too_few_repeats_are_a_sentence(store: Store):
    with pytest.raises(HccerError, match="study s: intra: 3 of 50 training patients were drawn"):
        make_feature_reliability(plant(store, again=3))


def test_without_clinical_values_every_row_has_its_reason(store: Store):
    context = plant(store)
    store.session.execute(
        "update lake.split set role = if(patient_id = 'P58', 'unused', 'external') "
        "where patient_id >= 'P58'"
    )
    make_risk_factor(context)
    rows = context.rows("from lake.risk_factor where study_id = $study")
    assert rows["odds_ratio"].null_count() == len(rows) == 19
    final = rows.filter(analysis="final").row(0, named=True)
    assert final["factor"] == "none" and final["reason"].startswith("none of 18 factors")
    make_staging_score(context)
    scores = context.rows("from lake.staging_score where study_id = $study")
    assert len(scores) == (PATIENTS - 1) * len(SYSTEMS) and "P58" not in scores["patient_id"]
    assert scores["reason"].str.starts_with("not computable because").all()
    make_characteristic(context)
    known = context.rows("select distinct factor from lake.characteristic where study_id = $study")
    assert known["factor"].to_list() == ["event"]
    assert make_reader_agreement(context).computed == 0
