"""Images on straight and oblique grids, and RTSTRUCT and SEG files drawn on them."""

from copy import deepcopy
from pathlib import Path

import highdicom
import numpy as np
import SimpleITK as sitk
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from hccer.imaging.grid import affine
from schemas.cohort_parts import Limits

LIMITS = Limits()
SIZE = (12, 10, 6)
EMPTY = ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate",
         "StudyTime", "AccessionNumber", "ReferringPhysicianName")  # fmt: skip


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
