"""Classifiers score as their libraries do, and again bit for bit after being stored."""

import base64
import hashlib
import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
import xgboost
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from hccer.modelling.artifact import from_artifact, to_artifact
from hccer.modelling.classifiers import fit_model
from hccer.modelling.model import Model, logistic_model
from schemas.errors import HccerError
from schemas.modelling import ModellingSettings
from tests.folded import foldid_of
from tests.support import REPOSITORY

ALGORITHMS = ["LR", "SVM", "KNN", "XGBoost", "MLP"]
NAMES = [f"AP_original_glcm_{i}" for i in range(6)]
SETTINGS = ModellingSettings(
    XGBoost={"n_estimators": 10},
    MLP={"hidden_layer_sizes": (8, 4), "max_iter": 60, "learning_rate_init": 0.01},
)


def rows(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6)) * [1, 10, 0.1, 1, 1, 1] + 3
    y = ((X[:, 0] - 3) + (X[:, 1] - 3) / 10 + rng.normal(size=n) > 0).astype(float)
    return X, y, foldid_of(y, 5, seed)


def fitted(algorithm: str, settings: ModellingSettings = SETTINGS) -> Model:
    X, y, foldid = rows(60)
    return fit_model(algorithm, X, NAMES, y, foldid, settings)


def standard(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and `n` new rows, scaled by the training rows."""
    X, new = rows(60)[0], rows(n, 1)[0]
    return (X - X.mean(axis=0)) / X.std(axis=0), (new - X.mean(axis=0)) / X.std(axis=0)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_stored_model_scores_bit_for_bit(algorithm: str):
    model = fitted(algorithm).with_threshold(0.1 + 0.2)
    again = from_artifact(to_artifact(model))
    X = rows(33, 1)[0]
    score = model.score(X)
    assert np.array_equal(again.score(X), score)
    assert np.array_equal(np.concatenate([again.score(row[None]) for row in X]), score)
    assert again.threshold == 0.1 + 0.2 and again.feature_names == tuple(NAMES)
    assert to_artifact(again) == to_artifact(model)
    assert score.min() >= 0 and score.max() <= 1
    assert roc_auc_score(rows(33, 1)[1], score) > 0.7


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_fit_gives_the_same_bytes(algorithm: str):
    first, second = to_artifact(fitted(algorithm)), to_artifact(fitted(algorithm))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    assert b"pickle" not in first
    json.loads(first)


def test_logistic_regression_is_that_of_scikit_learn():
    X, new = standard(33)
    reference = LogisticRegression(max_iter=1000).fit(X, rows(60)[1])
    assert fitted("LR").score(rows(33, 1)[0]) == pytest.approx(reference.predict_proba(new)[:, 1])


@pytest.mark.parametrize("changes", [{}, {"kernel": "linear"}, {"gamma": "auto"}, {"gamma": 0.3}])
def test_support_vectors_are_those_of_scikit_learn(changes: dict):
    X, new = standard(33)
    reference = SVC(**changes).fit(X, rows(60)[1]).decision_function(new)
    model = fitted("SVM", ModellingSettings(SVM=changes))
    assert model.classifier.decision(new) == pytest.approx(reference, rel=1e-9, abs=1e-9)
    assert model.classifier.slope > 0
    order = np.argsort(reference)
    assert (np.diff(model.score(rows(33, 1)[0])[order]) >= 0).all()


def test_folds_that_rank_the_wrong_way_do_not_turn_the_scores_over():
    rng = np.random.default_rng(8)
    turned = 0
    for _ in range(6):
        X, y = rng.normal(size=(40, 3)), np.repeat([0.0, 1.0], 20)
        model = fit_model("SVM", X, list("abc"), y, foldid_of(y, 5, 0), SETTINGS)
        assert model.classifier.slope > 0
        assert roc_auc_score(y, model.score(X)) > 0.5
        turned += (model.classifier.slope, model.classifier.offset) == (1, 0)
    assert turned


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_neighbours_are_those_of_scikit_learn(weights: str):
    X, new = standard(33)
    reference = KNeighborsClassifier(5, weights=weights).fit(X, rows(60)[1])
    model = fitted("KNN", ModellingSettings(KNN={"weights": weights}))
    found = model.score(rows(33, 1)[0])
    assert found == pytest.approx(reference.predict_proba(new)[:, 1])
    if weights == "distance":  # a training patient is its own nearest
        assert np.array_equal(model.score(rows(60)[0]), rows(60)[1])


def test_trees_are_those_of_xgboost():
    X, new = standard(33)
    parameters = {"n_estimators": 10, "n_jobs": 1, "random_state": 0}
    reference = xgboost.XGBClassifier(**parameters).fit(X, rows(60)[1])
    assert np.array_equal(
        fitted("XGBoost").score(rows(33, 1)[0]).astype(np.float32),
        reference.predict_proba(new)[:, 1],
    )


def test_perceptron_is_that_of_scikit_learn():
    X, new = standard(33)
    reference = MLPClassifier((8, 4), max_iter=60, learning_rate_init=0.01, random_state=0)
    with pytest.warns(ConvergenceWarning):
        reference.fit(X, rows(60)[1])
    model = fitted("MLP")
    assert model.score(rows(33, 1)[0]) == pytest.approx(reference.predict_proba(new)[:, 1])
    assert not model.classifier.converged


def test_a_frame_is_read_by_names():
    model, X = fitted("LR"), rows(33, 1)[0]
    frame = pl.DataFrame(X, schema=NAMES).select(*reversed(NAMES), pl.lit("x").alias("patient_id"))
    assert np.array_equal(model.score_frame(frame), model.score(X))
    with pytest.raises(HccerError, match=r"2 of 6 features .* AP_original_glcm_1, AP_original_glc"):
        model.score_frame(frame.drop(NAMES[1], NAMES[4]))
    empty = frame.with_columns(pl.when(pl.col(NAMES[2]) > 3).then(NAMES[2]).alias(NAMES[2]))
    with pytest.raises(HccerError, match=r"of 33 patients have no finite value of AP_.*_2: leave"):
        model.score_frame(empty)
    with pytest.raises(HccerError, match=r"reads 6 features, the table is \(33, 5\)"):
        model.score(X[:, :5])
    assert model.score(X[:0]).shape == (0,)


def test_a_logistic_model_from_elsewhere():
    model = logistic_model(["ast", "diameter"], np.array([-0.201581, 0.911873, 0.919251]), 0.45)
    score = model.score(np.array([[0, 0], [1, 0], [1, 1]]))
    assert score == pytest.approx(1 / (1 + np.exp([0.201581, -0.710292, -1.629543])))
    assert np.array_equal(
        from_artifact(to_artifact(model)).score(np.eye(2)), model.score(np.eye(2))
    )
    with pytest.raises(HccerError, match="2 features need 3 coefficients, given: 2"):
        logistic_model(["a", "b"], np.zeros(2))


def changed(artifact: bytes) -> bytes:
    outer = json.loads(artifact)
    outer["model"]["threshold"] = 0.9
    return json.dumps(outer).encode()


def other_version(artifact: bytes) -> bytes:
    return artifact.replace(b"hccer-model/1", b"hccer-model/7")


def without_coefficients(artifact: bytes) -> bytes:
    content = json.loads(artifact)["model"]
    del content["classifier"]["coefficients"]
    body = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return json.dumps({"model": content, "sha256": hashlib.sha256(body).hexdigest()}).encode()


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda artifact: artifact[:-20], "are no stored model, or not all of one"),
        (lambda artifact: b"", "these 0 bytes are no stored model"),
        (lambda artifact: b"\x80\x04" + artifact, "are no stored model"),
        (lambda artifact: b"[1, 2]", "are no stored model"),
        (changed, "the stored model was changed: its sha256 is"),
        (other_version, "of the form hccer-model/7, this version reads hccer-model/1"),
        (without_coefficients, "the stored model lacks a part: .*coefficients"),
    ],
)
def test_a_corrupt_artifact_is_a_sentence(break_it: object, words: str):
    artifact = to_artifact(fitted("LR").with_threshold(0.5))
    with pytest.raises(HccerError, match=words) as caught:
        from_artifact(break_it(artifact))
    assert "\n" not in str(caught.value)


def test_every_flipped_byte_is_noticed():
    artifact = to_artifact(fitted("LR"))
    for at in range(0, len(artifact), 7):
        broken = artifact[:at] + bytes([artifact[at] ^ 1]) + artifact[at + 1 :]
        with pytest.raises(HccerError):
            from_artifact(broken)


def test_a_threshold_that_is_not_finite_is_refused():
    with pytest.raises(HccerError, match="its threshold is not finite"):
        to_artifact(fitted("LR").with_threshold(np.inf))


def test_reloading_needs_no_scikit_learn():
    artifact = base64.b64encode(to_artifact(fitted("MLP"))).decode()
    script = (
        "import base64, sys, numpy as np\n"
        "from hccer.modelling.artifact import from_artifact\n"
        f"model = from_artifact(base64.b64decode('{artifact}'))\n"
        "assert 'sklearn' not in sys.modules\n"
        "print(model.score(np.full((1, 6), 3.0))[0].hex())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert done.stdout.strip() == fitted("MLP").score(np.full((1, 6), 3.0))[0].hex()


def test_what_cannot_be_fitted_is_a_sentence():
    X, y, foldid = rows(60)
    with pytest.raises(HccerError, match="99 neighbours need as many patients: 60 there"):
        fit_model("KNN", X, NAMES, y, foldid, ModellingSettings(KNN={"n_neighbors": 99}))
    with pytest.raises(HccerError, match="60 patients with 60 events and 0 non-events"):
        fit_model("LR", X, NAMES, y * 0 + 1, foldid, SETTINGS)
    with pytest.raises(HccerError, match="6 features have 5 names"):
        fit_model("LR", X, NAMES[:5], y, foldid, SETTINGS)
