"""Masks from contours, SEG frames and reordered NIfTI: exact where they fit, in words where not."""

import re
from copy import deepcopy
from pathlib import Path

import highdicom
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.pixels import pack_bits
from pydicom.sr.codedict import codes
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    RTStructureSetStorage,
    generate_uid,
)

from hccer.imaging.contours import ContourError, filled
from hccer.imaging.grid import affine, on_grid_of
from hccer.imaging.quality import best_overlap, mask_fault
from hccer.ingest.dicom_masks import candidates_by_geometry, read_rtstruct, read_seg
from hccer.ingest.volumes import PassingError, UnusableError, read_mask, read_volume
from schemas.cohort_parts import Limits, Masks
from tests.support import SHARED

LIMITS = Limits()
SIZE = (12, 10, 6)
EMPTY = ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate",
         "StudyTime", "AccessionNumber", "ReferringPhysicianName")  # fmt: skip
STS = [(patient, phase) for patient in ("002", "008", "025") for phase in ("MR_T1", "PET")]


def turned(degrees: tuple[float, float, float] = (20, -35, 50)) -> np.ndarray:
    rotation = sitk.Euler3DTransform((0, 0, 0), *np.radians(degrees))
    return np.reshape(rotation.GetMatrix(), (3, 3))


def grid(direction: np.ndarray | None = None) -> sitk.Image:
    voxels = np.random.default_rng(0).normal(size=SIZE[::-1]).astype(np.float32)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((0.7, 0.9, 2.5))
    image.SetOrigin((-31.5, 12.25, 100))
    image.SetDirection(np.eye(3).ravel() if direction is None else direction.ravel())
    return image


def blob(image: sitk.Image, seed: int = 0) -> sitk.Image:
    """A mask without symmetry: random voxels of an off-centre box on three slices."""
    voxels = np.zeros(image.GetSize()[::-1], np.uint8)
    voxels[1:4, 2:6, 3:8] = np.random.default_rng(seed).random((3, 4, 5)) > 0.3
    mask = sitk.GetImageFromArray(voxels)
    mask.CopyInformation(image)
    return mask


def array(mask: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(mask)


def mm(image: sitk.Image, corners: list[tuple[float, float]], height: float) -> np.ndarray:
    index = np.array([(x, y, height) for x, y in corners])
    return index @ affine(image)[:3, :3].T + affine(image)[:3, 3]


def square(low: float, high: float) -> list[tuple[float, float]]:
    return [(low, low), (high, low), (high, high), (low, high)]


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


def rtstruct(file: Path, regions: dict[str, list[np.ndarray]], kind: str = "CLOSED_PLANAR") -> Path:
    dataset = started(RTStructureSetStorage, "RTSTRUCT")
    dataset.StructureSetROISequence, dataset.ROIContourSequence = [], []
    for number, (name, contours) in enumerate(regions.items(), 1):
        region, drawn = Dataset(), Dataset()
        region.ROIName, region.ROINumber, drawn.ReferencedROINumber = name, number, number
        drawn.ContourSequence = [contour(kind, points) for points in contours]
        dataset.StructureSetROISequence.append(region)
        dataset.ROIContourSequence.append(drawn)
    dataset.save_as(file, enforce_file_format=True)
    return file


def contour(kind: str, points: np.ndarray) -> Dataset:
    dataset = Dataset()
    dataset.ContourGeometricType = kind
    dataset.NumberOfContourPoints = len(points)
    dataset.ContourData = [f"{each:.8g}" for each in points.ravel()]
    return dataset


def started(sop_class: str, modality: str) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.Modality = modality
    for name in EMPTY:
        setattr(dataset, name, "")
    dataset.SeriesNumber = dataset.InstanceNumber = 1
    return dataset


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


def ct_slices(image: sitk.Image) -> list[Dataset]:
    voxels, common = array(image), started(CTImageStorage, "CT")
    common.FrameOfReferenceUID = generate_uid()
    common.Rows, common.Columns = voxels.shape[1:]
    common.PixelSpacing = [image.GetSpacing()[1], image.GetSpacing()[0]]
    common.SliceThickness = image.GetSpacing()[2]
    columns = np.reshape(image.GetDirection(), (3, 3)).T
    common.ImageOrientationPatient = [f"{each:.12g}" for each in columns[:2].ravel()]
    slices = []
    for number in range(image.GetSize()[2]):
        position = image.TransformIndexToPhysicalPoint((0, 0, number))
        one = deepcopy(common)
        one.SOPInstanceUID, one.InstanceNumber = generate_uid(), number + 1
        one.ImagePositionPatient = [f"{each:.12g}" for each in position]
        slices.append(one)
    return slices


def seg(
    file: Path, image: sitk.Image, masks: list[sitk.Image], kind: str = "BINARY", **options
) -> Path:
    described = [
        highdicom.seg.SegmentDescription(
            segment_number=number,
            segment_label=label,
            segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
            segmented_property_type=codes.SCT.Neoplasm,
            algorithm_type="MANUAL",
        )
        for number, label in zip(range(1, len(masks) + 1), ("tumour", "liver"), strict=False)
    ]
    voxels = np.stack([array(mask) for mask in masks], axis=-1)
    highdicom.seg.Segmentation(
        ct_slices(image), voxels, kind, described, generate_uid(), 2, generate_uid(), 1,
        "maker", "model", "1", "serial", **options,
    ).save_as(file)  # fmt: skip
    return file


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


def test_contours_without_reference_find_their_image(tmp_path: Path):
    image, off_slice, small = grid(turned()), grid(turned()), grid(turned())[:4, :, :]
    off_slice.SetOrigin(image.TransformContinuousIndexToPhysicalPoint((0, 0, 0.3)))
    drawn = [mm(image, square(1, 6), height) for height in (2, 3)]
    file = rtstruct(tmp_path / "a", {"tumour": drawn, "body": [mm(image, square(-9, 20), 2)]})
    images = {"AP": image, "PVP": off_slice, "DP": small, "HBP": image}
    assert candidates_by_geometry(file, images, "tumour") == ["AP", "HBP"]
    assert candidates_by_geometry(file, images) == []


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


def test_sequences_nested_without_end_are_refused(tmp_path: Path):
    file = rtstruct(tmp_path / "a", {"tumour": []})
    opened = bytes.fromhex("0630 1000 5351 0000 ffffffff feff 00e0 ffffffff".replace(" ", ""))
    file.write_bytes(file.read_bytes() + opened * 20_000)
    with pytest.raises(UnusableError, match="damaged"):
        read_rtstruct(file, grid(), "tumour", LIMITS, None)


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
