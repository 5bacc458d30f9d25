"""Quality of one image and one mask in numbers."""

import itertools

import numpy as np
import pytest
import SimpleITK as sitk
from radiomics.shape import RadiomicsShape
from scipy.ndimage import gaussian_filter

from hccer.imaging.measures import body_mask, measures, motion_score
from hccer.imaging.nodules import axial_diameter_mm, component_count, largest
from tests.hccer.scenes import NOISE, ORGAN, SPACING_MM, TUMOUR, VESSEL, Scene, scene
from tests.phantom import phantom
from tests.support import SHARED

# ---- parts of a mask


def test_parts_that_share_a_corner_are_one():
    mask = np.zeros((4, 5, 6), dtype=bool)
    assert component_count(mask) == 0
    mask[0, 0, 0] = mask[1, 1, 1] = True
    assert component_count(mask) == 1
    mask[3, 4, 5] = True
    assert component_count(mask) == 2


def test_the_largest_part_is_kept_and_of_equals_the_first():
    mask = np.zeros((3, 5, 9), dtype=bool)
    mask[0, 0, 0] = True
    mask[1, 3, :2] = mask[2, 0, 5:7] = True
    kept = largest(mask)
    assert np.argwhere(kept).tolist() == [[1, 3, 0], [1, 3, 1]]
    mask[2, 0, 7] = True
    assert np.argwhere(largest(mask))[:, 2].tolist() == [5, 6, 7]
    assert not largest(np.zeros_like(mask)).any()


@pytest.mark.parametrize("seed", range(20))
def test_a_digital_disc_has_its_diameter_within_a_voxel(seed: int):
    rng = np.random.default_rng(seed)
    diameter, spacing = rng.uniform(2, 60), rng.uniform(0.5, 2)
    rows, columns = np.mgrid[:90, :90] - rng.uniform(40, 41, (2, 1, 1))
    disc = np.hypot(rows, columns) <= diameter / 2
    found = axial_diameter_mm(np.stack([disc, disc]), (spacing, spacing, 3.0))
    assert abs(found / spacing - diameter) < 1


def test_one_voxel_is_as_wide_as_its_longer_side_and_nothing_has_no_width():
    mask = np.zeros((2, 4, 4), dtype=bool)
    assert axial_diameter_mm(mask, (0.7, 1.3, 9.0)) == 0
    mask[1, 2, 2] = True
    assert axial_diameter_mm(mask, (0.7, 1.3, 9.0)) == pytest.approx(1.3)


@pytest.mark.parametrize("seed", range(5))
def test_the_diameter_of_a_prism_is_that_of_pyradiomics(seed: int):
    noise = np.random.default_rng(seed).standard_normal((1, 24, 28))
    blob = largest(gaussian_filter(noise, (0, 2.5, 2.5)) > 0.02)
    mask, spacing = np.pad(blob.repeat(5, axis=0), 1), (0.9, 1.3, 3.0)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing)
    shape = RadiomicsShape(image, image, label=1)
    expected = float(shape.getMaximum2DDiameterSliceFeatureValue())
    assert axial_diameter_mm(mask, spacing) == pytest.approx(expected, rel=1e-9)


# ---- measures of an image


def measured(given: Scene) -> dict:
    return measures(given.image, given.tumour, SPACING_MM)


def test_the_measures_are_those_the_scene_was_made_with():
    found = measured(scene())
    assert found["noise"] == pytest.approx(NOISE, rel=0.03)
    assert found["signal_to_noise"] == pytest.approx(ORGAN / NOISE, rel=0.05)
    assert found["contrast_to_noise"] == pytest.approx((TUMOUR - ORGAN) / NOISE, rel=0.08)
    assert found["tumour_to_organ"] == pytest.approx(TUMOUR / ORGAN, rel=0.02)
    assert found["vessel_to_organ"] == pytest.approx(VESSEL / ORGAN, rel=0.03)
    assert found["motion_score"] == pytest.approx(1, abs=0.05)
    assert found["coverage"] == 1


