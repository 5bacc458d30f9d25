"""A study of planted features (`planted_study`) with planted crops, folds and tiny networks."""

import hashlib

import numpy as np
import polars as pl

from hccer.pipeline.rows import frame
from hccer.study.context import StudyContext
from hccer.study.crops import crop_settings_id
from schemas.registry import Study
from schemas.tables import CROP, SPLIT
from storage.store import Change, Store
from tests.hccer.planted_study import plant

SIZE, SLICES, FOLDS = 16, 2, 2
TRAINING = {"epochs": 2, "learning_rate": 0.01, "batch_size": 32}
DEEP = {
    "networks": ["ResNet-10-128"],
    "joint": "ResNet-10-128",
    "out_of_fold": ["ResNet-10-128", "DLRCR"],
    "training": TRAINING,
    "attribution": {"patients": 2},
}
IMAGING = {"crop": {"size": SIZE, "slices": SLICES}}


def override(context: StudyContext, **overrides: object) -> StudyContext:
    """The same study with other overrides beside those it has."""
    file = context.file
    changed = file.model_copy(update={"overrides": {**file.overrides, **overrides}})
    row = Study(study_id="s", title="", preset=file.preset, file_json=changed.model_dump_json())
    context.store.registry.put(row)
    return StudyContext(context.store, "s", context.run_id)


def plant_crops(store: Store, **deep: object) -> StudyContext:
    """The study `s`: 50 training and 10 validation patients, an event is bright in the tumour."""
    context = override(plant(store), deep={**DEEP, **deep}, imaging=IMAGING)
    patients = context.own(SPLIT)
    folds = patients.with_columns(
        repeat=pl.lit(1, dtype=pl.Int32),
        fold=(pl.int_range(pl.len(), dtype=pl.Int32) % FOLDS + 1).over("y_true"),
    )
    store.commit([Change(SPLIT, insert=folds.select(SPLIT.column_names))], "folds planted")
    insert_crops(context, patients)
    return context


def insert_crops(context: StudyContext, patients: pl.DataFrame, seed: int = 0) -> None:
    """Crops of patients in place of whatever they had."""
    rng = np.random.default_rng(seed)
    rows = [
        row
        for each in patients.sort("patient_id").iter_rows(named=True)
        for row in crop_rows(context, each, rng)
    ]
    old = patients.select("cohort_id", "patient_id")
    context.store.commit([Change(CROP, delete=old, insert=frame(CROP, rows))], "crops planted")


def crop_rows(context: StudyContext, patient: dict, rng: np.random.Generator) -> list[dict]:
    mask = np.zeros((SIZE, SIZE), dtype=np.uint8)
    mask[5:11, 4:12] = 1
    tensors = rng.normal(scale=0.3, size=(SLICES, len(context.file.phases), SIZE, SIZE))
    tensors = np.float32(tensors + 0.4 * patient["y_true"] * mask)
    return [
        {
            "cohort_id": patient["cohort_id"], "patient_id": patient["patient_id"],
            "settings_id": crop_settings_id(context), "position": number,
            "phases": ",".join(context.file.phases), "slice_index": number,
            "tensor": tensor.tobytes(), "mask": mask.tobytes(), "shape": list(tensor.shape),
            "tensor_sha256": hashlib.sha256(tensor.tobytes() + mask.tobytes()).hexdigest(),
            "dtype": "float32", "spacing_mm": 1.0, "area_mm2": float(number),
            "derivation": "planted", "run_id": "test",
        }
        for number, tensor in enumerate(tensors, 1)
    ]  # fmt: skip
