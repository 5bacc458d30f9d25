"""Volumes from DICOM series: bit for bit and in place, or one sentence why not."""

import random
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.uid import JPEGLSLossless, RLELossless

from hccer.imaging.quality import largest_corner_distance
from hccer.imaging.series import SeriesError, sorted_slices, voxel_sha256
from hccer.ingest.dicom_volume import read_series
from hccer.ingest.volumes import PassingError, UnusableError
from schemas.cohort_parts import Limits
from tests.hccer.dicom_files import change, oblique_image, write_enhanced, written_series

AXIAL = np.array([1, 0, 0, 0, 1, 0.0])


def _refusal(files: list[Path], **limits: object) -> str:
    with pytest.raises(UnusableError) as error:
        read_series(files, Limits(**limits))
    return str(error.value)


def _assert_same(read: sitk.Image, given: sitk.Image) -> None:
    assert voxel_sha256(read) == voxel_sha256(given)
    assert largest_corner_distance(read, given) < 1e-6


def test_a_written_series_reads_back_bit_for_bit_in_an_oblique_orientation(tmp_path: Path) -> None:
    files = written_series(tmp_path)
    random.Random(1).shuffle(files)
    content, image = read_series(files, Limits())
    _assert_same(image, oblique_image())
    stored = tmp_path / "stored.nii"
    stored.write_bytes(content)
    again = sitk.ReadImage(str(stored))
    assert voxel_sha256(again) == voxel_sha256(image)
    assert largest_corner_distance(again, image) < 5e-5  # NIfTI holds 32-bit floats


def test_content_does_not_depend_on_names_and_order_of_files(tmp_path: Path) -> None:
    files = written_series(tmp_path / "a")
    deep = tmp_path / "b" / "DICOM" / "PA0"
    deep.mkdir(parents=True)
    renamed = [shutil.copy(file, deep / f"{7 * at % 13}") for at, file in enumerate(files)]
    assert read_series(files, Limits())[0] == read_series(sorted(renamed), Limits())[0]


def test_equal_headers_write_equal_bytes(tmp_path: Path) -> None:
    pairs = zip(written_series(tmp_path / "a"), written_series(tmp_path / "b"), strict=True)
    assert all(first.read_bytes() == second.read_bytes() for first, second in pairs)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_compressed_by_pydicom(tmp_path: Path, syntax: str) -> None:
    files = written_series(tmp_path)
    for file in files:
        change(file, lambda data: data.compress(syntax, generate_instance_uid=False))
    _assert_same(read_series(files, Limits())[1], oblique_image())


@pytest.mark.parametrize(
    ("name", "syntax"),
    [("JPEG", "1.2.840.10008.1.2.4.70"), ("JPEG2000", "1.2.840.10008.1.2.4.90")],
)
def test_compressed_by_gdcm(tmp_path: Path, name: str, syntax: str) -> None:
    files = written_series(tmp_path)
    for file in files:
        change(file, lambda data: _compress(data, name, tmp_path))
    assert pydicom.dcmread(files[0]).file_meta.TransferSyntaxUID == syntax
    _assert_same(read_series(files, Limits())[1], oblique_image())


def _compress(data: pydicom.Dataset, name: str, folder: Path) -> None:
    writer = sitk.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetFileName(str(folder / "compressed"))
    writer.UseCompressionOn()
    writer.SetCompressor(name)
    writer.Execute(sitk.GetImageFromArray(data.pixel_array[None]))
    compressed = pydicom.dcmread(folder / "compressed")
    data.PixelData = compressed.PixelData
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = compressed.file_meta.TransferSyntaxUID
    (folder / "compressed").unlink()


def test_a_cut_compressed_file_is_refused(tmp_path: Path) -> None:
    files = written_series(tmp_path)
    for file in files:
        change(file, lambda data: data.compress(RLELossless, generate_instance_uid=False))
    files[2].write_bytes(files[2].read_bytes()[:-60])
    assert "cut off" in _refusal(files)


def test_slopes_of_single_slices_are_applied(tmp_path: Path) -> None:
    files = written_series(tmp_path)
    slopes = [1, 0.5, 0.25, 3, 0.1, 2]
    for file, slope in zip(files, slopes, strict=True):
        change(file, lambda data, slope=slope: data.update({"RescaleSlope": slope,
                                                            "RescaleIntercept": 0}))  # fmt: skip
    voxels = sitk.GetArrayFromImage(read_series(files, Limits())[1])
    given = sitk.GetArrayFromImage(oblique_image())
    assert np.array_equal(voxels, given * np.reshape(slopes, (6, 1, 1)))


def test_whole_slopes_and_intercepts_keep_integers(tmp_path: Path) -> None:
    files = written_series(tmp_path)
    for file in files:
        change(file, lambda data: data.update({"RescaleSlope": 100, "RescaleIntercept": -1024}))
    voxels = sitk.GetArrayFromImage(read_series(files, Limits())[1])
    assert voxels.dtype.kind == "i"
    assert np.array_equal(voxels, sitk.GetArrayFromImage(oblique_image()).astype(int) * 100 - 1024)


@pytest.mark.parametrize("slope", [1.0, 0.5])
def test_enhanced_multi_frame(tmp_path: Path, slope: float) -> None:
    file, image = tmp_path / "IM1", oblique_image()
    slopes = [slope] * 5 + [slope * 2]
    write_enhanced(file, image, [3, 1, 5, 0, 2, 4], slopes)
    read = read_series([file], Limits())[1]
    factors = np.full((6, 1, 1), slope)
    factors[4] *= 2
    assert np.array_equal(sitk.GetArrayFromImage(read), sitk.GetArrayFromImage(image) * factors)
    assert largest_corner_distance(read, image) < 1e-6


