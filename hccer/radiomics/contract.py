"""The feature names that settings must yield: declared, not taken from the extractor's output."""

from collections.abc import Iterable
from functools import cache
from importlib import resources

import yaml

from schemas.errors import some
from schemas.preset import RadiomicsSettings

SUB_BANDS = ("LLH", "LHL", "LHH", "HLL", "HLH", "HHL", "HHH", "LLL")


class ContractError(ValueError):
    """An extraction yielded another set of features; the message names the difference."""


@cache
def feature_classes() -> dict[str, dict[str, str]]:
    """Feature class -> feature -> IBSI term, in pyradiomics' order."""
    classes = yaml.safe_load((resources.files("schemas") / "features.yaml").read_text())
    return {name: {str(key): text for key, text in each.items()} for name, each in classes.items()}


def image_types(settings: RadiomicsSettings) -> list[str]:
    """Prefixes of the feature names: original and filtered images."""
    names = []
    for name, parameters in settings.parameters()["imageType"].items():
        if name == "Wavelet":
            names += [f"wavelet-{band}" for band in SUB_BANDS]
        elif name == "LoG":
            sigmas = [str(sigma).replace(".", "-") for sigma in parameters["sigma"]]
            names += [f"log-sigma-{sigma}-mm-3D" for sigma in sigmas]
        else:
            names.append(name.lower())
    return names


def feature_definitions(settings: RadiomicsSettings) -> list[dict[str, str | int]]:
    """One row per feature that the settings must yield, in order.

    Returns:
        Rows `position, feature_name, image_type, feature_class, feature, description`.
        Shape does not depend on intensities and is computed once, on the original mask.
    """
    described = feature_classes()
    rows = [
        {
            "feature_name": f"{image}_{group}_{feature}",
            "image_type": image,
            "feature_class": group,
            "feature": feature,
            "description": text,
        }
        for image in image_types(settings)
        for group in settings.featureClass
        if group != "shape" or image == "original"
        for feature, text in described[group].items()
    ]
    return [{"position": position, **row} for position, row in enumerate(rows, start=1)]


def check_contract(expected: Iterable[str], given: Iterable[str]) -> None:
    """Compare the names that an extraction yielded with those it must yield.

    Raises:
        ContractError: naming what is missing and what is not expected.
    """
    expected, given = set(expected), set(given)
    parts = [
        f"{len(names)} {word} ({some(sorted(names))})"
        for names, word in ((expected - given, "missing"), (given - expected, "not expected"))
        if names
    ]
    if parts:
        raise ContractError(f"feature contract broken: {' and '.join(parts)}")
