"""How kernels are compiled: cached on disk, without the GIL, IEEE arithmetic kept as written.

numba keeps the cache beside the source, in the user's cache directory where the source is not
writable, or in NUMBA_CACHE_DIR; index files are replaced atomically, so processes that start
together at worst compile twice.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` with numba, cached on disk where any cache directory is writable."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba found no writable directory: compile per process
        return numba.njit(**options)(function)
