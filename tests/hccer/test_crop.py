"""The tumour as networks see it, on images of which every value is known."""

import numpy as np
import pytest
import SimpleITK as sitk

from hccer.imaging.crop import Crop, crop, first_slice
from schemas.deep import CropSettings
from schemas.errors import HccerError

SPACING_MM = (1.5, 2.0, 4.0)
ORIGIN_MM = (-30.0, -40.0, 10.0)
SHAPE = (12, 40, 50)
SETTINGS = CropSettings(size=32, margin_mm=6.0, clip_sd=5.0)
SLOPES = np.array([3.0, -2.0, 5.0])


def image(voxels: np.ndarray) -> sitk.Image:
    made = sitk.GetImageFromArray(voxels)
    made.SetSpacing(SPACING_MM)
    made.SetOrigin(ORIGIN_MM)
    return made


def ramp(slopes: np.ndarray = SLOPES) -> sitk.Image:
    """Values that are linear in space: linear interpolation returns them exactly."""
    z, y, x = np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    places = np.stack([x, y, z], axis=-1) * SPACING_MM + ORIGIN_MM
    return image((places @ slopes).astype(np.float32))


def tumour(first: int = 5, last: int = 7, largest: int | None = None) -> sitk.Image:
    """A box of 10 x 8 pixels at row 16, column 20; one column wider in the largest slice."""
    voxels = np.zeros(SHAPE, dtype=np.uint8)
    voxels[first : last + 1, 16:24, 20:30] = 1
    if largest is not None:
        voxels[largest, 16:24, 30] = 1
    return image(voxels)


def cut(
    *images: sitk.Image, mask: sitk.Image | None = None, transforms=(), **changes: object
) -> Crop:
    settings = SETTINGS.model_copy(update=changes)
    return crop(images, [sitk.AffineTransform(3), *transforms], mask or tumour(), settings)


def centres_mm(found: Crop, low: tuple[float, float], slices: tuple[int, ...]) -> np.ndarray:
    """Places (slices, rows, columns, 3) of the pixels of a square that starts at `low` (mm)."""
    along = (np.arange(SETTINGS.size) + 0.5) * found.spacing_mm
    z = np.array(slices) * SPACING_MM[2] + ORIGIN_MM[2]
    places = np.meshgrid(z, low[1] + along, low[0] + along, indexing="ij")
    return np.stack(places[::-1], axis=-1)


def scores(values: np.ndarray, of: sitk.Image) -> np.ndarray:
    voxels = sitk.GetArrayFromImage(of).astype(np.float64)
    return np.clip((values - voxels.mean()) / voxels.std() / SETTINGS.clip_sd, -1, 1)


# ---- which slices


def test_three_slices_about_the_largest_area():
    found = cut(ramp(), mask=tumour(3, 9, largest=7))
    assert found.slice_indices == (6, 7, 8)
    assert found.area_mm2 == (80 * 3.0, 88 * 3.0, 80 * 3.0)


@pytest.mark.parametrize(("at", "slices"), [(0, (0, 1, 2)), (11, (9, 10, 11))])
def test_a_tumour_on_the_first_or_last_slice_is_moved_inwards(at: int, slices: tuple):
    found = cut(ramp(), mask=tumour(at, at))
    assert found.slice_indices == slices
    assert [area > 0 for area in found.area_mm2] == [each == at for each in slices]
    assert [each.any() for each in found.mask] == [each == at for each in slices]


def test_too_few_slices_and_an_empty_mask_are_refused():
    with pytest.raises(HccerError, match="the image has 2 slices, a crop needs 3"):
        first_slice(np.ones((2, 4, 4), dtype=bool), 3)
    with pytest.raises(HccerError, match="empty mask"):
        cut(ramp(), mask=tumour() * 0)
    assert first_slice(np.ones((3, 4, 4), dtype=bool), 3) == 0


# ---- which square


