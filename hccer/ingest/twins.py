"""Images whose voxels stand under several patients: one of them is wrong, nobody knows which."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from hccer.ingest.discovery import Problem


@dataclass(frozen=True)
class Voxels:
    """The voxels of an image: whose they are said to be, their hash, the file they come from."""

    patient_id: str
    phase: str
    voxel_sha256: str
    source: str


def disputes(images: Iterable[Voxels]) -> list[Problem]:
    """No delineation is accepted on voxels that two patients claim.

    Args:
        images: of one cohort.

    Returns:
        One problem for each image whose voxels another patient has too.
    """
    same = defaultdict(list)
    for image in images:
        same[image.voxel_sha256].append(image)
    return [problem for group in same.values() for each in group
            if (problem := _dispute(each, group))]  # fmt: skip


def _dispute(image: Voxels, group: list[Voxels]) -> Problem | None:
    others = [f"{each.patient_id}, {each.phase}" for each in group
              if each.patient_id != image.patient_id]  # fmt: skip
    if not others:
        return None
    reason = f"the same voxels stand under {'; '.join(others)}: neither is used until settled"
    return Problem("segmentation", reason, image.patient_id, image.phase, source=image.source)