def test_the_body_is_found_with_its_holes_and_without_specks():
    given = scene()
    voxels = given.image.copy()
    voxels[:, 30:36, 50:56] = 0  # gas
    voxels[2, 2:5, 2:5] = 500
    body = body_mask(voxels, given.tumour)
    assert body[:, 30:36, 50:56].all()
    assert not body[2, 2:5, 2:5].any()
    share = np.pi * 31 * 39 / (80 * 96)  # its edge is smoothed outwards by a voxel
    assert body.mean() == pytest.approx(share, rel=0.03)


def test_ghosts_along_one_axis_raise_the_motion_score():
    given = scene()
    ghosts = given.image + 0.04 * np.roll(given.image, 40, axis=1)
    assert measured(Scene(ghosts, given.tumour))["motion_score"] > 1.2


def test_air_set_to_zero_or_no_air_tells_nothing_of_motion():
    given = scene()
    body = body_mask(given.image, given.tumour)
    blanked = np.where(body, given.image, 0)
    assert motion_score(blanked, body_mask(blanked, given.tumour)) is None
    inner = Scene(given.image[:, 20:60, 22:74], given.tumour[:, 20:60, 22:74])
    assert measured(inner)["motion_score"] is None
    assert measured(inner)["vessel_to_organ"] == pytest.approx(VESSEL / ORGAN, rel=0.1)


def test_a_tumour_that_the_border_cuts_is_not_covered():
    given = scene()
    cut = Scene(given.image[4:], given.tumour[4:])
    assert measured(cut)["coverage"] == pytest.approx(4 / 5)


def test_what_cannot_be_measured_is_empty():
    voxels, tumour = np.full((2, 3, 3), 7.0), np.ones((2, 3, 3), dtype=bool)
    found = measures(voxels, tumour, SPACING_MM)
    assert found.pop("coverage") == 0
    assert set(found.values()) == {None}
    with pytest.raises(ValueError, match="32-bit"):
        measures(np.where(tumour, 1e300, 0), tumour, SPACING_MM)


def test_a_phantom_without_air_is_measured():
    volume = next(phantom(1))
    voxels, tumour = [sitk.GetArrayFromImage(each)
                      for each in (volume.image, volume.masks["reader_1"])]  # fmt: skip
    found = measures(voxels, tumour > 0, volume.image.GetSpacing())
    assert found.pop("motion_score") is None
    assert found["noise"] == pytest.approx(12, rel=0.1)
    assert found["tumour_to_organ"] > 1.1
    assert None not in found.values()


@pytest.mark.needs("sts")
@pytest.mark.parametrize("phase", ["MR_T1", "PET"])
@pytest.mark.parametrize("patient", ["STS_002", "STS_019", "STS_025", "STS_038"])
def test_real_images_give_numbers_of_sense(patient: str, phase: str):
    folder = SHARED / "data" / "sts" / "nifti" / patient
    image, mask = [sitk.ReadImage(str(folder / f"{phase}_{kind}.nii.gz"))
                   for kind in ("image", "mask")]  # fmt: skip
    drawn = sitk.GetArrayFromImage(mask) > 0
    found = measures(sitk.GetArrayFromImage(image), drawn, image.GetSpacing())
    assert found["noise"] > 0
    assert 3 < found["signal_to_noise"] < 500
    assert found["vessel_to_organ"] > 1
    assert (found["coverage"] < 1) == (patient == "STS_038")
    assert found["motion_score"] is None or 1 <= found["motion_score"] < 10


# ---- the guard against swapped phases, on generated livers


@pytest.mark.long
@pytest.mark.parametrize("number", range(6))
def test_every_swap_of_phases_breaks_the_order_of_the_vessels(number: int):
    from hccer.synthetic.subject import Subject
    from hccer.synthetic.volumes import volumes

    rng = np.random.default_rng(number)
    subject = Subject(number, 3, float(rng.uniform(1.5, 9)), float(rng.standard_normal()),
                      (1.5, 3.0)[number % 2], peritumoral_enhancement=number % 3 == 0)  # fmt: skip
    found = [
        measures(sitk.GetArrayFromImage(each.image), sitk.GetArrayFromImage(each.mask) > 0,
                 each.image.GetSpacing())["vessel_to_organ"]
        for each in volumes(subject)
    ]  # fmt: skip
    assert found == sorted(found, reverse=True)
    assert min(a / b for a, b in itertools.pairwise(found)) > 1.03
