"""Slices of a series in space: their order, and whether they make one volume.

Source: DICOM PS3.3 C.7.6.2 (image plane: position, orientation, pixel spacing).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

SAME_MM = 1e-3
SAME_COSINE = 1e-4


class SeriesError(ValueError):
    """The slices make no volume; the message says why, with numbers."""


@dataclass(frozen=True)
class Stack:
    """Slices in order along their normal.

    Attributes:
        order: index of the slice at each place, (n,).
        origin_mm: centre of the first voxel of the first slice, (3,).
        spacing_mm: distance of neighbouring slices.
        direction: columns are the unit vectors along columns, rows and slices, (3, 3).
    """

    order: np.ndarray
    origin_mm: np.ndarray
    spacing_mm: float
    direction: np.ndarray


def one_value(name: str, values: Sequence[object]) -> object:
    """What all slices have in common.

    Args:
        name: what is compared, in words.
        values: one comparable value per slice.

    Raises:
        SeriesError: the slices differ; says how many have what.
    """
    counts: dict[object, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    if len(counts) > 1:
        most = sorted(counts.items(), key=lambda each: -each[1])[:3]
        said = ", ".join(f"{value} in {count}" for value, count in most)
        raise SeriesError(f"the slices differ in {name}: {said} of {len(values)} slices")
    return values[0]


def sorted_slices(positions: np.ndarray, orientations: np.ndarray, slice_tolerance: float) -> Stack:
    """Order slices along their common normal and judge their distances.

    Args:
        positions: centre of the first voxel of each slice, (n, 3), mm.
        orientations: unit vectors along a row and down a column, (6,) or one per slice (n, 6).
        slice_tolerance: how far a distance may be from their median, as a part of it.

    Raises:
        SeriesError: one slice, turned slices, slices at one place, missing slices, uneven
            distances, or slices shifted sideways (gantry tilt).
    """
    positions = np.asarray(positions, float)
    direction = _direction(np.atleast_2d(np.asarray(orientations, float)))
    if len(positions) < 2:
        raise SeriesError("1 slice is no volume")
    heights = positions @ direction[:, 2]
    order = np.argsort(heights, kind="stable")
    ordered = positions[order]
    gaps = np.diff(heights[order])
    _check_distinct(gaps)
    _check_gaps(gaps, slice_tolerance)
    _check_tilt(ordered, direction, slice_tolerance)
    return Stack(order, ordered[0], float(gaps.sum() / len(gaps)), direction)


def _direction(orientations: np.ndarray) -> np.ndarray:
    turned = np.abs(orientations - orientations[0]).max(axis=1) > SAME_COSINE
    if turned.any():
        raise SeriesError(
            f"{turned.sum()} of {len(orientations)} slices are turned against the first"
        )
    across, down = orientations[0].reshape(2, 3)
    lengths = np.linalg.norm([across, down], axis=1)
    if np.abs(lengths - 1).max() > SAME_COSINE or abs(across @ down) > SAME_COSINE:
        raise SeriesError("the orientation of the slices is no pair of perpendicular unit vectors")
    across = across / lengths[0]
    down = down - (down @ across) * across
    down = down / np.linalg.norm(down)
    return np.column_stack([across, down, np.cross(across, down)])


def _check_distinct(gaps: np.ndarray) -> None:
    places = 1 + int((gaps > SAME_MM).sum())
    if places <= len(gaps):
        count = len(gaps) + 1
        raise SeriesError(
            f"{count} slices lie at {places} places: several phases, echoes or copies in one series"
        )


def _check_gaps(gaps: np.ndarray, tolerance: float) -> None:
    usual = float(np.median(gaps))
    steps = np.maximum(np.rint(gaps / usual), 1)
    uneven = np.abs(gaps - steps * usual) > tolerance * usual * steps
    if uneven.any():
        raise SeriesError(
            f"the slices lie {gaps.min():.4g} to {gaps.max():.4g} mm apart (tolerance "
            f"{tolerance:.3g} of {usual:.4g} mm): {uneven.sum()} of {len(gaps)} distances are odd"
        )
    wide = np.flatnonzero(steps > 1)
    if wide.size:
        missing, first = int((steps - 1).sum()), int(wide[0])
        raise SeriesError(
            f"slices {usual:.4g} mm apart but a gap of {gaps[first]:.4g} mm after slice "
            f"{first + 1}: {missing} slice{'s' if missing > 1 else ''} missing"
        )


def _check_tilt(ordered: np.ndarray, direction: np.ndarray, tolerance: float) -> None:
    steps = np.diff(ordered, axis=0) @ direction
    sideways = np.linalg.norm(steps[:, :2], axis=1)
    worst = int(np.argmax(sideways / steps[:, 2]))
    if sideways[worst] > tolerance * steps[worst, 2] + SAME_MM:
        angle = np.degrees(np.arctan2(sideways[worst], steps[worst, 2]))
        raise SeriesError(
            f"slice {worst + 2} is shifted {sideways[worst]:.3g} mm sideways against the one "
            f"before, {angle:.3g} degrees off the normal (gantry tilt)"
        )


def volume(
    slices: Sequence[np.ndarray], stack: Stack, pixel_spacing_mm: Sequence[float]
) -> sitk.Image:
    """The volume of a series.

    Args:
        slices: one array (rows, columns) per file, in the order of the files.
        stack: their order and geometry.
        pixel_spacing_mm: distance of rows, distance of columns.

    Returns:
        An image whose voxel type holds every slice without loss.
    """
    image = sitk.GetImageFromArray(np.stack([slices[index] for index in stack.order]))
    image.SetSpacing((pixel_spacing_mm[1], pixel_spacing_mm[0], stack.spacing_mm))
    image.SetOrigin(stack.origin_mm.tolist())
    image.SetDirection(stack.direction.ravel().tolist())
    return image


def voxel_sha256(image: sitk.Image) -> str:
    """Hash of size, voxel type and voxels alone: the same whatever file they came from."""
    voxels = np.ascontiguousarray(sitk.GetArrayViewFromImage(image))
    digest = hashlib.sha256(f"{image.GetSize()} {voxels.dtype.str}\n".encode())
    digest.update(voxels)
    return digest.hexdigest()
