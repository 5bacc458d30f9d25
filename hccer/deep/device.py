"""Where networks are computed: a GPU where there is one, else processors, repeatable to the bit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from schemas.deep import TrainingSettings
from schemas.errors import HccerError

# what torch says in errors that are no OutOfMemoryError: of the driver, of cuBLAS, of processors
NO_MEMORY = ("out of memory", "ALLOC_FAILED", "allocate memory", "enough memory")


def choose_device() -> torch.device:
    """CUDA where it is there, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def uses_gpu() -> bool:
    """Whether networks are computed on a GPU."""
    return choose_device().type == "cuda"


def precision(settings: TrainingSettings, device: torch.device) -> torch.dtype:
    """bfloat16 or float32, as the settings say, or as suits the device."""
    if settings.precision == "auto":
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    return getattr(torch, settings.precision)


@contextmanager
def computing(device: torch.device, threads: int, *, same_shapes: bool = False) -> Iterator[None]:
    """Deterministic algorithms on a fixed number of threads.

    On processors the bits depend on the number of threads, as sums are split among them: it is a
    setting. On CUDA they repeat within rounding only; float32 is float32 there and not TF32, in
    which cuDNN would convolve and cuBLAS may multiply with 10 bits. What the process had set comes
    back.

    Args:
        device: where it is computed.
        threads: of a processor.
        same_shapes: batches are of one size again and again: on CUDA the fastest algorithms are
            looked for, which takes long for each new size.

    Raises:
        HccerError: the memory of the device does not hold it.
    """
    before = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    cudnn = torch.backends.cudnn
    matmul = torch.backends.cuda.matmul
    benchmark, allow_tf32 = cudnn.benchmark, (cudnn.allow_tf32, matmul.allow_tf32)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(device.type == "cpu")
    cudnn.benchmark = same_shapes and device.type == "cuda"
    cudnn.allow_tf32 = matmul.allow_tf32 = False
    try:
        with within_memory(device):
            yield
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(deterministic)
        cudnn.benchmark, (cudnn.allow_tf32, matmul.allow_tf32) = benchmark, allow_tf32


@contextmanager
def within_memory(device: torch.device) -> Iterator[None]:
    """Say what to lower where the memory of the device ends.

    Raises:
        HccerError: the memory does not hold what is computed.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _of_memory(error):
            raise
        where = torch.cuda.get_device_name(device) if device.type == "cuda" else "this machine"
        raise HccerError(
            f"the memory of {where} does not hold a batch of this network: lower "
            f"deep.training.batch_size or imaging.crop.size, or end what else runs on it"
        ) from None


def _of_memory(error: RuntimeError | MemoryError) -> bool:
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or any(each in str(error) for each in NO_MEMORY)


def in_words(device: torch.device, settings: TrainingSettings) -> str:
    """Device and precision for the record."""
    dtype = str(precision(settings, device)).removeprefix("torch.")
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, {dtype}"
    return f"cpu, {settings.threads} thread{'s' if settings.threads > 1 else ''}, {dtype}"
