"""Compile the kernels, or load them from numba's cache, before the first case."""

from time import perf_counter

import numpy as np
import SimpleITK as sitk

from hccer.radiomics.fast.extraction import run
from hccer.radiomics.fast.settings import plan

PARAMETERS = {
    "setting": {"distances": [1]},
    "imageType": {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [1.0]}},
}


def warm_up() -> float:
    """Run a tiny case in double and in single precision; returns the seconds it took."""
    start = perf_counter()
    ramp = np.arange(8.0**3).reshape(8, 8, 8)
    mask = np.zeros((8, 8, 8), dtype=np.uint8)
    mask[2:6, 2:6, 2:6] = 1
    for dtype in (np.float64, np.float32):
        image = sitk.GetImageFromArray(ramp.astype(dtype))
        run(image, [sitk.GetImageFromArray(mask)], plan(PARAMETERS, 1))
    return perf_counter() - start
