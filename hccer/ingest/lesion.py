"""The lesion that a mask delineates, measured as a radiologist would: on axial slices."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from hccer.imaging.nodules import axial_diameter_mm, largest
from hccer.imaging.quality import tumour
from hccer.ingest.volumes import UnusableError
from schemas.cohort_parts import Limits


@dataclass(frozen=True)
class Lesion:
    """A delineated tumour.

    Attributes:
        voxels: boolean array (z, y, x), z along the body.
        spacing_mm: voxel size along x, y, z.
        diameter_mm: largest axial diameter of its largest part.
    """

    voxels: np.ndarray
    spacing_mm: tuple[float, float, float]
    diameter_mm: float


def measured_lesion(mask: sitk.Image, label: int, limits: Limits) -> Lesion:
    """The lesion of a usable mask.

    Raises:
        UnusableError: it is smaller than `limits.minimum_diameter_mm`.
    """
    axial = sitk.DICOMOrient(mask, "LPS")  # the third axis runs along the body
    voxels = tumour(sitk.GetArrayFromImage(axial), label)
    diameter_mm = axial_diameter_mm(largest(voxels), axial.GetSpacing())
    if diameter_mm < limits.minimum_diameter_mm:
        least = f"{limits.minimum_diameter_mm:g} mm (limits.minimum_diameter_mm)"
        raise UnusableError(f"the lesion is {diameter_mm:.1f} mm wide, less than {least}")
    return Lesion(voxels, axial.GetSpacing(), diameter_mm)