def test_enhanced_file_of_two_phases_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "IM1"
    write_enhanced(file, oblique_image(), [0, 1, 2, 0, 1, 2], [1.0] * 6)
    assert _refusal([file]).startswith("6 slices lie at 3 places")


def test_missing_slices_are_counted(tmp_path: Path) -> None:
    files = written_series(tmp_path)
    found = _refusal(files[:3] + files[4:])
    assert found == "slices 3 mm apart but a gap of 6 mm after slice 3: 1 slice missing"


def test_uneven_slices_and_copies(tmp_path: Path) -> None:
    files = written_series(tmp_path)
    copy = shutil.copy(files[0], tmp_path / "copy")
    assert _refusal([*files, copy]).startswith("7 slices lie at 6 places")

    def nudge(data: pydicom.Dataset) -> None:
        normal = np.cross(*np.reshape(data.ImageOrientationPatient, (2, 3)))
        data.ImagePositionPatient = [
            f"{each:.9f}" for each in np.array(data.ImagePositionPatient) + 0.4 * normal
        ]

    change(files[3], nudge)
    assert "2.6 to 3.4 mm apart" in _refusal(files)
    read_series(files, Limits(slice_tolerance=0.2))


@pytest.mark.parametrize(
    ("keyword", "value", "said"),
    [
        ("PixelSpacing", [2, 2], "pixel spacing"),
        ("PixelSpacing", [], "PixelSpacing is missing"),
        ("ImagePositionPatient", [1, 2], "ImagePositionPatient is missing or wrong"),
        ("ImageOrientationPatient", [1, 0, 0, 0, 1, 0], "1 of 6 slices are turned"),
        ("Rows", 11, "differ in rows, columns and frames"),
    ],
)
def test_slices_must_agree(tmp_path: Path, keyword: str, value: object, said: str) -> None:
    files = written_series(tmp_path)
    change(files[4], lambda data: setattr(data, keyword, value))
    assert said in _refusal(files)


def test_mixed_transfer_syntax_is_said(tmp_path: Path) -> None:
    files = written_series(tmp_path)
    change(files[1], lambda data: data.compress(RLELossless, generate_instance_uid=False))
    assert "the slices differ in transfer syntax: Explicit VR Little Endian in 5" in _refusal(files)


def test_one_slice_too_many_voxels_and_changed_files(tmp_path: Path) -> None:
    files = written_series(tmp_path)
    assert _refusal(files[:1]) == "1 slice is no volume"
    assert _refusal(files, maximum_voxels=300) == "720 voxels are more than the limit of 300"
    with pytest.raises(PassingError, match="changed"):
        read_series(files, Limits(), ["0" * 64] * 6)
    with pytest.raises(PassingError, match="No such file"):
        read_series([*files, tmp_path / "gone"], Limits())


def test_gantry_tilt_is_told_in_degrees() -> None:
    heights = np.arange(5) * 3.0
    positions = np.column_stack([np.zeros(5), heights * np.tan(np.radians(10)), heights])
    with pytest.raises(SeriesError, match=r"sideways .* 10 degrees off the normal"):
        sorted_slices(positions, AXIAL, 0.01)


def test_slices_are_sorted_along_the_normal() -> None:
    positions = np.array([[0, 0, 9.0], [0, 0, 3], [0, 0, 6]])
    stack = sorted_slices(positions, AXIAL, 0.01)
    assert stack.order.tolist() == [1, 2, 0]
    assert (stack.spacing_mm, stack.origin_mm.tolist()) == (3.0, [0, 0, 3])


@pytest.mark.needs("sts")
@pytest.mark.parametrize("patient", ["STS_002", "STS_008", "STS_025"])
def test_real_mr_equals_its_nifti_twin(sts_root: Path, patient: str) -> None:
    read, twin = _with_twin(sts_root, patient, "MR_T1")
    assert read.GetPixelID() == sitk.sitkInt16  # the twin holds the same numbers as 32-bit floats
    assert np.array_equal(sitk.GetArrayFromImage(read), sitk.GetArrayFromImage(twin))


@pytest.mark.needs("sts")
@pytest.mark.parametrize("patient", ["STS_002", "STS_008", "STS_025"])
def test_real_pet_equals_its_nifti_twin(sts_root: Path, patient: str) -> None:
    """Every slice has its own slope; the twin was scaled in 32 bits, hence 1.2e-7 (2**-23)."""
    read, twin = _with_twin(sts_root, patient, "PET")
    given, expected = sitk.GetArrayFromImage(read), sitk.GetArrayFromImage(twin)
    assert np.allclose(given, expected, rtol=2**-23, atol=0)
    headers = [pydicom.dcmread(file) for file in _files(sts_root, patient, "PET")]
    headers.sort(key=lambda data: data.ImagePositionPatient[2])
    slopes = np.array([float(data.RescaleSlope) for data in headers])[:, None, None]
    stored = np.rint(given / slopes)
    assert np.array_equal(stored * slopes, given)
    assert np.array_equal(stored.astype("f4") * slopes.astype("f4"), expected)


def _files(root: Path, patient: str, phase: str) -> list[Path]:
    return list((root / "dicom" / patient / phase / "image").iterdir())


def _with_twin(root: Path, patient: str, phase: str) -> tuple[sitk.Image, sitk.Image]:
    read = read_series(_files(root, patient, phase), Limits())[1]
    twin = sitk.ReadImage(str(root / "nifti" / patient / f"{phase}_image.nii.gz"))
    assert read.GetSize() == twin.GetSize()
    assert largest_corner_distance(read, twin) < 1e-4
    return read, twin
