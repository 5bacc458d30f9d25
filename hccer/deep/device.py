"""Where networks are computed: a GPU where there is one, else processors, repeatable to the bit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from schemas.deep import TrainingSettings
from schemas.errors import HccerError


def choose_device() -> torch.device:
    """CUDA where it is there, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def precision(settings: TrainingSettings, device: torch.device) -> torch.dtype:
    """bfloat16 or float32, as the settings say, or as suits the device."""
    if settings.precision == "auto":
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    return getattr(torch, settings.precision)


@contextmanager
def computing(device: torch.device, threads: int) -> Iterator[None]:
    """Deterministic algorithms on a fixed number of threads; on CUDA the fastest ones.

    On processors the bits depend on the number of threads, as sums are split among them: it is a
    setting. On CUDA they repeat within rounding only. What the process had set comes back.
    """
    before = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    benchmark = torch.backends.cudnn.benchmark
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(device.type == "cpu")
    torch.backends.cudnn.benchmark = device.type == "cuda"
    try:
        yield
    except torch.OutOfMemoryError:
        raise HccerError(
            f"the memory of {torch.cuda.get_device_name(device)} does not hold a batch of this "
            f"network: lower deep.training.batch_size or imaging.crop.size, or end what else runs "
            f"on it"
        ) from None
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(deterministic)
        torch.backends.cudnn.benchmark = benchmark


def in_words(device: torch.device, settings: TrainingSettings) -> str:
    """Device and precision for the record."""
    dtype = str(precision(settings, device)).removeprefix("torch.")
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, {dtype}"
    return f"cpu, {settings.threads} thread{'s' if settings.threads > 1 else ''}, {dtype}"
