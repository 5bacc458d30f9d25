"""Training of the paper's ResNet-10 on a GPU: against the plain MONAI way and the hardware's floor.

python tests/benchmark/gpu_training.py [--size 256] [--crops 396] [--batch 64] [--epochs 200]

Needs torch, monai and numpy alone; hccer's own training is measured where it can be imported, and
images are NIfTI where nibabel is there, else NumPy files. Without CUDA a small size is measured on
the processor, to see that the script runs: its numbers say nothing about a GPU.
"""

import argparse
import importlib.util
import json
import math
import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gpu_floor import floor  # beside this file
from torch import nn
from torch.nn import functional

PHASES = 3
SLICES = 3
LEARNING_RATE, DECAY, MOMENTUM = 1e-4, 1e-4, 0.9
ROTATION, SCALE, SHIFT = math.radians(15), 0.1, 0.05


@dataclass(frozen=True)
class Size:
    """What is trained: `crops` images of PHASES x size x size, in batches, for epochs."""

    size: int
    crops: int
    batch: int
    epochs: int


@dataclass(frozen=True)
class Result:
    """One way to train: seconds of an epoch, of the whole (or extrapolated), peak memory."""

    way: str
    seconds_epoch: float
    seconds_all: float
    measured_epochs: int
    samples_s: float
    memory_gib: float | None
    note: str = ""


def _network() -> nn.Module:
    from monai.networks.nets.resnet import resnet10

    torch.manual_seed(0)
    return resnet10(spatial_dims=2, n_input_channels=PHASES, num_classes=2)


def _optimizer(model: nn.Module) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), LEARNING_RATE, MOMENTUM, weight_decay=DECAY)


def _images(given: Size) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    shape = (given.crops, PHASES, given.size, given.size)
    return random.normal(0, 0.3, shape).astype(np.float32), np.arange(given.crops) % 2


def _synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _reset_memory() -> None:
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def _memory_gib() -> float | None:
    return torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else None


def _measure(way: str, given: Size, epochs: int, epoch: Callable[[], object], note: str) -> Result:
    """Seconds of `epochs` passes after one that is not counted."""
    _reset_memory()
    epoch()
    _synchronise()
    started = time.perf_counter()
    for _ in range(epochs):
        epoch()
    _synchronise()
    each = (time.perf_counter() - started) / epochs
    speed = given.crops / each
    return Result(way, each, each * given.epochs, epochs, speed, _memory_gib(), note)


def plain_monai(given: Size, folder: Path, device: torch.device, epochs: int) -> Result:
    """Files of each phase, transforms per sample on the processor, float32, a wait in each step."""
    from monai import transforms as mt
    from monai.data import DataLoader, Dataset

    names = [f"phase_{number}" for number in range(PHASES)]
    rows, form = _files(given, folder, names)
    side = SHIFT * given.size
    reader = "NibabelReader" if form == "NIfTI files" else "NumpyReader"
    transforms = mt.Compose([
        mt.LoadImaged(names, reader=reader),
        mt.EnsureChannelFirstd(names, channel_dim="no_channel"),
        mt.ConcatItemsd(names, "image"),
        mt.RandFlipd("image", 0.5, 0), mt.RandFlipd("image", 0.5, 1),
        mt.RandAffined("image", prob=1, rotate_range=ROTATION, scale_range=SCALE,
                       translate_range=side, padding_mode="border"),
        mt.ToTensord("image"),
    ])  # fmt: skip
    workers = min(16, len(os.sched_getaffinity(0))) if device.type == "cuda" else 0
    loader = DataLoader(Dataset(rows, transforms), batch_size=given.batch, shuffle=True,
                        num_workers=workers)  # fmt: skip
    model = _network().to(device)
    optimizer = _optimizer(model)

    def epoch() -> None:
        for batch in loader:
            optimizer.zero_grad()
            images = torch.as_tensor(batch["image"]).to(device)
            loss = functional.cross_entropy(model(images), batch["label"].to(device))
            loss.backward()
            optimizer.step()
            loss.item()

    return _measure("plain MONAI", given, epochs, epoch, f"{form}, {workers} workers, float32")


def _files(given: Size, folder: Path, names: list[str]) -> tuple[list[dict], str]:
    nibabel = importlib.util.find_spec("nibabel") and importlib.import_module("nibabel")
    images, labels = _images(given)
    rows = []
    for number, image in enumerate(images):
        paths = {}
        for name, phase in zip(names, image, strict=True):
            path = folder / f"{number}_{name}{'.nii.gz' if nibabel else '.npy'}"
            if nibabel:
                nibabel.save(nibabel.Nifti1Image(phase, np.eye(4)), path)
            else:
                np.save(path, phase)
            paths[name] = str(path)
        rows.append({**paths, "label": int(labels[number])})
    return rows, "NIfTI files" if nibabel else "NumPy files (no nibabel here)"


