"""Read one image or mask file of a cohort: its canonical content and its SimpleITK image."""

import hashlib
from pathlib import Path

import SimpleITK as sitk

from hccer.imaging.nifti import NiftiError, canonical
from hccer.imaging.quality import image_fault, mask_fault
from schemas.cohort_file import Limits

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
        content = file.read_bytes()
        if sha256 and hashlib.sha256(content).hexdigest() != sha256:
            raise PassingError("the file changed while it was read: run again")
        return canonical(content, limits.maximum_voxels)
    except NiftiError as error:
        raise UnusableError(f"unreadable: {error}") from None
    except OSError as error:
        raise PassingError(f"unreadable: {error.strerror}") from None


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
    file: Path, image: sitk.Image, label: int, limits: Limits, sha256: str | None = None
) -> tuple[bytes, sitk.Image]:
    """Content and volume of a mask file that is usable with its image.

    Raises:
        UnusableError: with the reason.
    """
    content, mask = read_content(file, limits, sha256), read_volume(file)
    if fault := mask_fault(mask, image, label, limits.geometry_tolerance_mm):
        raise UnusableError(fault)
    return content, mask
