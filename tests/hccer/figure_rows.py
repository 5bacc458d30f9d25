"""A small study with rows in every table that a figure of the report reads."""

import json
from collections import defaultdict

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.table import Table
from schemas.tables import (
    ACQUISITION,
    ATTRIBUTION,
    CALIBRATION_CURVE,
    CROP,
    DECISION_CURVE,
    EXCLUSION,
    FEATURE_RELIABILITY,
    FEATURE_SCREEN,
    FEATURE_SELECTION,
    METRIC,
    MODEL_FIT,
    NESTED_PREDICTION,
    NETWORK,
    PATIENT,
    PREDICTION,
    READER_AGREEMENT,
    RISK_FACTOR,
    ROC_CURVE,
    SPLIT,
    SUBGROUP_METRIC,
    TABLES,
    TRAINING_CURVE,
    WORTH,
)
from storage.store import Store
from tests.hccer.planted import insert

Rows = dict[str, list[dict]]
STUDY, HOME, AWAY = "s", "home", "away"
HOSTILE = "<script>alert(1)</script> & $x^2$"
FITS = {
    "CR-LR": ("CR", "LR", None),
    "radiomics-KNN": ("radiomics", "KNN", None),
    "radiomics-SVM": ("radiomics", "SVM", "chosen on validation"),
    "DL-ResNet-10": ("DL", "ResNet-10", "chosen on validation"),
    "DL-ResNet-18": ("DL", "ResNet-18", None),
    "RCR-LR": ("RCR", "LR", None),
    "DLRCR-ResNet-10": ("DLRCR", "ResNet-10", None),
    "staging-BCLC": ("staging", "BCLC", None),
    "staging-NLR": ("staging", "NLR", None),
}
PARTS = {("train", HOME): 24, ("validation", HOME): 12, ("external", AWAY): 10}
# MONAI's ResNet-10 for three channels and two classes, with and without six joined values
RESNET_10, RESNET_10_JOINED = 4_907_714, 4_907_726


def plant_study(store: Store) -> None:
    """Register the study and fill its tables."""
    file = StudyFile(id=STUDY, endpoint="early_recurrence", phases=["AP", "PVP", "DP"],
                     development=[HOME], external=[AWAY])  # fmt: skip
    row = Study(study_id=STUDY, title="", preset="paper", file_json=file.model_dump_json())
    store.registry.put(row)
    rows: Rows = defaultdict(list)
    for part in (_people, _features, _models, _nested, _networks):
        part(rows)
    for name, of_table in rows.items():
        insert(store, TABLES[name], of_table)


def _own(rows: Rows, table: Table, new: list[dict]) -> None:
    rows[table.name] += [{"study_id": STUDY, **row} for row in new]


def _named(role: str, cohort: str) -> list[dict]:
    return [{"cohort_id": cohort, "patient_id": f"{role}-{number}", "y_true": number % 2}
            for number in range(PARTS[role, cohort])]  # fmt: skip


def _people(rows: Rows) -> None:
    everyone = [{**row, "role": role, "repeat": 0, "fold": 0}
                for role, cohort in PARTS for row in _named(role, cohort)]  # fmt: skip
    lost = {"cohort_id": HOME, "patient_id": "unused", "role": "unused", "repeat": 0, "fold": 0,
            "reason": "no outcome"}  # fmt: skip
    _own(rows, SPLIT, [*everyone, lost])
    keys = [{key: row[key] for key in ("cohort_id", "patient_id")} for row in [*everyone, lost]]
    rows[PATIENT.name] += keys
    strengths = [{**row, "phase": "AP", "field_strength_t": 3.0 if at % 3 else 1.5}
                 for at, row in enumerate(keys)]  # fmt: skip
    rows[ACQUISITION.name] += strengths
    rows[EXCLUSION.name] += [
        {"cohort_id": HOME, "patient_id": f"out-{at}", "position": position, "reason": reason}
        for at, (position, reason) in enumerate([(1, HOSTILE), (1, HOSTILE), (2, "small lesion")])
    ]  # fmt: skip
    _own(rows, READER_AGREEMENT, [
        {"item": item, "reader_a": "r1", "reader_b": "r2", "n": 36, "kappa": kappa,
         "ci_low": low, "ci_high": high, "band": band}
        for item, kappa, low, high, band in
        [(HOSTILE, 0.7, 0.5, 0.9, "substantial"), ("necrosis", 1.0, None, None, "excellent")]
    ])  # fmt: skip
    _own(rows, RISK_FACTOR, [
        {"factor": factor, "analysis": analysis, "odds_ratio": ratio, "ci_low": ratio / 2,
         "ci_high": ratio * width, "p_value": p, "n": 24}
        for factor, analysis, ratio, width, p in
        [("ast", "univariate", 4.0, 2, 0.01), ("ast", "final", 3.0, 1.5, 0.02),
         ("afp", "univariate", 1.0, 1e9, 0.9)]
    ])  # fmt: skip


