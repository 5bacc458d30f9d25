"""Contours become masks: the voxels inside, or a sentence."""

import numpy as np
import pytest
import SimpleITK as sitk

from hccer.imaging.contours import ContourError, filled
from hccer.imaging.quality import best_overlap
from hccer.ingest.dicom_masks import candidates_by_geometry, read_rtstruct
from hccer.ingest.volumes import read_volume
from tests.hccer.mask_files import LIMITS, SIZE, array, grid, mm, square, turned
from tests.support import SHARED

STS = [(patient, phase) for patient in ("002", "008", "025") for phase in ("MR_T1", "PET")]


@pytest.mark.parametrize("direction", [None, turned()], ids=["straight", "oblique"])
def test_a_square_on_two_planes_fills_the_voxels_inside(direction: np.ndarray | None):
    image = grid(direction)
    drawn = [mm(image, square(1.5, 5.5), 2), mm(image, square(1.5, 4.5), 3)[::-1]]
    expected = np.zeros(SIZE[::-1], bool)
    expected[2, 2:6, 2:6] = expected[3, 2:5, 2:5] = True
    mask = filled(drawn, image)
    assert np.array_equal(array(mask), expected)
    assert mask.GetDirection() == image.GetDirection()
    assert mask.GetPixelID() == sitk.sitkUInt8


def test_holes_are_contours_of_their_own_or_keyholes():
    image = grid()
    ring = np.zeros(SIZE[::-1], bool)
    ring[2, 1:9, 1:9] = True
    ring[2, 3:6, 3:6] = False
    outer, inner = square(0.5, 8.5), square(2.5, 5.5)
    assert np.array_equal(
        array(filled([mm(image, each, 2) for each in (outer, inner)], image)), ring
    )
    keyhole = [*outer, outer[0], *inner, inner[0]]
    assert np.array_equal(array(filled([mm(image, keyhole, 2)], image)), ring)


def test_polygons_agree_with_an_independent_rule():
    from matplotlib.path import Path as Polygon

    image, random = grid(turned()), np.random.default_rng(1)
    centres = np.stack(np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1])), axis=-1).reshape(-1, 2)
    for _ in range(50):
        angles = np.sort(random.uniform(0, 2 * np.pi, 20))
        radii = random.uniform(0.5, 4, 20)
        corners = np.c_[5.3 + radii * np.cos(angles), 4.4 + radii * np.sin(angles)]
        inside = Polygon(corners).contains_points(centres).reshape(SIZE[1], SIZE[0])
        assert np.array_equal(array(filled([mm(image, corners, 4)], image))[4], inside)


def test_regions_that_share_a_border_through_centres_share_no_voxel():
    image = sitk.GetImageFromArray(np.zeros(SIZE[::-1], np.uint8))
    parts = [[(x, 2), (x + 3, 2), (x + 3, 6), (x, 6)] for x in (2, 5)]
    first, second = (array(filled([mm(image, part, 1)], image)) for part in parts)
    both = array(filled([mm(image, [(2, 2), (8, 2), (8, 6), (2, 6)], 1)], image))
    assert first.sum() == second.sum() == 12
    assert np.array_equal(first + second, both)


@pytest.mark.parametrize(
    ("contours", "reason"),
    [
        ([(square(1, 4), 5.7)], "lies 1.75 mm from the nearest slice"),
        ([(square(1, 4), -3)], "lies 7.5 mm from the nearest slice"),
        ([(square(-3, 4), 2)], "reaches 2.25 mm out of the image"),
        ([(square(1, 4), 2), (square(2, 5), 2.4)], "several planes fall on one slice"),
        ([(square(1, 4), height) for height in (0, 2, 4)], "2 or more slices apart"),
        ([], "no closed contour"),
    ],
)
def test_contours_that_do_not_fit_are_refused_with_numbers(contours: list, reason: str):
    image = grid(turned())
    with pytest.raises(ContourError, match=reason):
        filled([mm(image, corners, height) for corners, height in contours], image)


def test_contours_that_zigzag_without_end_are_refused(monkeypatch: pytest.MonkeyPatch):
    image = grid()
    zigzag = mm(image, [(x / 10, 9 * (x % 2)) for x in range(100)], 2)
    monkeypatch.setattr("hccer.imaging.contours.PORTION", 7)
    inside = array(filled([zigzag], image))
    monkeypatch.undo()
    assert np.array_equal(inside, array(filled([zigzag], image)))
    monkeypatch.setattr("hccer.imaging.contours.MAXIMUM_CROSSINGS", 800)
    with pytest.raises(ContourError, match=r"cross \d+ rows"):
        filled([zigzag], image)


def test_a_contour_across_the_slices_is_refused():
    image = grid()
    contour = mm(image, square(1, 4), 2)
    contour[:2, 2] += 2.5
    with pytest.raises(ContourError, match="spans 1 slices: it is not parallel"):
        filled([contour], image)


@pytest.mark.needs("sts")
@pytest.mark.parametrize(("patient", "phase"), STS)
def test_real_contours_fill_the_masks_that_came_with_them(patient: str, phase: str):
    nifti = SHARED / "data" / "sts" / "nifti" / f"STS_{patient}"
    file = SHARED / "data" / "sts" / "dicom" / f"STS_{patient}" / phase / "mask" / "RS.dcm"
    image = read_volume(nifti / f"{phase}_image.nii.gz")
    expected = read_volume(nifti / f"{phase}_mask.nii.gz")
    _, mask = read_rtstruct(file, image, "GTV_Mass", LIMITS, None)
    overlap = best_overlap(mask, expected)
    print(f"STS_{patient} {phase}: Dice {overlap.dice:.4f}, {array(mask).sum()} voxels")
    assert overlap.dice >= 0.95
    assert overlap.dice_flipped < 0.9
    assert phase in candidates_by_geometry(file, {phase: image})
