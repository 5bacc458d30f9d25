"""ANTs' rigid search, loaded such that the same images give the same bits.

ANTs repeats itself only on one thread and with a seed, and reads the number of threads once, when
it is first used in a process.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from types import ModuleType

import numpy as np
import SimpleITK as sitk

from schemas.deep import RegistrationSettings
from schemas.errors import HccerError

_ours: set[str] = set()


def ants_search(
    fixed: sitk.Image, moving: sitk.Image, settings: RegistrationSettings
) -> sitk.AffineTransform:
    """The rigid transform (points of `fixed` to points of `moving`, mm) that ANTs finds.

    Raises:
        HccerError: ANTs was loaded otherwise before, or gives up.

    Source: Avants et al., NeuroImage 54 (2011) 2033-2044.
    """
    with _repeatable(settings.random_state) as ants, TemporaryDirectory(prefix="hccer-") as folder:
        try:
            found = ants.registration(
                _of_ants(ants, fixed), _of_ants(ants, moving),
                settings.type_of_transform, initial_transform=settings.initial_transform,
                aff_sampling=settings.bins, aff_random_sampling_rate=settings.sampling,
                outprefix=f"{folder}/",
            )  # fmt: skip
        except (RuntimeError, ValueError) as error:
            raise HccerError(f"ANTs gives up: {str(error).splitlines()[0]}") from None
        return sitk.AffineTransform(sitk.ReadTransform(found["fwdtransforms"][0]))


@contextmanager
def _repeatable(random_state: int) -> Iterator[ModuleType]:
    if "ants" in sys.modules and "ants" not in _ours:
        raise HccerError("ANTs was loaded in this process before, perhaps with several threads, "
                         "and would not repeat itself: register in a new process")  # fmt: skip
    # SimpleITK reads the same variable, once: it keeps the threads it has
    sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    given = {"ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1", "ANTS_RANDOM_SEED": str(random_state)}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        import ants  # four seconds: where something is registered only

        _ours.add("ants")
        ants.config._random_seed = random_state
        yield ants
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _of_ants(ants: ModuleType, image: sitk.Image) -> object:
    voxels = sitk.GetArrayViewFromImage(image).T.astype(np.float32)
    direction = np.reshape(image.GetDirection(), (3, 3))
    return ants.from_numpy(voxels, image.GetOrigin(), image.GetSpacing(), direction)
