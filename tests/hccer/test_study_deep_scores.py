"""What a study makes of its networks: fits, scores, thresholds, external patients, lineage."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from hccer.deep.scoring import score
from hccer.study import materialise
from hccer.study.context import StudyContext
from hccer.study.crop_samples import crop_samples, cropped
from hccer.study.crops import crop_settings_id
from hccer.study.features import model_inputs, role_rows
from hccer.study.scored import network_scores
from schemas.errors import HccerError
from schemas.registry import Study
from schemas.tables import (
    ATTRIBUTION,
    CROP,
    EMBEDDING,
    EXTRACTION,
    EXTRACTION_VALUE,
    FEATURE_DEFINITION,
    IMAGE,
    METRIC,
    MODEL_FIT,
    NETWORK,
    NETWORK_PATIENT,
    PREDICTION,
    REJECTED,
    SEGMENTATION,
    SETTINGS,
    SPLIT,
)
from storage.reading import Reader
from storage.store import Change
from tests.hccer.deep_study import DL, JOINT, NET, TABLES, units
from tests.hccer.planted import insert
from tests.hccer.planted_crops import DEEP, insert_crops, override


def test_networks_are_fits(made: StudyContext):
    fits = {row["fit_id"]: row for row in made.own(MODEL_FIT).to_dicts()}
    networks = {row["fit_id"]: row for row in made.own(NETWORK).filter(fold=0).to_dicts()}
    for fit_id, network in networks.items():
        fit = fits[fit_id]
        assert fit["artifact_sha256"] == network["weights_sha256"]
        assert fit["threshold"] == network["threshold"]
        assert fit["n"] == 50
        assert fit["prevalence"] == 0.5
    # the paper's ResNet-10 is not among them, so the choice is made out of fold
    assert fits[DL]["choice"] == "chosen in training"
    rows = made.own(PREDICTION).filter(fit_id=DL, role="out_of_fold")
    inside = [roc_auc_score(*fold.select("y_true", "y_score").to_numpy().T)
              for _, fold in rows.group_by("fold", maintain_order=True)]  # fmt: skip
    assert fits[DL]["inner_auc"] == pytest.approx(np.mean(inside))
    metrics = made.own(METRIC).filter(fit_id=DL, role="out_of_fold")
    assert dict(metrics.select("metric", "value").rows())["auc_within"] == pytest.approx(
        np.mean(inside)
    )


def test_the_published_network_is_marked(own: StudyContext):
    published = override(own, published={"deep": NET})
    materialise(published, "model_fit")
    fit = published.own(MODEL_FIT).filter(fit_id=DL).row(0, named=True)
    assert fit["choice"] == "the paper's choice, on its validation patients"
    assert fit["inner_auc"] is None


def test_everyone_is_scored_by_a_network_that_may(made: StudyContext):
    rows = made.own(PREDICTION).filter(fit_id=JOINT)
    assert dict(rows["role"].value_counts().rows()) == {
        "train": 50, "validation": 10, "out_of_fold": 50
    }  # fmt: skip
    unseen = rows.filter(role="out_of_fold")
    keys = ["fit_id", "fold", "cohort_id", "patient_id"]
    assert unseen.join(made.own(NETWORK_PATIENT), on=keys).is_empty()
    folds = made.own(SPLIT).select("cohort_id", "patient_id", "repeat", "fold")
    assert len(unseen.join(folds, on=folds.columns)) == 50
    own_threshold = made.own(NETWORK).select("fit_id", "fold", "threshold")
    placed = rows.join(own_threshold, on=["fit_id", "fold"])
    assert (placed["threshold"] == placed["threshold_right"]).all()


def test_a_prediction_is_what_the_stored_weights_say(made: StudyContext):
    network = made.own(NETWORK).filter(fit_id=DL, fold=2).row(0, named=True)
    rows = made.own(PREDICTION).filter(fit_id=DL, fold=2)
    patients = cropped(made, role_rows(made, "train"))
    patients = patients.join(rows, on=["cohort_id", "patient_id"], how="semi")
    found = score(made.store.weights.get(network["weights_sha256"]), crop_samples(made, patients))
    stored = patients.join(rows, on=["cohort_id", "patient_id"], maintain_order="left")
    np.testing.assert_allclose(found.y_score, stored["y_score"], rtol=1e-5)
    assert roc_auc_score(stored["y_true"], stored["y_score"]) > 0.7


def test_out_of_fold_is_evaluated_with_the_thresholds_of_the_folds(made: StudyContext):
    rows = made.own(PREDICTION).filter(fit_id=DL, role="out_of_fold")
    right = ((rows["y_score"] >= rows["threshold"]) == (rows["y_true"] == 1)).mean()
    found = made.own(METRIC).filter(fit_id=DL, role="out_of_fold", metric="accuracy")
    assert found["value"][0] == pytest.approx(right)
    assert found["n"][0] == 50
    both = made.rows("from lake.comparison where role = 'out_of_fold'")
    assert both.select("fit_id_a", "fit_id_b", "n").rows() == [(DL, JOINT, 50)]


def with_external(context: StudyContext) -> StudyContext:
    """The study with an external cohort of six patients who have crops."""
    file = context.file.model_copy(update={"external": ["outer"]})
    row = Study(study_id="s", title="", preset=file.preset, file_json=file.model_dump_json())
    context.store.registry.put(row)
    insert(context.store, SPLIT, [
        {"study_id": "s", "cohort_id": "outer", "patient_id": f"X{number}", "repeat": 0, "fold": 0,
         "role": "external", "y_true": number % 2, "content_sha256": f"{number:064d}"}
        for number in range(6)
    ])  # fmt: skip
    outer = StudyContext(context.store, "s", "outer")
    insert_crops(outer, outer.own(SPLIT).filter(cohort_id="outer"))
    return outer


def test_external_patients_are_scored_by_the_networks_of_all_training_patients(own: StudyContext):
    outer = with_external(own)
    found = {
        (network["fit_id"], network["fold"]): patients.filter(role="external").height
        for network, patients, _ in network_scores(outer, pl.col("model") == "DL")
    }
    assert found == {(DL, 0): 6, (DL, 1): 0, (DL, 2): 0}


def copy_features(context: StudyContext, first: int, where: str, **changes: pl.Expr) -> None:
    """Reference delineations with their features once more, for other patients or phases.

    Args:
        first: added to the numbers of their extractions.
        where: of which patients, in SQL.
        changes: columns that are others.
    """
    store, number = context.store, pl.col("extraction_id") + first
    masks = store.rows(f"from lake.segmentation where is_reference and {where}")
    drawn = store.rows(f"select e.* from lake.extraction e semi join lake.segmentation s "
                       "on e.mask_sha256 = s.mask_sha256 and s.is_reference "
                       f"where {where}")  # fmt: skip
    values = store.rows("from lake.extraction_value").join(drawn, on="extraction_id", how="semi")
    store.commit([
        Change(SEGMENTATION, insert=masks.with_columns(**changes)),
        Change(EXTRACTION, insert=drawn.with_columns(number, **changes)),
        Change(EXTRACTION_VALUE, insert=values.with_columns(number)),
    ], "features copied")  # fmt: skip


def plant_external_features(context: StudyContext) -> None:
    """The external patients' features are those of six patients of the development cohort."""
    six = "patient_id in ('P00', 'P01', 'P02', 'P03', 'P04', 'P05')"
    who = pl.col("patient_id").str.replace("P0", "X")
    copy_features(context, 10_000, six, cohort_id=pl.lit("outer"), patient_id=who)
    features = context.store.rows("from lake.feature_definition where cohort_id = 'planted'")
    features = features.with_columns(cohort_id=pl.lit("outer"))
    context.store.commit([Change(FEATURE_DEFINITION, insert=features)], "features copied")