def test_the_square_holds_the_box_and_its_margin():
    found = cut(ramp())
    # columns 20-29 of 1.5 mm, rows 16-23 of 2 mm: 15 x 16 mm, 6 mm about it
    assert found.spacing_mm == pytest.approx((16 + 2 * 6) / 32)
    rows, columns = (np.flatnonzero(found.mask[1].any(axis=axis)) for axis in (1, 0))
    assert len(rows) * found.spacing_mm == pytest.approx(16, abs=2 * found.spacing_mm)
    assert len(columns) * found.spacing_mm == pytest.approx(15, abs=2 * found.spacing_mm)
    for inside in (rows, columns):
        assert inside[0] + inside[-1] == pytest.approx(31, abs=1)


def test_every_pixel_lies_where_it_should():
    found = cut(ramp())
    centre = np.array(ORIGIN_MM)[:2] + (np.array([24.5, 19.5]) * SPACING_MM[:2])
    places = centres_mm(found, tuple(centre - 14), found.slice_indices)
    expected = scores(places @ SLOPES, ramp())
    assert found.tensor[:, 0] == pytest.approx(expected, abs=2e-5)
    assert np.abs(found.tensor).max() < 1


def test_a_moved_phase_is_read_where_its_transform_points():
    moved = sitk.AffineTransform(3)
    moved.SetTranslation((2.3, -3.1, 5.7))
    found = cut(ramp(), ramp(), transforms=[moved])
    step = SLOPES @ moved.GetTranslation() / sitk.GetArrayFromImage(ramp()).astype(float).std()
    difference = found.tensor[:, 1] - found.tensor[:, 0]
    assert difference == pytest.approx(step / SETTINGS.clip_sd, abs=2e-5)


def test_beyond_the_image_its_border_goes_on():
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[5, :4, :4] = 1
    found = cut(ramp(), mask=image(mask))
    assert (np.abs(found.tensor) < 1).all()
    assert found.tensor[1, 0, 0, :3] == pytest.approx(found.tensor[1, 0, 0, 0])


# ---- which values


def test_phases_are_channels_in_order_and_values_are_cut():
    other = ramp(-SLOPES)
    found = cut(ramp(), other, transforms=[sitk.AffineTransform(3)], clip_sd=0.1)
    assert found.tensor.shape == (3, 2, 32, 32)
    assert found.tensor.dtype == np.float32
    assert (found.tensor.min(), found.tensor.max()) == (-1, 1)
    assert found.tensor[:, 0] == pytest.approx(-found.tensor[:, 1], abs=2e-4)


def test_of_several_nodules_the_largest_is_cut_unless_all_are_asked_for():
    voxels = sitk.GetArrayFromImage(tumour())
    voxels[5:8, 2:4, 2:4] = 1
    assert cut(ramp(), mask=image(voxels)).mask.sum() == cut(ramp()).mask.sum()
    wider = cut(ramp(), mask=image(voxels), nodules="all")
    assert wider.spacing_mm > cut(ramp()).spacing_mm


@pytest.mark.parametrize("order", ["RAS", "SAR", "PIR"])
def test_the_storage_order_does_not_matter(order: str):
    rng = np.random.default_rng(1)
    voxels = image(rng.normal(size=SHAPE).astype(np.float32))
    expected, reordered = cut(voxels), sitk.DICOMOrient(voxels, order)
    found = cut(reordered, mask=sitk.DICOMOrient(tumour(), order))
    assert found.tensor == pytest.approx(expected.tensor, abs=1e-4)
    assert (found.mask == expected.mask).all()
    assert found.slice_indices == expected.slice_indices


def test_voxels_that_are_no_numbers_are_refused():
    voxels = sitk.GetArrayFromImage(ramp())
    voxels[0, 0, 0] = np.nan
    with pytest.raises(HccerError, match="the image cannot be cut: 1 of"):
        cut(image(voxels))
