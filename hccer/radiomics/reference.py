"""The reference engine: pyradiomics itself."""

import logging
import warnings
from collections.abc import Mapping

import SimpleITK as sitk


def extract(image: sitk.Image, mask: sitk.Image, parameters: Mapping) -> dict[str, float]:
    """Features of one delineation, computed by pyradiomics.

    Args:
        image: scalar 3D image.
        mask: 0/1 mask on the same grid.
        parameters: pyradiomics' parameter structure.

    Returns:
        Value by pyradiomics' feature name, in its order.

    Raises:
        ValueError: pyradiomics refuses the image, mask or settings.
        RuntimeError: ITK does.
    """
    settings = {**parameters, "setting": {**parameters["setting"], "additionalInfo": False}}
    with warnings.catch_warnings():
        # its imports are deprecated, and what is not finite is seen by a check
        warnings.simplefilter("ignore")
        from radiomics import featureextractor  # takes a second to import

        logging.getLogger("radiomics").setLevel(logging.CRITICAL)
        extractor = featureextractor.RadiomicsFeatureExtractor(settings)
        found = extractor.execute(image, mask)
    return {name: float(value) for name, value in found.items()}