def test_the_joint_network_is_measured_on_an_external_cohort(own: StudyContext):
    outer = with_external(own)
    plant_external_features(outer)
    before = units(outer)
    for name in ("network", "model_fit", "prediction", "metric"):
        materialise(outer, name)
    assert units(outer) == before
    rows = outer.own(PREDICTION).filter(fit_id=JOINT, role="external")
    assert rows.select("cohort_id", "fold").unique().rows() == [("outer", 0)]
    assert rows["patient_id"].to_list() == [f"X{number}" for number in range(6)]
    network = outer.own(NETWORK).filter(fit_id=JOINT, fold=0).row(0, named=True)
    patients = cropped(outer, role_rows(outer, "external")).sort("patient_id")
    joined = model_inputs(outer, patients).select(json.loads(network["inputs"])).to_numpy()
    assert joined.shape == (6, 2)
    found = score(outer.store.weights.get(network["weights_sha256"]),
                  crop_samples(outer, patients, joined))  # fmt: skip
    np.testing.assert_allclose(rows["y_score"], found.y_score, rtol=1e-5)
    metrics = outer.own(METRIC).filter(fit_id=JOINT, role="external")
    told = {row["metric"]: row for row in metrics.iter_rows(named=True)}
    assert told["auc"]["n"] == 6
    assert told["auc"]["value"] == pytest.approx(roc_auc_score(rows["y_true"], rows["y_score"]))
    above = rows["y_score"].to_numpy() >= network["threshold"]
    assert told["accuracy"]["value"] == pytest.approx((above == rows["y_true"].to_numpy()).mean())


