"""RTSTRUCT files: one region read exactly, all else refused in words."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian

from hccer.imaging.contours import filled
from hccer.imaging.quality import mask_fault
from hccer.ingest.dicom_masks import candidates_by_geometry, read_rtstruct, read_seg
from hccer.ingest.volumes import PassingError, UnusableError, read_mask, read_volume
from schemas.cohort_parts import Masks
from tests.hccer.mask_files import LIMITS, array, grid, mm, rtstruct, square, turned


def test_one_region_is_read_and_its_content_reads_back(tmp_path: Path):
    image = grid(turned())
    drawn = [mm(image, square(1.4, 5.6), height) for height in (1, 2, 3)]
    regions = {"Doe liver": [mm(image, square(0.5, 8.5), 1)], "Doe tumour": drawn}
    file = rtstruct(tmp_path / "a.dcm", regions)
    content, mask = read_rtstruct(file, image, "(?i)TUMOUR", LIMITS, None)
    assert np.array_equal(array(mask), array(filled(drawn, image)))
    assert array(mask).sum() == 3 * 16
    (tmp_path / "a.nii").write_bytes(content)
    stored = read_volume(tmp_path / "a.nii")
    assert np.array_equal(array(stored), array(mask))
    assert mask_fault(stored, image, 1, 0.001) is None
    again, _ = read_mask(file, image, Masks(format="rtstruct", roi="tumour$"), LIMITS)
    assert again == content
    for expression, count in (("Doe", 2), ("kidney", 0)):
        with pytest.raises(UnusableError, match=f"^{count} of 2 region") as refused:
            read_rtstruct(file, image, expression, LIMITS, None)
        assert "liver" not in str(refused.value)
    with pytest.raises(PassingError, match="changed"):
        read_rtstruct(file, image, "tumour", LIMITS, "0" * 64)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (["1", "2", "3", "4"], "4 coordinates: no multiple of 3"),
        (["1", "NaN", "3"], "not finite"),
        (["1", "1e300", "3"], "not finite, or beyond"),
        (["1", "Doe", "3"], "is no number"),
        ([""], "no points"),
    ],
)
def test_coordinates_that_are_none(tmp_path: Path, data: list[str], reason: str):
    file = rtstruct(tmp_path / "a.dcm", {"tumour": [np.zeros((1, 3))]})
    dataset = dcmread(file)
    element = dataset.ROIContourSequence[0].ContourSequence[0]["ContourData"]
    element.VR, element.value = "LO", data
    dataset.save_as(file)
    with pytest.raises(UnusableError, match=reason):
        read_rtstruct(file, grid(), "tumour", LIMITS, None)


def test_other_contours_and_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    image = grid()
    points = {"tumour": [mm(image, square(1.4, 5.6), 1)]}
    with pytest.raises(UnusableError, match="no closed contour"):
        read_rtstruct(rtstruct(tmp_path / "a", points, "POINT"), image, ".*", LIMITS, None)
    with pytest.raises(UnusableError, match="1 of 1 contours are not closed"):
        read_rtstruct(rtstruct(tmp_path / "b", points, "OPEN_PLANAR"), image, ".*", LIMITS, None)
    with pytest.raises(UnusableError, match="empty mask"):
        tiny = {"tumour": [mm(image, square(1.4, 1.6), 1)]}
        read_rtstruct(rtstruct(tmp_path / "c", tiny), image, ".*", LIMITS, None)
    with pytest.raises(UnusableError, match="0 of 0 segment"):
        read_seg(tmp_path / "c", image, ".*", LIMITS, None)
    (tmp_path / "d").write_bytes(b"no DICOM at all" * 100)
    with pytest.raises(UnusableError, match="no DICOM"):
        read_rtstruct(tmp_path / "d", image, ".*", LIMITS, None)
    with pytest.raises(PassingError):
        read_rtstruct(tmp_path / "e", image, ".*", LIMITS, None)
    dataset = dcmread(tmp_path / "a")
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(tmp_path / "f")
    with pytest.raises(UnusableError, match="deflated"):
        read_rtstruct(tmp_path / "f", image, ".*", LIMITS, None)
    monkeypatch.setattr("hccer.ingest.dicom_contours.MAXIMUM_COORDINATES", 11)
    with pytest.raises(UnusableError, match="12 coordinates are more than 11"):
        read_rtstruct(rtstruct(tmp_path / "g", points), image, ".*", LIMITS, None)


def test_contours_without_reference_find_their_image(tmp_path: Path):
    image, off_slice, small = grid(turned()), grid(turned()), grid(turned())[:4, :, :]
    off_slice.SetOrigin(image.TransformContinuousIndexToPhysicalPoint((0, 0, 0.3)))
    drawn = [mm(image, square(1, 6), height) for height in (2, 3)]
    file = rtstruct(tmp_path / "a", {"tumour": drawn, "body": [mm(image, square(-9, 20), 2)]})
    images = {"AP": image, "PVP": off_slice, "DP": small, "HBP": image}
    assert candidates_by_geometry(file, images, "tumour") == ["AP", "HBP"]
    assert candidates_by_geometry(file, images) == []


def test_sequences_nested_without_end_are_refused(tmp_path: Path):
    file = rtstruct(tmp_path / "a", {"tumour": []})
    opened = bytes.fromhex("0630 1000 5351 0000 ffffffff feff 00e0 ffffffff".replace(" ", ""))
    file.write_bytes(file.read_bytes() + opened * 20_000)
    with pytest.raises(UnusableError, match="damaged"):
        read_rtstruct(file, grid(), "tumour", LIMITS, None)
