"""A large synthetic cohort: in the store by its real write path, and as CSV files."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from hccer.pipeline.extractions import extraction_id
from hccer.pipeline.rows import frame
from hccer.radiomics.contract import feature_definitions
from schemas.preset import load_preset, settings_id, settings_text
from schemas.registry import Cohort
from schemas.table import Table
from schemas.tables import (
    EXTRACTION,
    EXTRACTION_VALUE,
    FEATURE_DEFINITION,
    PATIENT,
    SEGMENTATION,
    SETTINGS,
)
from storage.blobs import content_sha256
from storage.memory import replace_units
from storage.store import Change, Store

COHORT = "large"
PHASES = ("AP", "PVP", "HBP")
UNITS_PER_COMMIT = 1000
SEED = 7
SETTINGS_ = load_preset("paper").radiomics


@dataclass(frozen=True)
class Large:
    """The cohort's rows before they are written anywhere."""

    patients: int

    @cached_property
    def names(self) -> list[str]:
        """The features that the preset yields."""
        return [str(row["feature_name"]) for row in feature_definitions(SETTINGS_)]

    @cached_property
    def patient_ids(self) -> list[str]:
        """The patients."""
        return [f"P{number:06d}" for number in range(self.patients)]

    def values(self, phase: str) -> np.ndarray:
        """One row per patient, one column per feature; same seed, same values."""
        rng = np.random.default_rng([SEED, PHASES.index(phase)])
        return rng.normal(size=(self.patients, len(self.names)))

    @cached_property
    def units(self) -> pl.DataFrame:
        """The wanted extractions, as the pipeline's work list has them."""
        rows = [self._unit(phase, each) for phase in PHASES for each in self.patient_ids]
        return pl.DataFrame(rows)

    @cached_property
    def wanted(self) -> pd.DataFrame:
        """The same as pandas would be given it."""
        return self.units.to_pandas()

    def _unit(self, phase: str, patient_id: str) -> dict:
        named = {"cohort_id": COHORT, "patient_id": patient_id, "phase": phase,
                 "reader_id": "reference", "session_id": 1}  # fmt: skip
        image, mask = (content_sha256(f"{kind} {phase} {patient_id}".encode())
                       for kind in ("image", "mask"))  # fmt: skip
        return {
            **named,
            "settings_id": settings_id(SETTINGS_),
            "image_sha256": image,
            "mask_sha256": mask,
            "derivation": content_sha256((image + mask).encode()),
        }


def fill(store: Store, large: Large) -> int:
    """Write the cohort into an empty store; returns the number of commits."""
    store.registry.put(
        Cohort(cohort_id=COHORT, title="Random numbers", synthetic=True, root="/", file_json="{}")
    )
    store.commit([Change(table, insert=rows) for table, rows in _few(large)], "large: few")
    chunks = 0
    for units, values in _chunks(large, UNITS_PER_COMMIT):
        store.commit(extraction_changes(large, units, values), "large: extractions")
        chunks += 1
    return chunks + 1


def _few(large: Large) -> Iterator[tuple[Table, pl.DataFrame]]:
    """The tables that stay small beside the values."""
    common = {"cohort_id": COHORT, "settings_id": settings_id(SETTINGS_), "run_id": "fill"}
    setting = {**common, "step": "radiomics", "asked_by": "benchmark"}
    patients = [{**common, "patient_id": each} for each in large.patient_ids]
    masks = [{**unit, "origin": "manual", "is_reference": True, "label": 1, "voxel_count": 1000,
              "volume_ml": 1.0, "component_count": 1, "diameter_mm": 12.4, "source": "none",
              "run_id": "fill"}
             for unit in large.units.iter_rows(named=True)]  # fmt: skip
    definitions = [{**common, **each} for each in feature_definitions(SETTINGS_)]
    yield SETTINGS, frame(SETTINGS, [{**setting, "text": settings_text(SETTINGS_)}])
    yield FEATURE_DEFINITION, frame(FEATURE_DEFINITION, definitions)
    yield PATIENT, frame(PATIENT, patients)
    yield SEGMENTATION, frame(SEGMENTATION, masks)


def _chunks(large: Large, size: int) -> Iterator[tuple[pl.DataFrame, np.ndarray]]:
    for number, phase in enumerate(PHASES):
        values = large.values(phase)
        for start in range(0, large.patients, size):
            rows = values[start : start + size]
            yield large.units.slice(number * large.patients + start, len(rows)), rows


def extraction_changes(large: Large, units: pl.DataFrame, values: np.ndarray) -> list[Change]:
    """What the pipeline's writer commits when these units are done."""
    common = {"engine": "fast", "label": 1, "bin_count": 32, "feature_count": len(large.names),
              "seconds": 1.0, "run_id": "fill"}  # fmt: skip
    rows = [{**unit, **common, "extraction_id": extraction_id(unit)}
            for unit in units.iter_rows(named=True)]  # fmt: skip
    numbers = np.repeat([row["extraction_id"] for row in rows], len(large.names))
    long = pl.DataFrame({"extraction_id": numbers, "feature_name": large.names * len(rows),
                         "value": values.ravel()})  # fmt: skip
    changes = replace_units(EXTRACTION, units, frame(EXTRACTION, rows), None)
    return [*changes, Change(EXTRACTION_VALUE, insert=long)]


def write_csvs(folder: Path, large: Large) -> None:
    """One wide file per phase, and the list of what was extracted."""
    folder.mkdir()
    for phase in PHASES:
        wide = pl.DataFrame(large.values(phase), schema=large.names)
        wide.insert_column(0, pl.Series("patient_id", large.patient_ids))
        wide.write_csv(csv_of(folder, phase))
    large.units.write_csv(folder / "done.csv")


def csv_of(folder: Path, phase: str) -> Path:
    """The wide file of a phase."""
    return folder / f"features_{phase}.csv"


def size_mb(folder: Path) -> float:
    """Size of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
