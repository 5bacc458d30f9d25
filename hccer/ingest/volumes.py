"""Read one image or mask file of a cohort: its canonical content and its SimpleITK image."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import SimpleITK as sitk

from hccer.imaging.grid import on_grid_of
from hccer.imaging.nifti import NiftiError, canonical
from hccer.imaging.quality import image_fault, mask_fault
from schemas.cohort_parts import Limits, Masks

sitk.ProcessObject.SetGlobalWarningDisplay(False)


class UnusableError(ValueError):
    """A file cannot be used; the message says why."""


class PassingError(UnusableError):
    """The file changed or could not be opened just now; another try may succeed."""


def read_volume(file: Path) -> sitk.Image:
    """The volume of a NIfTI file.

    Raises:
        UnusableError: ITK cannot read it.
    """
    try:
        return sitk.ReadImage(str(file))
    except RuntimeError as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise UnusableError(f"unreadable: {lines[-1].strip()}") from None


def read_content(file: Path, limits: Limits, sha256: str | None = None) -> bytes:
    """The canonical NIfTI content of a file.

    Args:
        sha256: hash that the file had when it was found.

    Raises:
        PassingError: the file has another hash by now, or cannot be opened.
        UnusableError: the file is truncated, damaged or no NIfTI-1.
    """
    try:
        return canonical(unchanged_bytes(file, sha256), limits.maximum_voxels)
    except NiftiError as error:
        raise UnusableError(f"unreadable: {error}") from None


def unchanged_bytes(file: Path, sha256: str | None = None) -> bytes:
    """The bytes of a file.

    Args:
        sha256: hash that the file had when it was found.

    Raises:
        PassingError: the file has another hash by now, or cannot be opened.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise PassingError(f"unreadable: {error.strerror}") from None
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise PassingError("the file changed while it was read: run again")
    return content


def read_image(file: Path, limits: Limits, sha256: str | None = None) -> tuple[bytes, sitk.Image]:
    """Content and volume of a usable image file.

    Raises:
        UnusableError: with the reason.
    """
    content, image = read_content(file, limits, sha256), read_volume(file)
    if fault := image_fault(image):
        raise UnusableError(fault)
    return content, image


def read_mask(
    file: Path, image: sitk.Image, drawn: Masks, limits: Limits, sha256: str | None = None
) -> tuple[bytes, sitk.Image]:
    """Content and volume of a delineation that is usable with its image, on the image's grid.

    Args:
        file: a NIfTI mask, a DICOM RTSTRUCT or a DICOM SEG, as `drawn.format` says.
        image: the volume it was drawn on.
        drawn: how it is found: `label` counts in NIfTI, `roi` in DICOM, where the label is 1.
        sha256: hash that the file had when it was found.

    Raises:
        UnusableError: with the reason.
    """
    if drawn.format == "nifti":
        return _read_nifti_mask(file, image, drawn.label, limits, sha256)
    from hccer.ingest.dicom_masks import read_rtstruct, read_seg  # where DICOM is used only

    read = read_rtstruct if drawn.format == "rtstruct" else read_seg
    return read(file, image, drawn.roi, limits, sha256)


def _read_nifti_mask(
    file: Path, image: sitk.Image, label: int, limits: Limits, sha256: str | None
) -> tuple[bytes, sitk.Image]:
    content, mask = read_content(file, limits, sha256), read_volume(file)
    if fault := mask_fault(mask, image, label, limits.geometry_tolerance_mm):
        raise UnusableError(fault)
    ordered = on_grid_of(mask, image, limits.geometry_tolerance_mm)
    return (content, mask) if ordered is mask else (written(ordered, limits), ordered)


def written(volume: sitk.Image, limits: Limits) -> bytes:
    """The canonical NIfTI content of a volume in memory.

    Raises:
        UnusableError: it has more voxels than the limit.
    """
    with TemporaryDirectory(prefix="hccer-") as folder:
        file = Path(folder, "volume.nii")
        sitk.WriteImage(volume, str(file))
        return read_content(file, limits)
