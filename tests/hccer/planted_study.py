"""Studies without their costly inputs: a planted main split, and planted features."""

import hashlib
from collections.abc import Iterator

import numpy as np
import polars as pl

from hccer.pipeline.rows import frame
from hccer.study.context import StudyContext
from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.tables import EXTRACTION, EXTRACTION_VALUE, FEATURE_DEFINITION, SEGMENTATION, SPLIT
from storage.reading import Reader
from storage.store import Change, Store

SMALL = {
    "validation": {"chain": {"reliability": {"threshold": 0.75}}},
    "evaluation": {"resamples": 4},
}
NAMES = ("signal_a", "signal_b", "noise_a", "noise_b", "noise_c", "unstable", "constant", "gap")
PATIENTS, AGAIN = 60, 20


def study(store: Store, cohort: str, *phases: str, **overrides: dict) -> StudyContext:
    file = StudyFile(id="s", endpoint="early_recurrence", phases=list(phases),
                     development=[cohort], overrides=overrides)  # fmt: skip
    store.registry.put(
        Study(study_id="s", title="", preset="paper", file_json=file.model_dump_json())
    )
    return StudyContext(store, "s", "test")


def plant_split(store: Store, rows: list[dict]) -> None:
    """The main split, without the features that it otherwise needs."""
    named = {"study_id": "s", "repeat": 0, "fold": 0, "derivation": "planted"}
    complete = [
        {"content_sha256": hashlib.sha256(row["patient_id"].encode()).hexdigest(), **row, **named}
        for row in rows
    ]
    old = store.rows("select study_id from lake.split limit 1")
    store.commit([Change(SPLIT, delete=old, insert=frame(SPLIT, complete))], "planted")


def named_query(context: StudyContext, name: str) -> pl.DataFrame:
    return Reader(context.store.home).named(name, {"study": "s"})


def values(rng: np.random.Generator, y_true: np.ndarray) -> np.ndarray:
    """Features (patients, names): two know the outcome, one is a gap, one is constant."""
    X = rng.normal(size=(PATIENTS, len(NAMES)))
    X[:, 0] += 1.2 * y_true
    X[:, 1] -= 1.0 * y_true
    X[:, 6], X[3, 7] = 5.0, np.nan
    return X


def repeated(rng: np.random.Generator, X: np.ndarray) -> np.ndarray:
    again = X[:AGAIN] + rng.normal(scale=0.1, size=(AGAIN, len(NAMES)))
    again[:, 5], again[:, 6] = rng.normal(size=AGAIN), 5.0
    return again


def plant(store: Store, name: str = "P{:02d}", again: int = AGAIN) -> StudyContext:
    """A study of 60 patients with 8 features, the first 20 drawn again by both readers."""
    context = study(store, "planted", "AP", **SMALL)
    rng = np.random.default_rng(7)
    y_true = np.arange(PATIENTS) % 2
    X = values(rng, y_true)
    drawn = [("r1", 1, X), ("r1", 2, repeated(rng, X)[:again]), ("r2", 1, repeated(rng, X)[:again])]
    patients = [name.format(i) for i in range(PATIENTS)]
    plant_split(store, [
        {"cohort_id": "planted", "patient_id": patient, "y_true": int(y_true[i]),
         "role": "train" if i < 50 else "validation", "content_sha256": f"{i * 7919 % 997:064d}"}
        for i, patient in enumerate(patients)
    ])  # fmt: skip
    definitions = [
        {"feature_name": each, "position": place, "image_type": "original", "feature": each,
         "feature_class": "x", "description": each, "cohort_id": "planted",
         "settings_id": context.settings_id} for place, each in enumerate(NAMES, 1)
    ]  # fmt: skip
    rows = list(_delineations(context, patients, drawn))
    tables = (SEGMENTATION, EXTRACTION, EXTRACTION_VALUE)
    changes = [
        Change(table, insert=frame(table, [row for _, *given in rows for row in given[at]]))
        for at, table in enumerate(tables)
    ]
    definition = Change(FEATURE_DEFINITION, insert=frame(FEATURE_DEFINITION, definitions))
    store.commit([definition, *changes], "planted")
    return context


def _delineations(
    context: StudyContext, patients: list[str], drawn: list[tuple[str, int, np.ndarray]]
) -> Iterator[tuple[int, list[dict], list[dict], list[dict]]]:
    """Number of the extraction; rows of the three tables."""
    number = 0
    for reader, session, X in drawn:
        for patient, measured in zip(patients, X, strict=False):
            number += 1
            common = {
                "cohort_id": "planted", "patient_id": patient, "phase": "AP", "reader_id": reader,
                "session_id": session, "image_sha256": "i", "mask_sha256": f"m{number}", "label": 1,
                "derivation": "planted", "run_id": "test",
            }  # fmt: skip
            mask = {"origin": "manual", "is_reference": (reader, session) == ("r1", 1),
                    "voxel_count": 1, "volume_ml": 1.0, "component_count": 1, "diameter_mm": 1.0,
                    "source": "planted"}  # fmt: skip
            extraction = {"extraction_id": number, "settings_id": context.settings_id,
                          "engine": "fast", "bin_count": 1, "feature_count": len(NAMES),
                          "seconds": 0.0}  # fmt: skip
            each = [{"extraction_id": number, "feature_name": name, "value": value}
                    for name, value in zip(NAMES, measured.tolist(), strict=True)]  # fmt: skip
            yield number, [common | mask], [common | extraction], each
