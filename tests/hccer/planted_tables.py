"""Patients of a study as rows of the cohort's tables, without a voxel."""

import hashlib
from collections.abc import Callable, Iterator

import numpy as np

from hccer.pipeline.rows import frame
from schemas.preset import load_preset, settings_id
from schemas.table import Table
from schemas.tables import (
    EXTRACTION,
    EXTRACTION_VALUE,
    FEATURE_DEFINITION,
    IMAGE,
    OUTCOME,
    PATIENT,
    SEGMENTATION,
)
from storage.store import Change, Store

PATIENTS, AGAIN, FEATURES = 36, 12, 6
SETTINGS_ID = settings_id(load_preset("paper").radiomics)
EVENTS = np.arange(PATIENTS) % 2


def sha256(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def drawn(rng: np.random.Generator, y_true: np.ndarray) -> Iterator[tuple[str, int, np.ndarray]]:
    """Reader, session and features of the patients delineated; two features know the outcome."""
    X = rng.normal(size=(PATIENTS, FEATURES))
    X[:, 0] += 1.5 * y_true
    X[:, 1] -= 1.5 * y_true
    yield "r1", 1, X
    for reader, session in (("r1", 2), ("r2", 1)):
        yield reader, session, X[::3] + rng.normal(scale=0.1, size=(AGAIN, FEATURES))


def delineations(y_true: np.ndarray) -> Iterator[tuple[int, dict, np.ndarray]]:
    """Patient, columns of a delineation, and its features."""
    for reader, session, X in drawn(np.random.default_rng(3), y_true):
        for place, values in enumerate(X):
            number = place if len(X) == PATIENTS else 3 * place
            yield number, {
                "phase": "AP", "reader_id": reader, "session_id": session,
                "mask_sha256": sha256(reader, session, number),
                "is_reference": (reader, session) == ("r1", 1),
            }, values  # fmt: skip


def complete(table: Table, rows: list[dict]) -> Change:
    """The rows with something in every column that needs a value."""
    empty = {"VARCHAR": "x", "INTEGER": 1, "BIGINT": 1, "DOUBLE": 1.0, "BOOLEAN": False}
    same = {each.name: each.allowed[0] if each.allowed else empty[each.type]
            for each in table.columns if not each.nullable}  # fmt: skip
    named = {"cohort_id": "planted", "settings_id": SETTINGS_ID}
    return Change(table, insert=frame(table, [{**same, **named, **row} for row in rows]))


def plant(
    store: Store,
    *,
    name: Callable[[int], str] = "P{:02d}".format,
    cohort: Callable[[int], str] = lambda number: "planted",
    shuffled: int | None = None,
    y_true: np.ndarray = EVENTS,
    changed: Callable[[np.ndarray], np.ndarray] = lambda values: values,
) -> Store:
    """36 patients with 6 features, 12 of them drawn again by both readers, and two factors.

    Args:
        name, cohort: of the patient of a number.
        shuffled: seed of the order of all rows and of the numbers of extractions.
        y_true: outcomes stored; the features know `EVENTS`.
        changed: what becomes of a delineation's features.
    """
    numbers, found = list(range(PATIENTS)), list(delineations(EVENTS))
    if shuffled is not None:
        rng = np.random.default_rng(shuffled)
        numbers = rng.permutation(PATIENTS).tolist()
        found = [found[place] for place in rng.permutation(len(found))]

    def of(number: int) -> dict:
        return {"cohort_id": cohort(number), "patient_id": name(number)}

    rows = [{**of(number), **row, "extraction_id": place}
            for place, (number, row, _) in enumerate(found)]  # fmt: skip
    values = [
        {"extraction_id": place, "feature_name": f"f{at}", "value": float(value)}
        for place, (_, _, X) in enumerate(found)
        for at, value in enumerate(changed(X))
    ]
    store.commit([
        complete(PATIENT, [{**of(each), "age_years": 50.0 + 7 * each % 20,
                            "alt_u_l": 40.0 + 20 * (each // 2 % 2)} for each in numbers]),
        complete(OUTCOME, [{**of(each), "endpoint": "early_recurrence",
                            "value": int(y_true[each])} for each in numbers]),
        complete(IMAGE, [{**of(each), "phase": "AP", "voxel_sha256": sha256(f"P{each:02d}")}
                         for each in numbers]),
        complete(SEGMENTATION, rows),
        complete(EXTRACTION, rows),
        Change(EXTRACTION_VALUE, insert=frame(EXTRACTION_VALUE, values)),
        complete(FEATURE_DEFINITION, [
            {"cohort_id": each, "feature_name": f"f{at}", "position": at + 1}
            for each in sorted({cohort(number) for number in numbers}) for at in range(FEATURES)
        ]),
    ], "planted")  # fmt: skip
    return store
