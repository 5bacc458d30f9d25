"""Damage to RTSTRUCT and SEG: one of several delineations, so the reference stays."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pydicom
from pydicom import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from tests.system.corrupt.edits import cuts, element, rewrite
from tests.system.corrupt.harness import Damage
from tests.system.corrupt.healthy import write_seg

CONTOURS, FRAMES = "contours.dcm", "segment.dcm"

CUT = "cut off|damaged|none|truncated|no UID|does not say|empty"


def _contour(change: Callable[[Dataset], object], place: int = 0):
    def edit(data: Dataset) -> None:
        change(data.ROIContourSequence[0].ContourSequence[place])

    return element(CONTOURS, edit)


def _moved(axis: int, distance_mm: float, place: int = 0):
    def change(contour: Dataset) -> None:
        points = [float(each) for each in contour.ContourData]
        points[axis::3] = [each + distance_mm for each in points[axis::3]]
        contour.ContourData = points

    return _contour(change, place)


def _tilted(contour: Dataset) -> None:
    points = [float(each) for each in contour.ContourData]
    points[2] += 3.0
    contour.ContourData = points


def _in_text(value: str):
    def change(contour: Dataset) -> None:
        contour.add_new(0x30060050, "LO", ["1", value, "3"])

    return _contour(change)


def _every_second(data: Dataset) -> None:
    region = data.ROIContourSequence[0]
    region.ContourSequence = list(region.ContourSequence)[::2]


def _of_c(folder: Path) -> None:
    """Drawn on C, filed under B."""
    slices = [pydicom.dcmread(file) for file in sorted((folder.parent / "C/AP").iterdir())]
    write_seg(folder / FRAMES, slices)
    rewrite(folder / FRAMES, lambda data: setattr(data, "PatientID", folder.name))


def _of_c_for_one_phase(folder: Path) -> None:
    """As before, while B has but one phase: no choice is no proof."""
    _of_c(folder)
    shutil.rmtree(folder / "PVP")


def _contours_of_c(folder: Path) -> None:
    shutil.copy(folder.parent / "C/contours.dcm", folder / CONTOURS)
    rewrite(folder / CONTOURS, lambda data: data.update({"PatientID": folder.name}))
    shutil.rmtree(folder / "PVP")


def _same_twice(folder: Path) -> None:
    shutil.copy(folder / FRAMES, folder / "again.dcm")
    rewrite(folder / "again.dcm", lambda data: data.update(
        {"SOPInstanceUID": f"{data.SOPInstanceUID}.7", "SeriesInstanceUID": "1.2.7"}))  # fmt: skip


def _frame(change: Callable[[Dataset], object]):
    return element(FRAMES, lambda data: change(data.PerFrameFunctionalGroupsSequence[1]))


def _deflated(data: Dataset) -> None:
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian


def _far_frame(group: Dataset) -> None:
    group.PlanePositionSequence[0].ImagePositionPatient = [0, 0, 1e9]


def _give(name: str, **values: object):
    return element(name, lambda data: data.update(values))


DRAWN = [
    *cuts("contours-cut", CONTOURS, CUT, 21, "file"),
    *cuts("segment-cut", FRAMES, CUT, 22, "file"),
    Damage("contour-off-the-slices", _moved(2, 1.6), "several planes|nearest slice|apart"),
    Damage("contour-above-the-image", _moved(2, 300), "from the nearest slice"),
    Damage("contour-beside-the-image", _moved(0, -40), "out of the image"),
    Damage("contour-across-slices", _contour(_tilted), "not parallel"),
    Damage("contour-open", _contour(lambda each: setattr(
        each, "ContourGeometricType", "OPEN_PLANAR")), "not closed and planar"),
    Damage("contour-of-four-numbers", _contour(lambda each: setattr(
        each, "ContourData", [1, 2, 3, 4])), "no multiple of 3"),
    Damage("contour-without-points", _contour(lambda each: setattr(
        each, "ContourData", [])), "has no points"),
    Damage("contour-not-finite", _in_text("NaN"), "not finite"),
    Damage("contour-huge", _in_text("1e300"), "not finite, or beyond"),
    Damage("contour-of-words", _in_text("Doe"), "is no number"),
    Damage("contours-of-every-second-slice", element(CONTOURS, _every_second), "slices apart"),
    Damage("regions-renamed", element(CONTOURS, lambda data: setattr(
        data.StructureSetROISequence[0], "ROIName", "liver")), "fits the `roi`"),
    Damage("regions-without-number", element(CONTOURS, lambda data: delattr(
        data.StructureSetROISequence[0], "ROINumber")), "no number of its own"),
    Damage("contours-deflated", element(CONTOURS, _deflated), "deflated"),
    Damage("contours-patient-empty", _give(CONTOURS, PatientID=""), "name no patient",
           "file"),
    Damage("contours-of-c-as-b", _contours_of_c, "another patient"),
    Damage("segment-of-c-as-b", _of_c, "another patient|no series that is the image"),
    Damage("segment-of-c-as-b-with-one-phase", _of_c_for_one_phase, "another patient"),
    Damage("segment-twice", _same_twice, "2 mask files fit one delineation"),
    Damage("segment-number-zero", element(FRAMES, lambda data: setattr(
        data.SegmentSequence[0], "SegmentNumber", 0)), "0 of 0 segment"),
    Damage("segment-type-unknown", _give(FRAMES, SegmentationType="DRAWN"), "no known"),
    Damage("segment-frames-promised", _give(FRAMES, NumberOfFrames=99), "promised"),
    Damage("segment-frames-huge", _give(FRAMES, Rows=65535, Columns=65535),
           "more than|promised|cut off"),
    Damage("segment-frame-far-away", _frame(_far_frame), "another grid|outside|off"),
    Damage("segment-frame-without-place", _frame(lambda group: delattr(
        group, "PlanePositionSequence")), "no position"),
    Damage("segment-empty", element(FRAMES, lambda data: setattr(
        data, "PixelData", bytes(len(data.PixelData)))), "empty mask"),
]  # fmt: skip
