"""The least that a training costs: its arithmetic and its traffic, at this GPU's measured peaks."""

import time
from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

BYTES = 2  # of a bfloat16


def floor(model: nn.Module, images: torch.Tensor, passes: float) -> dict[str, float]:
    """Arithmetic and traffic of forward and backward passes; on CUDA the seconds they take.

    Traffic: a layer reads its input and writes its output; going back it reads both gradients and
    the input and writes the input's gradient. Nothing stays in a cache. Once for convolutions
    alone, as if all between them were computed in passing, once for every layer.

    Args:
        model: the network, on the processor.
        images: a batch (b, channels, rows, cols).
        passes: how many such batches the whole training sees.
    """
    values = {"tb_convolutions": 0, "tb_every_layer": 0}

    def count(module: nn.Module, entered: tuple[torch.Tensor, ...], left: torch.Tensor) -> None:
        moved = 3 * entered[0].numel() + 3 * left.numel()
        values["tb_every_layer"] += moved
        values["tb_convolutions"] += moved * isinstance(module, nn.Conv2d)

    leaves = [each for each in model.modules() if not list(each.children())]
    hooks = [each.register_forward_hook(count) for each in leaves]
    with FlopCounterMode(display=False) as counter:
        model(images).sum().backward()
    for hook in hooks:
        hook.remove()
    found = {name: BYTES * count * passes / 1e12 for name, count in values.items()}
    found["pflop"] = counter.get_total_flops() * passes / 1e15
    return found | (_seconds(found) if torch.cuda.is_available() else {})


def _seconds(found: dict[str, float]) -> dict[str, float]:
    peaks = _peaks()
    return peaks | {
        "seconds_arithmetic": 1e3 * found["pflop"] / peaks["peak_tflop_s"],
        "seconds_traffic": found["tb_convolutions"] / peaks["peak_tb_s"],
    }


def _peaks() -> dict[str, float]:
    """Arithmetic of a bfloat16 product and traffic of a copy, measured: TFLOP/s and TB/s."""
    side, size = 8192, 2**30
    a = torch.rand(side, side, device="cuda", dtype=torch.bfloat16)
    b, c = (torch.zeros(size, device="cuda", dtype=torch.int8) for _ in range(2))
    return {"peak_tflop_s": 2 * side**3 / _device_seconds(lambda: a @ a) / 1e12,
            "peak_tb_s": 2 * size / _device_seconds(lambda: c.copy_(b)) / 1e12}  # fmt: skip


def _device_seconds(work: Callable[[], object], repeats: int = 20) -> float:
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(repeats):
        work()
    torch.cuda.synchronize()
    return (time.perf_counter() - started) / repeats
