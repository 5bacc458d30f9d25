"""SEG files: exact where they fit, in words where not."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.pixels import pack_bits

from hccer.ingest.dicom_masks import candidates_by_geometry, read_rtstruct, read_seg
from hccer.ingest.volumes import PassingError, UnusableError, read_mask, read_volume
from schemas.cohort_parts import Limits, Masks
from tests.hccer.mask_files import LIMITS, array, blob, grid, mm, rtstruct, seg, square, turned


@pytest.mark.parametrize("omit", [True, False], ids=["sparse", "all frames"])
@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_a_segmentation_reads_back_exactly(tmp_path: Path, kind: str, omit: bool):
    image = grid(turned())
    tumour, liver = blob(image), blob(image, 1)
    liver = liver * (1 - tumour)
    file = seg(tmp_path / "a.dcm", image, [tumour, liver], kind, omit_empty_frames=omit)
    for roi, expected in (("tumour", tumour), ("^liver$", liver)):
        content, mask = read_seg(file, image, roi, LIMITS, None)
        assert np.array_equal(array(mask), array(expected))
        (tmp_path / "a.nii").write_bytes(content)
        assert np.array_equal(array(read_volume(tmp_path / "a.nii")), array(expected))
    with pytest.raises(UnusableError, match="2 of 2 segment"):
        read_seg(file, image, ".*", LIMITS, None)
    _, mask = read_mask(file, image, Masks(format="seg", roi="tumour"), LIMITS)
    assert np.array_equal(array(mask), array(tumour))


def test_a_fractional_segment_counts_from_one_half(tmp_path: Path):
    image = grid()
    parts = sitk.Cast(blob(image), sitk.sitkFloat32) * 0.5 + sitk.Cast(blob(image, 1), 8) * 0.25
    parts = sitk.Cast(parts, sitk.sitkFloat32)
    options = {"max_fractional_value": 200}
    file = seg(tmp_path / "a.dcm", image, [parts], "FRACTIONAL", **options)
    _, mask = read_seg(file, image, "tumour", LIMITS, None)
    assert np.array_equal(array(mask), array(blob(image)))


def test_frames_in_reverse_and_with_gaps_find_their_slices(tmp_path: Path):
    image = grid(turned())
    voxels = array(blob(image))
    voxels[2] = 0
    voxels[5, 4, 3] = 1  # slices 1, 3 and 5
    mask = sitk.GetImageFromArray(voxels)
    mask.CopyInformation(image)
    file = seg(tmp_path / "a.dcm", image, [mask])
    dataset = dcmread(file)
    assert dataset.NumberOfFrames == 3
    dataset.PixelData = pack_bits(dataset.pixel_array[::-1])
    dataset.PerFrameFunctionalGroupsSequence = dataset.PerFrameFunctionalGroupsSequence[::-1]
    dataset.save_as(tmp_path / "b.dcm")
    for each in (file, tmp_path / "b.dcm"):
        assert np.array_equal(array(read_seg(each, image, "tumour", LIMITS, None)[1]), voxels)


def test_a_segmentation_fits_its_voxels_in_any_axis_order_and_no_other_grid(tmp_path: Path):
    image = grid()
    file = seg(tmp_path / "a.dcm", image, [blob(image)])
    for orientation in ("RAS", "PIR", "SAL"):
        turned_image = sitk.DICOMOrient(image, orientation)
        _, mask = read_seg(file, turned_image, "tumour", LIMITS, None)
        assert np.array_equal(array(mask), array(sitk.DICOMOrient(blob(image), orientation)))
    other = {"shifted": grid(), "oblique": grid(turned()), "smaller": image[:5, :, :]}
    other["shifted"].SetOrigin((-31.4, 12.25, 100))
    for name, reason in (("shifted", "0.1 mm off"), ("oblique", "across"), ("smaller", "outside")):
        with pytest.raises(UnusableError, match=reason):
            read_seg(file, other[name], "tumour", LIMITS, None)
    assert candidates_by_geometry(file, {"AP": image, **other}) == ["AP"]
    small = Limits(maximum_voxels=100)
    with pytest.raises(UnusableError, match="360 voxels are more than the limit of 100"):
        read_seg(file, image, "tumour", small, None)


def as_written(file: Path, undefined: bool) -> bytes:
    dataset = dcmread(file)
    for element in dataset.iterall():
        if element.VR == "SQ":
            element.is_undefined_length = undefined
    dataset.save_as(file)
    return file.read_bytes()


@pytest.mark.parametrize("undefined", [False, True], ids=["lengths", "delimiters"])
@pytest.mark.parametrize("kind", ["rtstruct", "seg"])
def test_a_damaged_file_is_refused_in_words(tmp_path: Path, kind: str, undefined: bool):
    image = grid()
    if kind == "seg":
        file, read = seg(tmp_path / "a", image, [blob(image)]), read_seg
    else:
        drawn = [mm(image, square(1.4, 5.6), height) for height in range(5)]
        file, read = rtstruct(tmp_path / "a", {"tumour": drawn}), read_rtstruct
    whole = as_written(file, undefined)
    assert array(read(file, image, "tumour", LIMITS, None)[1]).any()
    random = np.random.default_rng(7)
    for length in (*random.integers(0, len(whole), 100), *range(len(whole) - 12, len(whole))):
        file.write_bytes(whole[:length])
        with pytest.raises(UnusableError) as refused:
            read(file, image, "tumour", LIMITS, None)
        assert "None" not in str(refused.value) and "\n" not in str(refused.value)
        assert not isinstance(refused.value, PassingError)
    for _ in range(100):
        bad = np.frombuffer(whole, np.uint8).copy()
        bad[random.integers(0, len(whole), 5)] = random.integers(0, 256, 5)
        file.write_bytes(bad.tobytes())
        try:
            read(file, image, "tumour", LIMITS, None)
            candidates_by_geometry(file, {"AP": image})
        except UnusableError as error:
            assert "None" not in str(error) and "\n" not in str(error)
