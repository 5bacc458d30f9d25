"""What a complete study has beside its steps: networks, repeats, nested results, images."""

import hashlib
import json

import numpy as np
import polars as pl
import SimpleITK as sitk

from hccer.ingest.volumes import written
from hccer.pipeline.rows import frame
from hccer.study.context import StudyContext
from hccer.study.worth import make_worth
from schemas.cohort_parts import Limits
from schemas.tables import (
    ATTRIBUTION,
    CROP,
    DELINEATION_AGREEMENT,
    FEATURE_RELIABILITY,
    IMAGE,
    IMAGE_QUALITY,
    MODEL_FIT,
    NESTED_PREDICTION,
    NETWORK,
    NETWORK_PATIENT,
    PREDICTION,
    SPLIT,
    TRAINING_CURVE,
)
from storage.store import Change
from tests.hccer.planted import COHORT, NAMES, insert
from tests.hccer.planted_crops import crop_rows

FITS = {
    "DL-ResNet-10": ("DL", "ResNet-10", "the paper's choice, on its validation patients"),
    "DL-ResNet-18": ("DL", "ResNet-18", None),
    "DLRCR-ResNet-10": ("DLRCR", "ResNet-10", None),
}
PARAMETERS = {"DL-ResNet-10": 4_907_714, "DL-ResNet-18": 8_500_418, "DLRCR-ResNet-10": 4_907_726}
INPUTS = [*(f"AP_{name}" for name in NAMES[:4]), "ast", "diameter"]
SEEN = ("HCC_001", "HCC_003")  # of whom there are images, crops and maps
FOLDS, EPOCHS, THRESHOLD = 2, 12, 0.55


def plant_agreement(context: StudyContext) -> None:
    """Repeated delineations: ICC of every feature, overlap of a few patients."""
    rng = np.random.default_rng(4)
    rows = [
        {"phase": phase, "feature_name": name, "comparison": comparison, "n": 20, "icc": icc,
         "ci_low": icc - 0.05, "ci_high": min(1.0, icc + 0.02), "kept": True, "origin": "manual",
         "icc_form": "ICC(A,1)"}
        for phase in context.file.phases for name in NAMES
        for comparison, icc in zip(("intra", "inter"), rng.uniform(0.91, 0.99, 2), strict=True)
    ]  # fmt: skip
    _own(context, FEATURE_RELIABILITY, rows)
    _own(context, DELINEATION_AGREEMENT, [
        {"cohort_id": COHORT, "patient_id": f"HCC_{number:03d}", "phase": phase,
         "reader_id": reader, "session_id": session, "comparison": comparison, "origin": "manual",
         "dice": 0.9 - 0.01 * number, "hd95_mm": 1.5 + number, "volume_difference": -0.02 * number}
        for number in range(1, 6) for phase in context.file.phases
        for reader, session, comparison in (("one", 2, "intra"), ("two", 1, "inter"))
    ])  # fmt: skip


def plant_networks(context: StudyContext) -> None:
    """Three networks, each also without each of two folds, and what they say of everybody."""
    patients, rng = context.own(SPLIT).filter(pl.col("role") != "unused"), np.random.default_rng(5)
    training = patients.filter(role="train")
    prevalence = training["y_true"].mean()
    fits, networks, predicted = [], [], []
    for fit, (model, network, choice) in FITS.items():
        named = {"fit_id": fit, "model": model}
        fits.append({**named, "algorithm": network, "choice": choice, "n": len(training),
                     "n_features": len(INPUTS) if model == "DLRCR" else 0,
                     "threshold": THRESHOLD, "prevalence": prevalence})  # fmt: skip
        networks += [
            {**named, "network": network, "fold": fold, "n": 106, "n_stopping": 26,
             "parameters": PARAMETERS[fit], "threshold": THRESHOLD, "epochs": EPOCHS,
             "inputs": json.dumps(INPUTS if model == "DLRCR" else []), "kept_epoch": 8,
             "random_state": 2024 + fold, "device": "planted", "packages": "torch 0, monai 0",
             "seconds": 1.0}
            for fold in range(FOLDS + 1)
        ]  # fmt: skip
        predicted += _scores(fit, patients, rng) + _out_of_fold(fit, training, rng)
    _own(context, MODEL_FIT, fits)
    _own(context, NETWORK, networks)
    _own(context, PREDICTION, predicted)
    _own(context, NETWORK_PATIENT, [
        {"fit_id": fit, "fold": 0, "cohort_id": COHORT, "patient_id": patient,
         "part": "stopping" if at % 5 == 0 else "fitted"}
        for fit in FITS for at, patient in enumerate(training["patient_id"])
    ])  # fmt: skip
    _own(context, TRAINING_CURVE, [
        {"fit_id": row["fit_id"], "fold": row["fold"], "epoch": epoch, "loss": 0.7 / epoch,
         "stopping_loss": 0.6 + 0.01 * abs(epoch - 8), "stopping_auc": 0.5 + 0.02 * epoch}
        for row in networks for epoch in range(1, EPOCHS + 1)
    ])  # fmt: skip


