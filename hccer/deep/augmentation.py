"""Random flips, rotations, scalings and shifts of a batch, by one affine resampling on its device.

Source: paper, Deep learning model construction: rotation, scaling, flipping, and shifting.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import functional

from schemas.deep import AugmentationSettings


@dataclass(frozen=True, eq=False)
class Changes:
    """What happens to each image of a batch, in this order, about its centre.

    flip: (b, 2) of -1 or 1, along x and y; angle: (b,) radians, from x to y; scale: (b,), above 1
    magnifies; shift: (b, 2) pixels, along x and y.
    """

    flip: torch.Tensor
    angle: torch.Tensor
    scale: torch.Tensor
    shift: torch.Tensor


def draw(
    count: int, rows: int, cols: int, settings: AugmentationSettings, generator: torch.Generator
) -> Changes:
    """Changes of `count` images of this size, uniform in the ranges of the settings.

    The same numbers are drawn whatever is switched off, on the generator's device.
    """
    uniform = torch.rand((count, 6), generator=generator, device=generator.device) * 2 - 1
    return Changes(
        flip=torch.where(uniform[:, :2] < 0, -1.0, 1.0).pow(int(settings.flip)),
        angle=uniform[:, 2] * math.radians(settings.rotation_deg),
        scale=1 + uniform[:, 3] * settings.scale,
        shift=settings.shift * torch.stack([uniform[:, 4] * cols, uniform[:, 5] * rows], -1),
    )


def changed(images: torch.Tensor, changes: Changes) -> torch.Tensor:
    """Resample images (b, channels, rows, cols) linearly; beyond the edge its value continues."""
    rows, cols = images.shape[-2:]
    theta = _to_source(changes, rows, cols).to(images.dtype)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def augmented(
    images: torch.Tensor, settings: AugmentationSettings, generator: torch.Generator
) -> torch.Tensor:
    """Images (b, channels, rows, cols), each changed at random."""
    count, _, rows, cols = images.shape
    return changed(images, draw(count, rows, cols, settings, generator))


def _to_source(changes: Changes, rows: int, cols: int) -> torch.Tensor:
    # (b, 2, 3): from a place in the result to its place in the image, both from -1 to 1
    cos = torch.cos(changes.angle) / changes.scale
    sin = torch.sin(changes.angle) / changes.scale
    turn = torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], -2)
    linear = changes.flip[:, :, None] * turn
    x, y = (-linear @ changes.shift[:, :, None]).squeeze(-1).unbind(-1)
    (xx, xy), (yx, yy) = (row.unbind(-1) for row in linear.unbind(-2))
    # no tensor is made from numbers here: on CUDA that would wait for the device
    first = torch.stack([xx, xy * (rows / cols), x * (2 / cols)], -1)
    second = torch.stack([yx * (cols / rows), yy, y * (2 / rows)], -1)
    return torch.stack([first, second], -2)