def test_late_fusion_reads_the_phases_in_the_studys_order(own: StudyContext):
    """Each phase has its branch; what one of them says does not depend on the other phase."""
    file = own.file.model_copy(update={"phases": ["PVP", "AP"]})
    row = Study(study_id="s", title="", preset=file.preset, file_json=file.model_dump_json())
    own.store.registry.put(row)
    deep = {**DEEP, "fusion": "late", "slices": "samples", "out_of_fold": []}
    late = override(StudyContext(own.store, "s", "late"), deep=deep)
    copy_features(late, 20_000, "cohort_id = 'planted'", phase=pl.lit("PVP"))
    insert_crops(late, late.own(SPLIT).filter(repeat=0))
    for name in ("network", "embedding", "attribution"):
        materialise(late, name)
    weights = late.store.weights.get(units(late)[DL, 0])
    patients = cropped(late, role_rows(late, "train")).sort("patient_id")
    samples = crop_samples(late, patients)
    held = late.store.rows(
        "select phases, tensor, shape from lake.crop order by patient_id, position"
    )
    first = np.frombuffer(held["tensor"][0], "<f4").reshape(held["shape"][0])
    assert held["phases"][0] == "PVP,AP"
    assert (samples.tensors[0, 0] == first).all()
    stored = late.own(EMBEDDING).filter(fit_id=DL, role="train").sort("patient_id")["values"]
    vectors = np.array(stored.to_list())
    assert vectors.shape == (50, 2 * 128)
    tensors = samples.tensors.copy()
    tensors[:, :, 1] = 0  # without AP
    without = score(weights, replace(samples, tensors=tensors)).embedding
    np.testing.assert_allclose(without[:, :128], vectors[:, :128], atol=1e-5)
    assert np.abs(without[:, 128:] - vectors[:, 128:]).max() > 0.01
    assert set(late.own(ATTRIBUTION)["channel"]) == {"all", "PVP", "AP"}


def test_an_external_cohort_without_crops_is_refused(own: StudyContext):
    outer = with_external(own)
    gone = pl.DataFrame({"cohort_id": ["outer"]})
    own.store.commit([Change(CROP, delete=gone)], "no crops")
    with pytest.raises(HccerError, match=r"6 of 66 patients have no crop of AP \(X0 of outer, .*"):
        materialise(outer, "embedding")
    insert(own.store, REJECTED, [
        {"cohort_id": "outer", "patient_id": f"X{number}", "asset": "crop", "reason": "empty mask",
         "settings_id": crop_settings_id(own)} for number in range(6)
    ])  # fmt: skip
    with pytest.raises(HccerError, match=r"no crop of external cohort outer can be used \(empty"):
        materialise(outer, "embedding")


# --- lineage


def test_a_prediction_goes_back_to_its_crop_and_images(own: StudyContext):
    crops = crop_settings_id(own)
    insert(own.store, SETTINGS, [{"cohort_id": "planted", "settings_id": crops, "step": "crop",
                                  "asked_by": "study r, study s", "text": "{}"}])  # fmt: skip
    insert(own.store, IMAGE, [{"cohort_id": "planted", "patient_id": "P05", "phase": "AP",
                               "image_sha256": "voxels", "source": "P05/AP.dcm",
                               "series_instance_uid": "1.2.3"}])  # fmt: skip
    reader = Reader(own.store.home)
    back = reader.query(f"from lineage_prediction('s', '{DL}', 'planted', 'P05')")
    weights = units(own)
    fold = own.own(SPLIT).filter(repeat=1, patient_id="P05")["fold"][0]
    assert back.select("role", "fold", "artifact_sha256", "phase").rows() == [
        ("train", 0, weights[DL, 0], "AP"), ("out_of_fold", fold, weights[DL, fold], "AP")
    ]  # fmt: skip
    assert set(back["series_instance_uid"]) == {"1.2.3"}
    assert set(back["crop_settings_id"]) == {crops}
    assert set(back["extraction_derivation"]) == {None}
    forward = reader.query("select asset, count(*) as n from lineage_forward('voxels') group by 1")
    assert dict(forward.filter(pl.col("asset").is_in(["crop", *TABLES])).rows()) == {
        "crop": 1, "network": 4, "embedding": 4, "prediction": 4
    }  # fmt: skip
