"""pyradiomics' parameters: its defaults, and what of them the engine covers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DEFAULTS: Mapping[str, Any] = {
    "minimumROIDimensions": 2,
    "minimumROISize": None,
    "normalize": False,
    "normalizeScale": 1,
    "removeOutliers": None,
    "resampledPixelSpacing": None,
    "interpolator": "sitkBSpline",
    "preCrop": False,
    "padDistance": 5,
    "distances": [1],
    "force2D": False,
    "force2Ddimension": 0,
    "resegmentRange": None,
    "label": 1,
}

IMAGE_TYPES = (
    "Original", "Wavelet", "LoG", "Square", "SquareRoot", "Logarithm", "Exponential", "Gradient",
)  # fmt: skip

FEATURE_CLASSES = ("firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm", "shape")

SHAPE_2D = "shape2D"

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What to extract: settings, settings of each image type, features of each class.

    An empty sequence of features means all that pyradiomics does not call deprecated.
    """

    settings: Settings
    image_types: Mapping[str, Settings]
    feature_classes: Mapping[str, Sequence[str]]


def plan(parameters: Mapping[str, Any], label: int) -> Plan:
    """Resolve pyradiomics' `parameters` as its extractor does; `label` overrides the setting."""
    settings = {
        **DEFAULTS,
        **parameters.get("setting", {}),
        **parameters.get("voxelSetting", {}),
        "label": label,
    }
    image_types = parameters.get("imageType") or {"Original": {}}
    classes = parameters.get("featureClass") or dict.fromkeys((*FEATURE_CLASSES, SHAPE_2D))
    return Plan(
        settings,
        {name: {**settings, **(own or {})} for name, own in image_types.items()},
        {name: tuple(names or ()) for name, names in classes.items()},
    )


def unsupported(parameters: Mapping[str, Any]) -> str | None:
    """One sentence naming what of `parameters` the engine does not cover, None if it covers all."""
    resolved = plan(parameters, 1)
    for name in resolved.image_types:
        if name not in IMAGE_TYPES:
            return f"The fast engine has no image type {name}."
    for name in resolved.feature_classes:
        if name not in (*FEATURE_CLASSES, SHAPE_2D):
            return f"The fast engine has no feature class {name}."
    if SHAPE_2D in resolved.feature_classes and resolved.settings["force2D"]:
        return "The fast engine has no feature class shape2D, which force2D asks for."
    if resolved.settings.get("geometryTolerance") is not None:
        return "The fast engine leaves SimpleITK's global tolerance alone (geometryTolerance)."
    return None