def _scores(fit: str, patients: pl.DataFrame, rng: np.random.Generator) -> list[dict]:
    """Scores that know something of the event."""
    y_true = patients["y_true"].to_numpy()
    scores = np.clip(rng.normal(0.45, 0.2, len(y_true)) + 0.2 * y_true, 0.01, 0.99)
    columns = patients.select("cohort_id", "patient_id", "role", "y_true").to_dicts()
    return [{**row, "fit_id": fit, "y_score": float(score), "threshold": THRESHOLD, "repeat": 0,
             "fold": 0, "permutation": 0}
            for row, score in zip(columns, scores, strict=True)]  # fmt: skip


def _out_of_fold(fit: str, training: pl.DataFrame, rng: np.random.Generator) -> list[dict]:
    rows = _scores(fit, training.with_columns(role=pl.lit("out_of_fold")), rng)
    return [{**row, "repeat": 1, "fold": at % FOLDS + 1} for at, row in enumerate(rows)]


def plant_nested(context: StudyContext) -> None:
    """Two repetitions of nested cross-validation, eight permutations, and their worth."""
    training, rng = context.own(SPLIT).filter(role="train"), np.random.default_rng(6)
    columns = training.select("cohort_id", "patient_id").to_dicts()
    rows = []
    for permutation, repeat in [(0, 1), (0, 2), *((each, 1) for each in range(1, 9))]:
        y_true = training["y_true"].to_numpy()
        y_true = rng.permutation(y_true) if permutation else y_true
        scores = np.clip(
            rng.normal(0.5, 0.2, len(y_true)) + 0.1 * y_true * (permutation == 0), 0, 1
        )
        rows += [
            {**who, "model": "LR", "permutation": permutation, "repeat": repeat,
             "fold": at % FOLDS + 1, "algorithm": "LR", "y_true": int(truth),
             "y_score": float(score), "threshold": 0.5, "by_prevalence": 0, "kept": "{}",
             "notes": "[]"}
            for at, (who, truth, score) in enumerate(zip(columns, y_true, scores, strict=True))
        ]  # fmt: skip
    _own(context, NESTED_PREDICTION, rows)
    make_worth(context)


def plant_images(context: StudyContext) -> None:
    """Images, quality, crops and Score-CAM maps of one patient without and one with the event."""
    blobs, content = context.store.blobs, disc_volume()
    image, mask = (blobs.put(written(each, Limits())) for each in content)
    units = [{"cohort_id": COHORT, "patient_id": patient, "phase": phase}
             for patient in SEEN for phase in context.file.phases]  # fmt: skip
    sizes = {f"size_{axis}": 32 for axis in "xyz"} | {f"spacing_{axis}_mm": 1.5 for axis in "xyz"}
    insert(context.store, IMAGE, [
        {**unit, **sizes, "image_sha256": image, "voxel_sha256": f"{at}", "source": f"{at}.nii",
         "series_instance_uid": f"1.2.{at}"} for at, unit in enumerate(units)
    ])  # fmt: skip
    insert(context.store, IMAGE_QUALITY, [
        {**unit, "position": 1, "signal_to_noise": 20.5 + at, "contrast_to_noise": 3.25}
        for at, unit in enumerate(units)
    ])  # fmt: skip
    listed = ", ".join(f"'{patient}'" for patient in SEEN)
    context.store.session.execute(
        f"update lake.segmentation set image_sha256 = '{image}', mask_sha256 = '{mask}', "
        f"volume_ml = 12.5, diameter_mm = 31.25 where cohort_id = '{COHORT}' "
        f"and patient_id in ({listed})"
    )
    _crops_and_maps(context)


def disc_volume() -> tuple[sitk.Image, sitk.Image]:
    """A disc with a bright tumour, and its mask."""
    places = np.mgrid[:32, :32, :32]
    tumour = np.hypot(places[1] - 14, places[2] - 18) + abs(places[0] - 16) < 6
    body = np.hypot(places[1] - 16, places[2] - 16) < 14
    voxels = np.int16(body * 300 + tumour * 200 + places[0])
    return sitk.GetImageFromArray(voxels), sitk.GetImageFromArray(np.uint8(tumour))


def _crops_and_maps(context: StudyContext) -> None:
    rng, maps = np.random.default_rng(7), []
    people = context.own(SPLIT).filter(pl.col("patient_id").is_in(SEEN), cohort_id=COHORT)
    crops = []
    for row in people.iter_rows(named=True):
        who = {key: row[key] for key in ("cohort_id", "patient_id")}
        crops += crop_rows(context, row, rng)
        for channel in ("all", *context.file.phases):
            for weights in ("trained", "random"):
                maps += [{**who, **_map(rng), "channel": channel, "weights": weights,
                          "correlation": 1.0 if weights == "trained" else 0.2,
                          "fit_id": "DL-ResNet-10", "position": 1}]  # fmt: skip
    context.store.commit([Change(CROP, insert=frame(CROP, crops))], "crops planted")
    _own(context, ATTRIBUTION, maps)


def _map(rng: np.random.Generator) -> dict:
    values = rng.random((16, 16), dtype=np.float32)
    shares = rng.dirichlet([5, 3, 2]).tolist()
    names = ("share_tumour", "share_margin", "share_outside")
    return {"map": values.tobytes(), "shape": [16, 16],
            "map_sha256": hashlib.sha256(values.tobytes()).hexdigest(),
            **dict(zip(names, shares, strict=True))}  # fmt: skip


def _own(context: StudyContext, table: object, rows: list[dict]) -> None:
    insert(context.store, table, [{**row, "study_id": context.study_id} for row in rows])
