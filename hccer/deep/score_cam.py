"""Score-CAM: where an image's score comes from, without gradients.

Source: Wang H. et al., CVPR Workshops 2020 (arXiv 1910.01279), Algorithm 1. The maps are upsampled
before each is scaled to 0..1, as printed there; torchcam 0.5.0 scales first, and the two agree
where a map has the image's size.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from hccer.deep.networks import ImageNetwork, stages

AT_ONCE = 64  # masked images in one forward pass
EVENT = 1


def score_cam(
    logits: Callable[[torch.Tensor], torch.Tensor], image: torch.Tensor, activations: torch.Tensor
) -> torch.Tensor | None:
    """The map of the event.

    Args:
        logits: of a batch (b, channels, rows, cols), (b, 2).
        image: (channels, rows, cols).
        activations: (k, rows, cols) of a convolutional layer for this image, of any size.

    Returns:
        (rows, cols) of the image, from 0 to 1; None where every activation or their sum is flat.
    """
    maps = _upsampled(activations, image.shape[-2:])
    low, high = maps.amin(dim=(1, 2)), maps.amax(dim=(1, 2))
    varies = high > low
    if not varies.any():
        return None
    maps, low, high = maps[varies], low[varies, None, None], high[varies, None, None]
    masks = (maps - low) / (high - low)
    scores = torch.cat([logits(part[:, None] * image)[:, EVENT] for part in masks.split(AT_ONCE)])
    # the increase over a black image; it is one number for all maps
    increase = scores - logits(torch.zeros_like(image)[None])[:, EVENT]
    total = (increase.softmax(dim=0)[:, None, None] * maps).sum(dim=0).relu()
    return _scaled(total)


def _upsampled(maps: torch.Tensor, size: torch.Size) -> torch.Tensor:
    return functional.interpolate(maps[None], size, mode="bilinear", align_corners=False)[0]


def _scaled(total: torch.Tensor) -> torch.Tensor | None:
    low, high = total.min(), total.max()
    return (total - low) / (high - low) if high > low else None


def stage_activations(
    model: ImageNetwork,
    image: torch.Tensor,
    joined: torch.Tensor | None,
    fewest_pixels: int,
    branch: int | None = None,
) -> torch.Tensor:
    """Activations (k, rows, cols) of the deepest stage whose maps are not too small.

    Args:
        model: the network.
        image: (channels, rows, cols).
        joined: (p,) z-scores, or None.
        fewest_pixels: rows and columns that a map must have; the first stage where none has.
        branch: of late fusion, one branch's maps; None: of all.
    """
    found = stages(model)
    kept: dict[nn.Module, torch.Tensor] = {}
    hooks = [
        module.register_forward_hook(lambda module, _, output: kept.update({module: output[0]}))
        for stage in found
        for module in stage
    ]
    model(image[None], None if joined is None else joined[None])
    for hook in hooks:
        hook.remove()
    fit = [stage for stage in found if min(kept[stage[0]].shape[-2:]) >= fewest_pixels]
    chosen = (fit or found[:1])[-1]
    return torch.cat([kept[each] for each in (chosen if branch is None else (chosen[branch],))])
