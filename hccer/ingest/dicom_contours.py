"""Regions and contours of a DICOM RTSTRUCT, read without trust.

Source: DICOM PS3.3 C.8.8.5 (Structure Set), C.8.8.6 (ROI Contour).
"""

import numpy as np
from pydicom import Dataset

from hccer.ingest.dicom_values import items, number, text
from hccer.ingest.volumes import UnusableError

MAXIMUM_COORDINATES = 50_000_000
FARTHEST_MM = 1e6
CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")


def roi_names(dataset: Dataset) -> list[str]:
    """Names of the regions of an RTSTRUCT, in their order."""
    return [text(item, "ROIName") for item in items(dataset, "StructureSetROISequence")]


def closed_contours(dataset: Dataset, region: int) -> list[np.ndarray]:
    """The closed contours of one region; single points are left out.

    Args:
        dataset: an RTSTRUCT.
        region: position of the region in `roi_names`.

    Returns:
        Points (n, 3) in mm of each contour.

    Raises:
        UnusableError: other kinds of contours, or coordinates that are none.
    """
    numbers = [number(each, "ROINumber") for each in items(dataset, "StructureSetROISequence")]
    if numbers[region] is None or numbers.count(numbers[region]) > 1:
        raise UnusableError("the region has no number of its own: export the file again")
    described = items(dataset, "ROIContourSequence")
    regions = [each for each in described if number(each, "ReferencedROINumber") == numbers[region]]
    drawn = [contour for each in regions for contour in items(each, "ContourSequence")]
    kinds = [text(contour, "ContourGeometricType") for contour in drawn]
    if other := sum(kind not in (*CLOSED, "POINT") for kind in kinds):
        raise UnusableError(f"{other} of {len(drawn)} contours are not closed and planar")
    closed = zip(drawn, kinds, strict=True)
    return _points([_coordinates(contour) for contour, kind in closed if kind in CLOSED])


def _coordinates(contour: Dataset) -> bytes:
    """The undecoded text: pydicom would make an object of each of millions of numbers."""
    element = contour.get_item("ContourData")
    undecoded = element.value if element is not None else None
    if not isinstance(undecoded, bytes) or not undecoded.strip(b" \0"):
        raise UnusableError("a contour has no points: export the file again")
    return undecoded.strip(b" \0")


def _points(texts: list[bytes]) -> list[np.ndarray]:
    count = sum(each.count(b"\\") + 1 for each in texts)
    if count > MAXIMUM_COORDINATES:
        raise UnusableError(f"{count} coordinates are more than {MAXIMUM_COORDINATES}")
    return [_triples(each.split(b"\\")) for each in texts]


def _triples(words: list[bytes]) -> np.ndarray:
    if len(words) % 3:
        raise UnusableError(f"a contour has {len(words)} coordinates: no multiple of 3")
    try:
        points = np.fromiter(map(float, words), np.float64, len(words)).reshape(-1, 3)
    except ValueError:
        raise UnusableError("a coordinate of a contour is no number") from None
    if not (np.abs(points) < FARTHEST_MM).all():
        raise UnusableError(f"a coordinate is not finite, or beyond {FARTHEST_MM:g} mm")
    return points
