"""How far registration is from the motion that the built-in cohort was generated with."""

from pathlib import Path

import numpy as np
import polars as pl
import SimpleITK as sitk

from hccer.imaging.registration import matrix_and_offset, read_transform, voxel_centres_mm
from hccer.ingest.built_in import TRUTH
from hccer.ingest.volumes import read_volume
from schemas.errors import HccerError
from storage.store import Store

REGISTERED = """
select distinct r.patient_id, r.phase, r.transform, s.mask_sha256
from lake.registration r join lake.segmentation s
    on (s.cohort_id, s.patient_id, s.phase) = (r.cohort_id, r.patient_id, r.fixed_phase)
        and s.is_reference
where r.cohort_id = ? order by all
"""


def registration_errors(store: Store, cohort_id: str, root: Path) -> pl.DataFrame:
    """Target registration error of each registered phase, at the voxels of the tumour.

    Args:
        store: with the rows of `registration`.
        cohort_id: the built-in cohort.
        root: its files, the true shifts among them.

    Returns:
        patient_id, phase, the medians before_mm and after_mm, and voxel_mm, the side in plane.

    Raises:
        HccerError: the true shifts are not there.
    """
    if not (root / TRUTH).exists():
        raise HccerError(f"{root / TRUTH} is not there: `hccer demo` writes it with the images")
    truth = pl.read_csv(root / TRUTH).rows_by_key(["patient_id", "phase"], named=True, unique=True)
    rows, masks = store.rows(REGISTERED, [cohort_id]), {}
    found = []
    for patient_id, phase, transform, sha256 in rows.iter_rows():
        mask = masks.get(sha256) or read_volume(store.blobs.path(sha256))
        masks = {sha256: mask}  # the phases of a patient stand side by side
        points, known = voxel_centres_mm(mask), _shift(truth[patient_id, phase])
        found.append({
            "patient_id": patient_id,
            "phase": phase,
            "before_mm": _median_mm(points, sitk.AffineTransform(3), known),
            "after_mm": _median_mm(points, read_transform(transform), known),
            "voxel_mm": min(mask.GetSpacing()),
        })  # fmt: skip
    schema = ("before_mm", "after_mm", "voxel_mm")
    return pl.DataFrame(found, {"patient_id": pl.String, "phase": pl.String,
                                **dict.fromkeys(schema, pl.Float64)})  # fmt: skip


def in_words(errors: pl.DataFrame) -> str:
    """The median over phases as a sentence; of none, that."""
    if errors.is_empty():
        return "Registration: no phase was registered."
    before, after = errors["before_mm"].median(), errors["after_mm"].median()
    voxels = (errors["after_mm"] / errors["voxel_mm"]).median()
    return (f"Registration of {len(errors)} phase{'s' * (len(errors) > 1)} against the motion "
            f"that the generator gave them: median error at the tumour {before:.2f} mm "
            f"before, {after:.2f} mm after ({voxels:.2f} voxels).")  # fmt: skip


def _shift(row: dict) -> sitk.Euler3DTransform:
    centre = [row[f"centre_{axis}_mm"] for axis in "xyz"]
    angles = [row[f"angle_{axis}_rad"] for axis in "xyz"]
    return sitk.Euler3DTransform(centre, *angles, [row[f"{axis}_mm"] for axis in "xyz"])


def _median_mm(points: np.ndarray, found: sitk.Transform, known: sitk.Transform) -> float:
    """Median distance of points (n, 3) moved by one and by the other."""
    (a, b), (c, d) = matrix_and_offset(found), matrix_and_offset(known)
    return float(np.median(np.linalg.norm(points @ (a - c).T + (b - d), axis=1)))
