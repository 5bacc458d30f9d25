"""NIfTI content: canonical bytes read as the given file; damage is a sentence, never a hang."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from hccer.imaging.nifti import NiftiError, canonical
from hccer.imaging.quality import image_fault, largest_corner_distance, mask_fault, tumour

LIMIT = 10**6


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    voxels = np.random.default_rng(0).normal(size=(6, 7, 8)).astype(np.float32)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((0.7, 0.8, 2.5))
    image.SetOrigin((-3.1, 20.2, 7.7))
    angle = 0.3
    image.SetDirection((np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle), 0, 0, 0, 1))
    file = tmp_path / "volume.nii.gz"
    sitk.WriteImage(image, str(file))
    return file


def edited(file: Path, offset: int, form: str, *values: float) -> bytes:
    content = bytearray(gzip.decompress(file.read_bytes()))
    struct.pack_into("<" + form, content, offset, *values)
    return bytes(content)


def test_canonical_content_reads_as_the_given_file(volume: Path, tmp_path: Path):
    content = bytearray(gzip.decompress(volume.read_bytes()))
    content[148:160] = b"John Doe \x01\x02\x03"
    named = tmp_path / "named.nii"
    named.write_bytes(bytes(content))
    clean = canonical(named.read_bytes(), LIMIT)
    assert b"John Doe" not in clean
    file = tmp_path / "clean.nii"
    file.write_bytes(clean)
    first, second = sitk.ReadImage(str(named)), sitk.ReadImage(str(file))
    assert np.array_equal(sitk.GetArrayFromImage(first), sitk.GetArrayFromImage(second))
    for read in (sitk.Image.GetSpacing, sitk.Image.GetOrigin, sitk.Image.GetDirection):
        assert read(first) == read(second)
    assert canonical(gzip.compress(clean, 1), LIMIT) == canonical(gzip.compress(clean, 9), LIMIT)


def test_extensions_are_left_out(volume: Path):
    whole = gzip.decompress(volume.read_bytes())
    extension = struct.pack("<ii", 32, 6) + b"patient: John Doe".ljust(24, b"\0")
    header = bytearray(whole[:352])
    header[348] = 1
    struct.pack_into("<f", header, 108, 352 + 32)
    assert canonical(bytes(header) + extension + whole[352:], LIMIT) == canonical(whole, LIMIT)


@pytest.mark.parametrize("length", [0, 1, 2, 100, 347, 348, 352, 500, 1000])
def test_a_file_cut_anywhere_is_refused(volume: Path, length: int):
    whole = gzip.decompress(volume.read_bytes())
    with pytest.raises(NiftiError, match="truncated"):
        canonical(whole[:length], LIMIT)
    with pytest.raises(NiftiError):
        canonical(volume.read_bytes()[: min(length, volume.stat().st_size - 20)], LIMIT)


def test_damage_is_named(volume: Path):
    whole = gzip.decompress(volume.read_bytes())
    with pytest.raises(NiftiError, match="does not begin with 348"):
        canonical(b"\0" * 400, LIMIT)
    with pytest.raises(NiftiError, match="magic"):
        canonical(edited(volume, 344, "4s", b"ni1\0"), LIMIT)
    with pytest.raises(NiftiError, match="impossible dimensions"):
        canonical(edited(volume, 40, "4h", 3, -5, 7, 6), LIMIT)
    with pytest.raises(NiftiError, match="impossible header"):
        canonical(edited(volume, 108, "f", float("nan")), LIMIT)
    with pytest.raises(NiftiError, match="damaged gzip"):
        packed = bytearray(gzip.compress(whole))
        packed[40:80] = b"\xff" * 40
        canonical(bytes(packed), LIMIT)


def test_a_decompression_bomb_is_refused_before_it_unpacks(volume: Path):
    header = edited(volume, 40, "4h", 3, 32767, 32767, 32767)[:352]
    bomb = zlib.compressobj(9, wbits=31)
    content = bomb.compress(header + bytes(50_000_000)) + bomb.flush()
    with pytest.raises(NiftiError, match="more than the limit of 1000000"):
        canonical(content, LIMIT)


def image_of(voxels: np.ndarray) -> sitk.Image:
    return sitk.GetImageFromArray(voxels)


def test_what_makes_an_image_unusable():
    good = np.arange(24.0).reshape(2, 3, 4)
    assert image_fault(image_of(good)) is None
    broken = good.copy()
    broken[0, 0, :2] = np.nan, np.inf
    assert image_fault(image_of(broken)) == "2 of 24 voxels are NaN or infinite"
    assert image_fault(image_of(good * 0 + 3)) == "constant image: every voxel is 3"
    assert "not a scalar 3D volume" in image_fault(image_of(good[0]))
    vector = sitk.GetImageFromArray(good, isVector=True)
    assert "not a scalar 3D volume" in image_fault(vector)


def test_what_makes_a_mask_unusable():
    image = image_of(np.arange(24.0).reshape(2, 3, 4))
    voxels = np.zeros((2, 3, 4), np.uint8)
    voxels[0, 1, 1:3] = 1
    mask = image_of(voxels)
    assert mask_fault(mask, image, 1, 1e-3) is None
    assert mask_fault(image_of(voxels[:, :2]), image, 1, 1e-3) == (
        "mask has 4 x 2 x 2 voxels, its image 4 x 3 x 2"
    )
    assert "labels in the mask: 2" in mask_fault(image_of(voxels * 2), image, 3, 1e-3)
    assert mask_fault(image_of(voxels * 0), image, 1, 1e-3) == "empty mask: every voxel is 0"
    mask.SetOrigin((0, 0, 0.5))
    assert "lies up to 0.5 mm off its image" in mask_fault(mask, image, 1, 1e-3)
    flipped = image_of(voxels)
    flipped.SetDirection((-1, 0, 0, 0, 1, 0, 0, 0, 1))
    assert "mm off its image" in mask_fault(flipped, image, 1, 1e-3)


def test_label_one_means_any_voxel_of_a_binary_mask():
    binary = np.array([0, 255, 255])
    labelled = np.array([0, 1, 2])
    assert tumour(binary, 1).tolist() == [False, True, True]
    assert tumour(labelled, 1).tolist() == [False, True, False]
    assert tumour(labelled, 2).tolist() == [False, False, True]
    assert tumour(np.zeros(3), 1).tolist() == [False] * 3


def test_corner_distance_sees_spacing_and_rotation():
    first, second = image_of(np.zeros((4, 4, 4))), image_of(np.zeros((4, 4, 4)))
    assert largest_corner_distance(first, second) == 0
    second.SetSpacing((1, 1, 1.1))
    assert largest_corner_distance(first, second) == pytest.approx(0.3)
