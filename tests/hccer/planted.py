"""The 165 patients of the built-in cohort with a few planted features, ready for a study."""

from pathlib import Path

import numpy as np
import polars as pl

from hccer.ingest.built_in import Recipe, cohort_patients, write_tables
from hccer.pipeline import Context, materialise
from hccer.pipeline.rows import frame
from hccer.study.context import StudyContext
from schemas.preset import load_preset, settings_id
from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.table import Table
from schemas.tables import (
    ACQUISITION,
    EXTRACTION,
    EXTRACTION_VALUE,
    FEATURE_DEFINITION,
    SEGMENTATION,
    SPLIT,
    STAGING_SCORE,
)
from storage.home import Home
from storage.store import Change, Store
from tests.support import COHORTS, register

COHORT = "hcc_synthetic"
SETTINGS_ID = settings_id(load_preset("paper").radiomics)
NAMES = [f"original_firstorder_Planted{number}" for number in range(8)]
CLINICAL_STEPS = ("source_file", "exclusion", "reading", "patient", "outcome")
ROLES = {"training": "train", "validation": "validation"}


def clinical_store(folder: Path) -> Store:
    """A store with the clinical tables of the built-in cohort, features and field strengths."""
    given = cohort_patients(Recipe())
    write_tables(folder, given, Recipe())
    store = Store.open(Home(folder / "home"))
    register(store, COHORTS / COHORT / "cohort.toml", folder)
    for name in CLINICAL_STEPS:
        materialise(Context(store, COHORT, "planted"), name)
    patients = store.rows(
        "select patient_id, o.value as y_true from lake.patient "
        "join lake.outcome o using (cohort_id, patient_id) order by all"
    )
    plant_features(store, COHORT, patients)
    strengths = given.select("patient_id", "field_strength_t").join(patients, on="patient_id")
    rows = [{**row, "cohort_id": COHORT, "phase": "AP"} for row in strengths.to_dicts()]
    insert(store, ACQUISITION, rows)
    return store


def insert(store: Store, table: Table, rows: list[dict]) -> None:
    """Put rows into a table; text that a row does not name is a dash, numbers are 1."""
    filling = {
        column.name: "-" if column.type == "VARCHAR" else 1
        for column in table.columns
        if not column.nullable
    }
    store.commit([Change(table, insert=frame(table, [{**filling, **row} for row in rows]))], "test")


def plant_features(
    store: Store,
    cohort_id: str,
    patients: pl.DataFrame,
    phase: str = "AP",
    settings: str = SETTINGS_ID,
    names: list[str] = NAMES,
    first: int = 1,
) -> None:
    """Features of the reference delineation: the first three know something of the outcome.

    Args:
        patients: `patient_id, y_true`.
        first: extraction of the first patient.
    """
    y_true = patients["y_true"].to_numpy()
    X = np.random.default_rng(first).normal(size=(len(y_true), len(names)))
    X[:, :3] += 0.8 * y_true[:, None]
    drawn = [
        {"cohort_id": cohort_id, "patient_id": patient, "phase": phase, "reader_id": "one",
         "session_id": "1", "settings_id": settings, "extraction_id": first + row,
         "engine": "fast", "feature_count": len(names), "origin": "manual", "is_reference": True}
        for row, patient in enumerate(patients["patient_id"])
    ]  # fmt: skip
    insert(store, EXTRACTION, [{k: v for k, v in row.items() if k in EXTRACTION.column_names}
                               for row in drawn])  # fmt: skip
    insert(store, SEGMENTATION, [{k: v for k, v in row.items() if k in SEGMENTATION.column_names}
                                 for row in drawn])  # fmt: skip
    insert(store, FEATURE_DEFINITION, [
        {"cohort_id": cohort_id, "settings_id": settings, "feature_name": name, "position": at}
        for at, name in enumerate(names, 1)
    ])  # fmt: skip
    insert(store, EXTRACTION_VALUE, [
        {"extraction_id": first + row, "feature_name": name, "value": float(X[row, at])}
        for row in range(len(X)) for at, name in enumerate(names)
    ])  # fmt: skip


def planted_study(store: Store, name: str, **changes: object) -> StudyContext:
    """Register a study of the built-in cohort and plant its split as given."""
    file = StudyFile(**{"id": name, "endpoint": "early_recurrence", "phases": ["AP"],
                        "development": [COHORT], **changes})  # fmt: skip
    row = Study(study_id=name, title="", preset=file.preset, file_json=file.model_dump_json())
    store.registry.put(row)
    patients = store.rows("select cohort_id, patient_id, given_split, o.value as y_true "
                          "from lake.patient join lake.outcome o using (cohort_id, patient_id) "
                          "where cohort_id = ? order by all", [COHORT])  # fmt: skip
    plant_split(store, name, [
        {**row, "role": ROLES[row["given_split"]]} for row in patients.to_dicts()
    ])  # fmt: skip
    return StudyContext(store, name, "test")


def plant_split(store: Store, name: str, patients: list[dict]) -> None:
    """Rows of the main split."""
    insert(store, SPLIT, [
        {**row, "study_id": name, "repeat": 0, "fold": 0,
         "content_sha256": f"{row['cohort_id']}/{row['patient_id']}"}
        for row in patients
    ])  # fmt: skip


def plant_staging(store: Store, name: str, system: str, scores: dict[str, float | None]) -> None:
    """Scores of one system, by patient."""
    insert(store, STAGING_SCORE, [
        {"study_id": name, "cohort_id": COHORT, "patient_id": patient, "system": system,
         "score": score, "provenance": f"the rule of {system}",
         "reason": None if score is not None else "ecog is missing"}
        for patient, score in scores.items()
    ])  # fmt: skip