def _features(rows: Rows) -> None:
    names = [f"original_firstorder_{letter}" for letter in "ABCD"]
    iccs = {"intra": (0.99, 0.95, 0.91, 0.5), "inter": (0.98, 0.85, 0.92, -0.1)}
    _own(rows, FEATURE_RELIABILITY, [
        {"phase": phase, "feature_name": name, "comparison": comparison, "icc": icc,
         "kept": icc > 0.9, "origin": "manual"}
        for phase in ("AP", "PVP", "DP") for comparison, values in iccs.items()
        for name, icc in zip(names, values, strict=True)
    ])  # fmt: skip
    same = {"family": "gaussian", "rule": "min", "stability": 0.47, "alpha": 0.05}
    kept = [{"phase": "AP", "feature_name": names[0], "kept": True, "coefficient": -0.2,
             "frequency": 0.4, "penalty": 0.03, "p_value": 0.01, **same},
            {"phase": "PVP", "feature_name": names[2], "kept": True, "coefficient": 0.1,
             "frequency": None, "penalty": 0.03, "p_value": 0.02, **same}]  # fmt: skip
    for table in (FEATURE_SCREEN, FEATURE_SELECTION):
        columns = {column.name for column in table.columns}
        new = [{key: value for key, value in row.items() if key in columns} for row in kept]
        _own(rows, table, new)


def _models(rows: Rows) -> None:
    _own(rows, MODEL_FIT, [
        {"fit_id": fit, "model": model, "algorithm": algorithm, "choice": choice, "n_features": 2,
         "n": 24, "prevalence": 0.5}
        for fit, (model, algorithm, choice) in FITS.items()
    ])  # fmt: skip
    rng = np.random.default_rng(1)
    for fit, (model, *_) in FITS.items():
        for role, cohort in PARTS:
            _fit(rows, {"fit_id": fit, "role": role, "cohort_id": cohort}, model, rng)


