"""image and segmentation: usable volumes as blobs, with what is known of each."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
import SimpleITK as sitk

from hccer.imaging.quality import tumour
from hccer.ingest.discovery import missing
from hccer.ingest.volumes import PassingError, UnusableError, read_image, read_mask, read_volume
from hccer.parallel import CRASHED, map_tasks
from hccer.pipeline.context import Context
from hccer.pipeline.rows import Result, Writer
from schemas.cohort_file import Limits
from schemas.preset import settings_text
from schemas.table import Table
from schemas.tables import IMAGE, SEGMENTATION
from storage.blobs import Blobs
from storage.lineage import Outcome
from storage.memory import derivation, plan

VERSION = f"volume-1 simpleitk-{version('simpleitk')}"


@dataclass(frozen=True)
class Reading:
    """What a worker needs to read one file."""

    unit: dict
    root: Path
    blobs: Blobs
    limits: Limits


def make_image(context: Context) -> Outcome:
    """One row and blob per readable, varying 3D image."""
    files = context.store.rows(
        "select cohort_id, patient_id, phase, path, file_sha256 from lake.source_file "
        "where cohort_id = ? and kind = 'image' order by path",
        [context.cohort_id],
    )
    return _make(context, IMAGE, files, ["path", "file_sha256"], _read_image)


def make_segmentation(context: Context) -> Outcome:
    """One row and blob per delineation that fits its image; images that were refused have none."""
    files = context.store.rows(
        "select f.cohort_id, f.patient_id, f.phase, f.reader_id, f.session_id, f.label, "
        "f.is_reference, f.path, f.file_sha256, i.image_sha256 from lake.source_file as f "
        "join lake.image as i using (cohort_id, patient_id, phase) "
        "where f.cohort_id = ? and f.kind = 'mask' order by f.path, f.reader_id, f.session_id",
        [context.cohort_id],
    )
    inputs = ["path", "file_sha256", "image_sha256", "label", "is_reference"]
    return _make(context, SEGMENTATION, files, inputs, _read_mask)


def _make(
    context: Context,
    table: Table,
    files: pl.DataFrame,
    inputs: list[str],
    read: Callable[[Reading], Result],
) -> Outcome:
    limits = context.cohort.limits
    made = [derivation([str(value) for value in row], settings_text(limits), VERSION)
            for row in files.select(inputs).iter_rows()]  # fmt: skip
    wanted = files.with_columns(derivation=pl.Series(made, dtype=pl.String))
    found = plan(context.store, table, wanted, context.cohort_id)
    absent = missing(context.cohort, context.source_files())
    writer = Writer(context, table)
    writer.begin(found, [problem for problem in absent if problem.asset == table.name])
    todo = pl.concat([found.todo, _lost(context, table, wanted)])
    tasks = [Reading(unit, context.root, context.store.blobs, limits)
             for unit in todo.iter_rows(named=True)]  # fmt: skip
    for reading, result in map_tasks(read, tasks, f"{table.name} of {context.cohort_id}"):
        writer.add(result or Result(reading.unit, reason=CRASHED, transient=True))
    return writer.outcome(found, VERSION)


def _lost(context: Context, table: Table, wanted: pl.DataFrame) -> pl.DataFrame:
    """Units whose row stands while its blob is gone: read again, that mends it."""
    there = set(context.store.blobs)
    rows = context.store.rows(f"from lake.{table.name} where cohort_id = ?", [context.cohort_id])
    named = rows["image_sha256" if table is IMAGE else "mask_sha256"]
    gone = rows.filter(~named.is_in(there))
    return wanted.join(gone, on=[*table.unit, "derivation"], how="semi")


def _read_image(reading: Reading) -> Result:
    file = reading.root / reading.unit["path"]
    try:
        content, image = read_image(file, reading.limits, reading.unit["file_sha256"])
    except UnusableError as error:
        return _refused(reading, error)
    voxels = sitk.GetArrayViewFromImage(image)
    row = {
        "image_sha256": reading.blobs.put(content),
        **_axes("size_{}", image.GetSize()),
        **_axes("spacing_{}_mm", image.GetSpacing()),
        "intensity_minimum": float(voxels.min()),
        "intensity_maximum": float(voxels.max()),
        "source": reading.unit["path"],
    }
    return Result(reading.unit, row)


def _axes(name: str, values: tuple) -> dict:
    return {name.format(axis): value for axis, value in zip("xyz", values, strict=True)}


def _read_mask(reading: Reading) -> Result:
    unit, file = reading.unit, reading.root / reading.unit["path"]
    try:
        image = read_volume(reading.blobs.path(unit["image_sha256"]))
    except UnusableError as error:
        return Result(unit, reason=f"its stored image: {error}", transient=True)
    try:
        content, mask = read_mask(file, image, unit["label"], reading.limits, unit["file_sha256"])
    except UnusableError as error:
        return _refused(reading, error)
    count = int(np.count_nonzero(tumour(sitk.GetArrayViewFromImage(mask), unit["label"])))
    row = {
        "origin": "manual",
        "mask_sha256": reading.blobs.put(content),
        "voxel_count": count,
        "volume_ml": count * float(np.prod(image.GetSpacing())) / 1000,
        "source": unit["path"],
    }
    return Result(unit, row)


def _refused(reading: Reading, error: UnusableError) -> Result:
    return Result(reading.unit, reason=str(error), transient=isinstance(error, PassingError))
