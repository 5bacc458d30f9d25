"""Masks against the grid of their image: reordered, off it, mirrored."""

import re
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from hccer.imaging.grid import on_grid_of
from hccer.imaging.quality import best_overlap, mask_fault
from hccer.ingest.volumes import read_mask, read_volume
from schemas.cohort_parts import Masks
from tests.hccer.mask_files import LIMITS, array, blob, grid, turned


@pytest.mark.parametrize("orientation", ["LPS", "RAS", "PIR", "SAL"])
def test_a_nifti_mask_in_another_storage_order_is_reordered(tmp_path: Path, orientation: str):
    image, file = grid(turned((4, -3, 8))), tmp_path / "mask.nii.gz"
    sitk.WriteImage(sitk.DICOMOrient(blob(image), orientation), str(file))
    content, mask = read_mask(file, image, Masks(pattern="{patient}_{phase}.nii"), LIMITS)
    assert np.array_equal(array(mask), array(blob(image)))
    if orientation != "LPS":
        assert mask.GetDirection() == image.GetDirection()
    (tmp_path / "a.nii").write_bytes(content)
    stored = read_volume(tmp_path / "a.nii")
    assert np.array_equal(array(stored), array(blob(image)))
    assert mask_fault(stored, image, 1, 0.001) is None
    assert on_grid_of(stored, image, 0.001) is stored


def moved(origin: tuple = (0, 0, 0), turn: np.ndarray | None = None, spacing_z: float = 2.5):
    mask = blob(grid())
    mask.SetOrigin(np.add(mask.GetOrigin(), origin))
    mask.SetDirection(np.ravel(np.eye(3) if turn is None else turn).astype(float))
    mask.SetSpacing((0.7, 0.9, spacing_z))
    return mask


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        (moved((0, 0.9, -2.5)), r"shifted by \(0, 0.9, -2.5\) mm$"),
        (moved((63, 0, 0)), r"opposite sign along x; mask lies outside its image: 0 %"),
        (moved((63, -24.5, 0)), "opposite sign along x and y"),
        (moved(turn=np.diag([1, -1, 1])), "flipped along y; mask lies outside"),
        (moved((7.7, 0, 0), np.diag([-1, 1, 1])[:, [1, 0, 2]]), "another order"),
        (moved((7, 0, 0), np.diag([-1, 1, 1])), "flipped along x$"),
        (moved(turn=turned((0, 0, 5))), "rotated by 5 degrees$"),
        (moved(spacing_z=2), r"measure 0.7 x 0.9 x 2 mm, those of the image 0.7 x 0.9 x 2.5 mm$"),
        (moved((500, 0, 0)), r"shifted by \(500, 0, 0\) mm; mask lies outside"),
        (moved()[:, :, :-1], "^mask has 12 x 10 x 5 voxels, its image 12 x 10 x 6$"),
    ],
)
def test_a_mask_off_its_image_is_told_how(mask: sitk.Image, reason: str):
    fault = mask_fault(mask, grid(), 1, 0.001)
    assert fault is not None
    assert re.search(reason, fault), fault


def test_a_flipped_delineation_with_the_header_of_its_image_is_told_by_another_phase():
    image = grid(turned())
    start = image.TransformContinuousIndexToPhysicalPoint((-0.25, -0.25, -0.25))
    finer = sitk.Resample(blob(image), (24, 20, 12), sitk.Transform(), sitk.sitkNearestNeighbor,
                          start, (0.35, 0.45, 1.25), image.GetDirection())  # fmt: skip
    good = best_overlap(blob(image), finer)
    assert good.dice == best_overlap(finer, blob(image)).dice == 1
    assert good.dice_flipped < 0.7
    for number, axis in enumerate("xyz"):
        flipped = sitk.GetImageFromArray(np.flip(array(blob(image)), 2 - number))
        flipped.CopyInformation(image)
        overlap = best_overlap(flipped, blob(image))
        assert overlap.axis == axis
        assert overlap.dice_flipped == 1
        assert overlap.dice < 0.7
        assert best_overlap(blob(image), flipped).axis == axis