def resident(given: Size, device: torch.device, epochs: int, compiled: bool) -> Result:
    """All images on the device, one affine resampling per batch, bfloat16, no wait in a step."""
    images, labels = (torch.from_numpy(each).to(device) for each in _images(given))
    model = _network().to(device, memory_format=torch.channels_last)
    step = torch.compile(model) if compiled else model
    optimizer = _optimizer(model)
    low = device.type == "cuda"

    def epoch() -> None:
        order = torch.randperm(given.crops).to(device)
        for chosen in order.tensor_split(math.ceil(given.crops / given.batch)):
            batch = _changed(images[chosen]).contiguous(memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=low):
                logits = step(batch)
            optimizer.zero_grad()
            functional.cross_entropy(logits.float(), labels[chosen]).backward()
            optimizer.step()

    note = f"{'bfloat16' if low else 'float32'}, channels last{', compiled' if compiled else ''}"
    return _measure("resident", given, epochs, epoch, note)


def _changed(images: torch.Tensor) -> torch.Tensor:
    uniform = torch.rand(len(images), 6, device=images.device) * 2 - 1
    angle, scale = uniform[:, 0] * ROTATION, 1 + uniform[:, 1] * SCALE
    flip_x, flip_y = uniform[:, 2].sign(), uniform[:, 3].sign()
    cos, sin = angle.cos() / scale, angle.sin() / scale
    first = torch.stack([flip_x * cos, flip_x * sin, uniform[:, 4] * 2 * SHIFT], 1)
    second = torch.stack([-flip_y * sin, flip_y * cos, uniform[:, 5] * 2 * SHIFT], 1)
    theta = torch.stack([first, second], 1)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def product(given: Size, compiled: bool) -> Result | str:
    """hccer's own training, all epochs as configured, from arrays to weights; or why it is not."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    try:
        from hccer.deep.samples import Samples
        from hccer.deep.training import train
        from schemas.deep import DeepSettings, TrainingSettings
    except ImportError as error:
        return f"hccer's training is not measured: {error}"
    images, labels = _images(given)
    patients = given.crops // SLICES
    tensors = images[: patients * SLICES].reshape(patients, SLICES, *images.shape[1:])
    masks = np.zeros((patients, SLICES, given.size, given.size), dtype=bool)
    keys = np.array([f"{number:05d}" for number in range(patients)])
    samples = Samples(tensors, None, labels[:patients], masks, keys)
    training = TrainingSettings(
        epochs=given.epochs, batch_size=given.batch, stopping_share=0, compile=compiled
    )
    _reset_memory()
    started = time.perf_counter()
    trained = train(samples, "ResNet-10", DeepSettings(training=training))
    whole = time.perf_counter() - started
    later = [epoch.seconds for epoch in trained.curve[1:]] or [trained.curve[0].seconds]
    each = float(np.median(later))
    note = f"{trained.device}{', compiled' if compiled else ''}; all epochs and the start measured"
    return Result("hccer", each, whole, given.epochs, given.crops / each, _memory_gib(), note)


def _machine(device: torch.device) -> str:
    name = (
        torch.cuda.get_device_name(device) if device.type == "cuda" else "no CUDA here, processor"
    )
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return f"{name}, {cores} cores, load {load:.1f}, torch {torch.__version__}, " \
           f"Python {platform.python_version()}"  # fmt: skip


def _print(results: list[Result], given: Size) -> None:
    head = ("way", "s/epoch", "crops/s", f"s for {given.epochs}", "GiB", "note")
    lines = [head] + [
        (each.way, f"{each.seconds_epoch:.3f}", f"{each.samples_s:,.0f}",
         f"{each.seconds_all:,.1f}", f"{each.memory_gib:.1f}" if each.memory_gib else "-",
         each.note)
        for each in results
    ]  # fmt: skip
    widths = [max(len(line[number]) for line in lines) for number in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cuda = torch.cuda.is_available()
    parser.add_argument("--size", type=int, default=256 if cuda else 48)
    parser.add_argument("--crops", type=int, default=396 if cuda else 48)
    parser.add_argument("--batch", type=int, default=64 if cuda else 16)
    parser.add_argument("--epochs", type=int, default=200 if cuda else 2)
    parser.add_argument("--plain-epochs", type=int, default=3 if cuda else 1,
                        help="measured of the plain way, the rest is extrapolated")  # fmt: skip
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    return parser.parse_args()


def main() -> None:
    """Measure every way, print a table and JSON."""
    options = _options()
    given = Size(options.size, options.crops, options.batch, options.epochs)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        torch.set_num_threads(1)  # as hccer's own training
    torch.backends.cudnn.benchmark = True
    warnings.filterwarnings("ignore")  # MONAI's, of readers that are not installed
    print(f"{_machine(device)}\n{given}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        results = [plain_monai(given, Path(folder), device, options.plain_epochs)]
    ways = (False, True) if device.type == "cuda" else (False,)
    results += [resident(given, device, given.epochs, compiled) for compiled in ways]
    products = [product(given, compiled) for compiled in ways]
    results += [each for each in products if isinstance(each, Result)]
    batch = torch.rand(2, PHASES, given.size, given.size)
    lowest = floor(_network(), batch, given.crops * given.epochs / len(batch))
    _print(results, given)
    print(*sorted({each for each in products if isinstance(each, str)}), sep="\n")
    found = {"machine": _machine(device), "given": given.__dict__,
             "floor": lowest, "results": [each.__dict__ for each in results]}  # fmt: skip
    text = json.dumps(found)
    print(text)
    if options.json:
        options.json.write_text(text)


if __name__ == "__main__":
    main()
