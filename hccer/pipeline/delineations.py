"""segmentation: delineations that fit their image as blobs, with what is known of each."""

import numpy as np
import polars as pl

from hccer.imaging.nodules import component_count
from hccer.ingest.layouts import delineation
from hccer.ingest.lesion import Lesion, measured_lesion
from hccer.ingest.twins import Voxels, disputes
from hccer.ingest.volumes import UnusableError, read_mask, read_volume
from hccer.pipeline.context import Context
from hccer.pipeline.rows import Result
from hccer.pipeline.volumes import VERSION, Reading, make_volumes
from schemas.cohort_parts import Masks
from schemas.tables import SEGMENTATION
from storage.lineage import Outcome

__all__ = ["VERSION", "make_segmentation"]
MANUAL = "coalesce(reader_id, '') not in (select reader_id from lake.perturbation)"
INPUTS = ["path", "file_sha256s", "image_sha256", "label", "is_reference", "drawn"]


def make_segmentation(context: Context) -> Outcome:
    """One row and blob per delineation that fits its image; images that were refused have none."""
    files = context.store.rows(
        "select f.cohort_id, f.patient_id, f.phase, f.reader_id, f.session_id, f.label, "
        "f.is_reference, f.path, [f.path] as paths, [f.file_sha256] as file_sha256s, "
        "i.image_sha256, i.voxel_sha256 from lake.source_file as f "
        "join lake.image as i using (cohort_id, patient_id, phase) "
        "where f.cohort_id = ? and f.kind = 'mask' and f.reader_id is not null "
        "order by f.path, f.reader_id, f.session_id",
        [context.cohort_id],
    )
    twins = _twins(context)
    disputed = pl.col("voxel_sha256").is_in({each.voxel_sha256 for each in twins})
    drawn = [_text(delineation(context.cohort, *named))
             for named in files.select("reader_id", "session_id").iter_rows()]  # fmt: skip
    usable = files.with_columns(drawn=pl.Series(drawn, dtype=pl.String)).filter(~disputed)
    return make_volumes(
        context, SEGMENTATION, "mask_sha256", usable, INPUTS, _read, disputes(twins), MANUAL
    )


def _text(drawn: Masks) -> str:
    return drawn.format if drawn.format == "nifti" else f"{drawn.format} {drawn.roi}"


def _twins(context: Context) -> list[Voxels]:
    """Images of this cohort whose voxels stand under several of its patients."""
    rows = context.store.rows(
        "select patient_id, phase, voxel_sha256, source from lake.image where cohort_id = $cohort "
        "and voxel_sha256 in (select voxel_sha256 from lake.image where cohort_id = $cohort "
        "group by all having count(distinct patient_id) > 1) order by all",
        {"cohort": context.cohort_id},
    )
    return [Voxels(*row) for row in rows.iter_rows()]


def _read(reading: Reading) -> Result:
    unit, limits = reading.unit, reading.cohort.limits
    try:
        image = read_volume(reading.blobs.path(unit["image_sha256"]))
    except UnusableError as error:
        return Result(unit, reason=f"its stored image: {error}", transient=True)
    drawn = delineation(reading.cohort, unit["reader_id"], unit["session_id"])
    try:
        content, mask = read_mask(reading.files[0], image, drawn, limits, unit["file_sha256s"][0])
        lesion = measured_lesion(mask, unit["label"], limits)
    except UnusableError as error:
        return reading.refused(error)
    return Result(unit, _row(reading, content, lesion))


def _row(reading: Reading, content: bytes, lesion: Lesion) -> dict:
    count = int(np.count_nonzero(lesion.voxels))
    return {
        "origin": "manual",
        "mask_sha256": reading.blobs.put(content),
        "voxel_count": count,
        "volume_ml": count * float(np.prod(lesion.spacing_mm)) / 1000,
        "component_count": component_count(lesion.voxels),
        "diameter_mm": lesion.diameter_mm,
        "source": reading.unit["path"],
    }