def _fit(rows: Rows, place: dict, model: str, rng: np.random.Generator) -> None:
    patients = _named(place["role"], place["cohort_id"])
    y_true = np.array([row["y_true"] for row in patients])
    y_score = np.round(rng.uniform(size=len(y_true)) * 0.7 + y_true * 0.3, 1)
    _own(rows, PREDICTION, [
        {**place, **row, "y_score": score, "y_prob": score, "repeat": 0, "fold": 0,
         "permutation": 0}
        for row, score in zip(patients, y_score.tolist(), strict=True)
    ])  # fmt: skip
    # a part of the cohorts that develop the models, which figures leave out
    if place["role"] == "train":
        part = {**place, "cohort_id": "a", "n": 3}
        _own(rows, METRIC, [{**part, "metric": "auc", "value": 0.1}])
        _own(rows, ROC_CURVE, [{**part, "point": 0, "sensitivity": 0.3, "specificity": 0.1}])
    metrics = {"auc": roc_auc_score(y_true, y_score)}
    if model != "staging":
        metrics |= {"calibration_slope": 1.2, "calibration_in_the_large": -0.001}
    _own(rows, METRIC, [
        {**place, "metric": name, "value": value, "ci_low": 0.4, "ci_high": 0.9, "n": len(y_true)}
        for name, value in metrics.items()
    ])  # fmt: skip
    fpr, tpr, _ = roc_curve(y_true, y_score, drop_intermediate=False)
    _own(rows, ROC_CURVE, [
        {**place, "point": at, "sensitivity": up, "specificity": 1 - right}
        for at, (right, up) in enumerate(zip(fpr.tolist(), tpr.tolist(), strict=True))
    ])  # fmt: skip
    if model != "staging":
        _own(rows, CALIBRATION_CURVE, [
            {**place, "point": at, "predicted": 0.2 + 0.3 * at, "observed": 0.1 + 0.4 * at,
             "ci_low": 0.0, "ci_high": 0.9, "n": 4} for at in range(3)
        ])  # fmt: skip
    _own(rows, DECISION_CURVE, [
        {**place, "point": at, "threshold": 0.1 + 0.1 * at,
         "net_benefit": 0.5 - 0.1 * at + 0.01 * len(model), "treat_all": 0.5 - 0.2 * at}
        for at in range(5)
    ])  # fmt: skip
    _own(rows, SUBGROUP_METRIC, [
        {**place, "subgroup": "field_strength_t", "level": level, "n": 8, "events": 4, "auc": 0.7,
         "ci_low": 0.5, "ci_high": 0.9, "p_value": 0.0004} for level in ("1.5 T", "3 T")
    ])  # fmt: skip


def _nested(rows: Rows) -> None:
    rng = np.random.default_rng(2)
    new = [
        {**row, "model": "LR", "permutation": permutation, "repeat": repeat, "fold": 1,
         "y_score": score}
        for permutation, repeat in [(0, 1), (0, 2), (1, 1), (2, 1)]
        for row, score in zip(_named("train", HOME), rng.uniform(size=24).round(1).tolist(),
                              strict=True)
    ]  # fmt: skip
    _own(rows, NESTED_PREDICTION, new)
    _own(rows, WORTH, [{"model": "LR", "auc": 0.5, "ci_low": 0.4, "ci_high": 0.6,
                         "p_value": 0.6}])  # fmt: skip


def _networks(rows: Rows) -> None:
    inputs = json.dumps(["a", "b", "c", "d", "ast", "diameter"])
    for fit, model, values, joined in [
        ("DL-ResNet-10", "DL", RESNET_10, "[]"),
        ("DLRCR-ResNet-10", "DLRCR", RESNET_10_JOINED, inputs),
    ]:
        for fold in (0, 1):
            place = {"fit_id": fit, "fold": fold}
            network = {"model": model, "network": "ResNet-10", "parameters": values,
                       "inputs": joined, "kept_epoch": 2}  # fmt: skip
            _own(rows, NETWORK, [place | network])
            _own(rows, TRAINING_CURVE, [
                {**place, "epoch": epoch, "loss": 0.7 / epoch, "stopping_loss": None,
                 "stopping_auc": 0.5 + epoch / 10} for epoch in (1, 2, 3)
            ])  # fmt: skip
    rows[CROP.name] += [
        {"cohort_id": HOME, "patient_id": "train-0", "settings_id": "x", "position": position,
         "phases": "AP,PVP,DP", "shape": [3, 64, 64], "dtype": "float32", "tensor": b"",
         "mask": b""}
        for position in (1, 2, 3)
    ]  # fmt: skip
    _own(rows, ATTRIBUTION, [
        {"fit_id": "DL-ResNet-10", "cohort_id": HOME, "patient_id": "train-0", "position": 1,
         "channel": channel, "weights": weights, "share_tumour": 0.5, "share_margin": 0.3,
         "share_outside": 0.2, "correlation": correlation, "map": b"", "map_sha256": "m",
         "shape": [64, 64]}
        for channel in ("AP", "all") for weights, correlation in (("trained", 1.0), ("random", 0.1))
    ])  # fmt: skip
