"""One image or delineation of a cohort, whatever the layout of its files."""

from collections.abc import Sequence
from pathlib import Path

import SimpleITK as sitk

from hccer.ingest.dicom_volume import read_series
from hccer.ingest.volumes import read_image
from schemas.cohort_file import CohortFile
from schemas.cohort_parts import DicomImages, Masks


def read_files(
    cohort: CohortFile, files: Sequence[Path], sha256s: Sequence[str] | None = None
) -> tuple[bytes, sitk.Image]:
    """Canonical NIfTI content and volume of a usable image.

    Args:
        files: one NIfTI file, or the files of one DICOM series.
        sha256s: hashes that they had when they were found.

    Raises:
        UnusableError: with the reason.
    """
    if isinstance(cohort.images, DicomImages):
        return read_series(files, cohort.limits, sha256s)
    return read_image(files[0], cohort.limits, sha256s[0] if sha256s else None)


def delineation(cohort: CohortFile, reader_id: str | None, session_id: int | None) -> Masks:
    """What the cohort file says of a reader's session."""
    named = (reader_id, session_id)
    return next(each for each in cohort.delineations if (each.reader, each.session) == named)
