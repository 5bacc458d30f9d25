"""image: usable volumes as blobs, with what is known of each."""

import SimpleITK as sitk

from hccer.imaging.series import voxel_sha256
from hccer.ingest.layouts import read_files
from hccer.ingest.volumes import UnusableError
from hccer.pipeline.context import Context
from hccer.pipeline.rows import Result
from hccer.pipeline.volumes import VERSION, Reading, make_volumes
from schemas.tables import IMAGE
from storage.lineage import Outcome

__all__ = ["VERSION", "make_image"]


def make_image(context: Context) -> Outcome:
    """One row and blob per readable, varying 3D image."""
    files = context.store.rows(
        "select cohort_id, patient_id, phase, any_value(series_instance_uid) as "
        "series_instance_uid, min(path) as path, list(path order by path) as paths, "
        "list(file_sha256 order by path) as file_sha256s from lake.source_file "
        "where cohort_id = ? and kind = 'image' and phase is not null "
        "group by cohort_id, patient_id, phase order by path",
        [context.cohort_id],
    )
    return make_volumes(context, IMAGE, "image_sha256", files, ["paths", "file_sha256s"], _read)


def _read(reading: Reading) -> Result:
    unit = reading.unit
    try:
        content, image = read_files(reading.cohort, reading.files, unit["file_sha256s"])
    except UnusableError as error:
        return reading.refused(error)
    voxels = sitk.GetArrayViewFromImage(image)
    row = {
        "image_sha256": reading.blobs.put(content),
        "voxel_sha256": voxel_sha256(image),
        **_axes("size_{}", image.GetSize()),
        **_axes("spacing_{}_mm", image.GetSpacing()),
        "intensity_minimum": float(voxels.min()),
        "intensity_maximum": float(voxels.max()),
        "source": unit["path"],
    }
    return Result(unit, row)


def _axes(name: str, values: tuple) -> dict:
    return {name.format(axis): value for axis, value in zip("xyz", values, strict=True)}
