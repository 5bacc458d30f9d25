"""Features of one delineation in one image, class by class."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache, partial

import numpy as np

from hccer.radiomics.fast.discretise import discretise
from hccer.radiomics.fast.first_order import first_order
from hccer.radiomics.fast.glcm import glcm, probabilities
from hccer.radiomics.fast.gldm import gldm
from hccer.radiomics.fast.glrlm import glrlm
from hccer.radiomics.fast.glszm import glszm
from hccer.radiomics.fast.matrices import cooccurrence, run_lengths, zones
from hccer.radiomics.fast.neighbourhood import neighbourhood
from hccer.radiomics.fast.ngtdm import ngtdm
from hccer.radiomics.fast.region import Levels, Region
from hccer.radiomics.fast.settings import Settings
from hccer.radiomics.fast.shape import shape

DEPRECATED = {
    "firstorder": ("StandardDeviation",),
    "shape": ("Compactness1", "Compactness2", "SphericalDisproportion"),
}


def _chosen(
    features: Mapping[str, float], feature_class: str, names: Sequence[str]
) -> dict[str, float]:
    """The features asked for, or all that are not deprecated, in pyradiomics' order."""
    usual = set(features) - set(DEPRECATED.get(feature_class, ()))
    wanted = names or sorted(usual, key="{}FeatureValue".format)  # the names of its methods
    return {name: features[name] for name in wanted if name in features}


def _neighbours(
    levels: Levels, region: Region, settings: Settings
) -> tuple[np.ndarray, np.ndarray]:
    directions = region.directions(tuple(settings.get("distances", [1])))
    return neighbourhood(levels, directions, settings.get("gldm_a", 0))


def _glcm(
    levels: Levels, region: Region, settings: Settings, names: Collection[str]
) -> dict[str, float]:
    directions = region.directions(tuple(settings.get("distances", [1])))
    p = probabilities(cooccurrence(levels, directions), region, directions, settings)
    return glcm(p, levels.present, levels.highest, names or ("MCC",))


def grey_level_features(
    values: np.ndarray,
    region: Region,
    settings: Settings,
    classes: Mapping[str, Sequence[str]],
) -> dict[str, float]:
    """First-order and texture features, as `class_Feature`.

    values : (n,) of the region's voxels in raster order; classes : names of features by class.
    """
    padding = max(settings.get("distances", [1]))
    levels = discretise(values, region, settings, padding)
    volume = float(np.prod(region.spacing))
    around = cache(partial(_neighbours, levels, region, settings))
    compute = {
        "firstorder": lambda names: first_order(
            values, levels.counts, volume, settings.get("voxelArrayShift", 0)
        ),
        "glcm": partial(_glcm, levels, region, settings),
        "gldm": lambda names: gldm(around()[0], levels.present),
        "glrlm": lambda names: glrlm(run_lengths(levels, region), levels.present, region, settings),
        "glszm": lambda names: glszm(*zones(levels, region)),
        "ngtdm": lambda names: ngtdm(levels.counts, around()[1], levels.present),
    }
    found: dict[str, float] = {}
    for name, names in classes.items():
        if name in compute:
            chosen = _chosen(compute[name](names), name, names)
            found |= {f"{name}_{feature}": value for feature, value in chosen.items()}
    return found


def shape_features(region: Region, classes: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Shape features, as `shape_Feature`, where they are asked for."""
    if "shape" not in classes:
        return {}
    values = shape(region.mask, region.coordinates, region.spacing)
    chosen = _chosen(values, "shape", classes["shape"])
    return {f"shape_{name}": value for name, value in chosen.items()}
