"""Random small images, regions and settings: always pyradiomics' values or its exception."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hccer.radiomics.fast import extract
from tests.radiomics.reference import CLASSES, assert_same, pair, pyradiomics

SETTING = st.fixed_dictionaries(
    {
        "binWidth": st.sampled_from([25, 10, 3.5]),
        "minimumROIDimensions": st.just(1),
        "padDistance": st.integers(0, 6),
    },
    optional={
        "binCount": st.sampled_from([1, 2, 8, 32]),
        "normalize": st.booleans(),
        "normalizeScale": st.just(100),
        "preCrop": st.booleans(),
        "distances": st.sampled_from([[1, 2], [2]]),
        "gldm_a": st.integers(0, 2),
        "force2D": st.booleans(),
        "force2Ddimension": st.integers(0, 2),
        "symmetricalGLCM": st.booleans(),
        "weightingNorm": st.sampled_from(["manhattan", "euclidean", "infinity", "no_weighting"]),
        "resampledPixelSpacing": st.sampled_from([[1, 1, 1], [2, 2, 2], [1, 1, 0]]),
        "interpolator": st.just("sitkLinear"),
        "resegmentRange": st.sampled_from([[-20, 40], [0]]),
    },
)

IMAGE_TYPES = st.fixed_dictionaries(
    {"Original": st.just({})},
    optional={
        "Wavelet": st.fixed_dictionaries({"wavelet": st.sampled_from(["coif1", "haar", "db4"])}),
        "LoG": st.fixed_dictionaries({"sigma": st.just([1.0, 3.0])}),
        "Square": st.just({}),
    },
)

SHAPES = arrays.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=9)
VALUES = st.one_of(
    st.integers(-100, 100).map(float), st.floats(-100, 100, width=32), st.sampled_from([0.0, 25.0])
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """An image of a few drawn values and noise, and a mask of some density."""
    shape = draw(SHAPES)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    palette = np.array(draw(st.lists(VALUES, min_size=1, max_size=6)))
    image = rng.choice(palette, size=shape) + draw(st.sampled_from([0, 30])) * rng.normal(
        size=shape
    )
    return image, rng.random(shape) < draw(st.sampled_from([0.1, 0.5, 0.9, 1.0]))


def _outcome(function: Any, *arguments: Any) -> tuple[dict[str, float] | None, type | None]:
    try:
        return function(*arguments), None
    except Exception as error:
        return None, type(error)


@settings(max_examples=60)
@given(case=cases(), setting=SETTING, image_types=IMAGE_TYPES)
def test_same_as_pyradiomics(
    case: tuple[np.ndarray, np.ndarray], setting: dict[str, Any], image_types: dict[str, Any]
) -> None:
    parameters = {
        "setting": setting,
        "imageType": image_types,
        "featureClass": dict.fromkeys(CLASSES),
    }
    image, mask = pair(*case, (0.9, 1.1, 2.0))
    expected, raised = _outcome(pyradiomics, image, mask, parameters)
    found, found_raised = _outcome(extract, image, mask, parameters)
    assert found_raised == raised
    if expected is not None and found is not None:
        assert_same(expected, found)
