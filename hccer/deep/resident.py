"""Samples as tensors that stay on the device; no batch waits for the processor or a disk."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from hccer.deep.description import Description
from hccer.deep.networks import ImageNetwork
from hccer.deep.samples import Samples


@dataclass(frozen=True, eq=False)
class Resident:
    """Inputs of a network on its device.

    images: (m, channels, rows, cols); joined: (m, p) z-scores or None; labels: (m,); patients: how
    many, their inputs stand side by side.
    """

    images: torch.Tensor
    joined: torch.Tensor | None
    labels: torch.Tensor
    patients: int

    def __len__(self) -> int:
        """Inputs."""
        return len(self.images)

    def at(self, chosen: torch.Tensor | slice) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Images and joined features of some inputs."""
        return self.images[chosen], None if self.joined is None else self.joined[chosen]

    def parts(self, size: int) -> Iterator[slice]:
        """The inputs in order, at most `size` at once."""
        return (slice(first, first + size) for first in range(0, len(self), size))

    def per_patient(self, values: np.ndarray) -> np.ndarray:
        """Values of inputs (m, ...) as (patients, inputs of one, ...)."""
        return values.reshape(self.patients, -1, *values.shape[1:])


def resident(samples: Samples, description: Description, device: torch.device) -> Resident:
    """Put samples on the device, in their order."""
    inputs = description.images(samples)
    repeats = len(inputs) // max(len(samples), 1)
    joined = description.joined(samples)
    labels = np.repeat(samples.y_true.astype(np.int64), repeats)
    return Resident(
        images=torch.from_numpy(np.require(inputs, requirements=["C", "W"])).to(device),
        joined=None if joined is None else torch.from_numpy(joined.repeat(repeats, 0)).to(device),
        labels=torch.from_numpy(labels).to(device),
        patients=len(samples),
    )


def forward(
    model: ImageNetwork, images: torch.Tensor, joined: torch.Tensor | None, dtype: torch.dtype
) -> torch.Tensor:
    """Logits (b, 2) float32; bfloat16 inside where `dtype` says so."""
    images = images.contiguous(memory_format=torch.channels_last)
    with torch.autocast(images.device.type, torch.bfloat16, enabled=dtype == torch.bfloat16):
        return model(images, joined).float()


def aggregated(slice_scores: np.ndarray, aggregate: str) -> np.ndarray:
    """Patients' scores (n,) from those of their slices (n, slices), by mean or max."""
    return slice_scores.mean(axis=1) if aggregate == "mean" else slice_scores.max(axis=1)
