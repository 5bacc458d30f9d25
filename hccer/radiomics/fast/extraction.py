"""Extraction of all features of an image for one or several delineations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk

from hccer.radiomics.fast.checks import Box
from hccer.radiomics.fast.features import grey_level_features, shape_features
from hccer.radiomics.fast.filters import filtered_images
from hccer.radiomics.fast.region import Region
from hccer.radiomics.fast.settings import Plan, Settings
from hccer.radiomics.fast.volume import Volume, normalise, prepare


@dataclass(frozen=True)
class Delineation:
    """One region to describe, and its features so far, by pyradiomics' names."""

    volume: Volume
    features: dict[str, float] = field(default_factory=dict)
    _regions: dict[int | None, Region] = field(default_factory=dict)

    def region(self, settings: Settings) -> Region:
        """The region cropped to its box; per plane of extraction, which an image type may set."""
        axis = settings.get("force2Ddimension", 0) if settings.get("force2D", False) else None
        if axis not in self._regions:
            mask = np.ascontiguousarray(self.volume.mask[self.volume.box])
            self._regions[axis] = Region(mask, self.volume.spacing, axis)
        return self._regions[axis]

    def within(self, outer: Box) -> Box:
        """The region's box relative to a box around it."""
        z, y, x = (
            slice(own.start - around.start, own.stop - around.start)
            for own, around in zip(self.volume.box, outer, strict=True)
        )
        return z, y, x


def _around(boxes: Iterable[Box]) -> Box:
    z, y, x = (
        slice(min(side.start for side in sides), max(side.stop for side in sides))
        for sides in zip(*boxes, strict=True)
    )
    return z, y, x


def _add_shape(delineation: Delineation, plan: Plan) -> None:
    volume = delineation.volume
    mask = np.ascontiguousarray(volume.shape_mask[volume.box])
    found = shape_features(Region(mask, volume.spacing), plan.feature_classes)
    delineation.features.update({f"original_{name}": v for name, v in found.items()})


def _add_grey_levels(group: Sequence[Delineation], plan: Plan) -> None:
    """Filter once for all delineations of a `group` that share a grid."""
    box = _around(member.volume.box for member in group)
    for image_type, settings in plan.image_types.items():
        for name, values in filtered_images(group[0].volume.image, box, image_type, settings):
            for member in group:
                region = member.region(settings)
                inside = values[member.within(box)][region.mask]
                found = grey_level_features(inside, region, settings, plan.feature_classes)
                member.features.update({f"{name}_{key}": v for key, v in found.items()})


def run(image: sitk.Image, masks: Sequence[sitk.Image], plan: Plan) -> list[dict[str, float]]:
    """Features of each of `masks` in the order pyradiomics gives them.

    Divisions by zero and the like give its NaN and infinity, without a warning.
    """
    with np.errstate(all="ignore"):
        return _run(image, masks, plan)


def _run(image: sitk.Image, masks: Sequence[sitk.Image], plan: Plan) -> list[dict[str, float]]:
    image = normalise(image, plan.settings)
    delineations = [Delineation(prepare(image, mask, plan.settings)) for mask in masks]
    groups: dict[tuple[float, ...], list[Delineation]] = {}
    for delineation in delineations:
        _add_shape(delineation, plan)
        groups.setdefault(delineation.volume.grid, []).append(delineation)
    for group in groups.values():
        _add_grey_levels(group, plan)
    return [delineation.features for delineation in delineations]
