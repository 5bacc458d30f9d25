"""The layers of a network as they run: output shapes and trained values, without computing."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from hccer.deep.networks import Architecture, ImageNetwork

# what only changes the values of the layer before it
_FOLLOWERS = (nn.modules.batchnorm._BatchNorm, nn.ReLU, nn.LeakyReLU, nn.Dropout, nn.Identity)


@dataclass(frozen=True)
class Layer:
    """One layer of a branch, or the fully connected one.

    Attributes:
        name: in the module.
        text: what it is, from the module itself.
        output: shape of what it gives, without the batch.
        parameters: trained values, its normalisation included.
        branches: how many of it stand side by side.
    """

    name: str
    text: str
    output: tuple[int, ...]
    parameters: int
    branches: int = 1


def layers(architecture: Architecture, rows: int, columns: int) -> tuple[Layer, ...]:
    """The layers of a network in the order in which they run.

    Args:
        architecture: what it is built from.
        rows: of an input image.
        columns: of an input image.
    """
    with torch.device("meta"):
        model = ImageNetwork(architecture).eval()
        images = torch.zeros(1, architecture.channels, rows, columns)
        joined = torch.zeros(1, architecture.joined) if architecture.joined else None
    found: list[Layer] = []
    units = [*model.branches[0].named_children(), ("classifier", model.classifier)]
    hooks = [module.register_forward_hook(_recorder(name, found)) for name, module in units]
    with torch.inference_mode():
        model(images, joined)
    for hook in hooks:
        hook.remove()
    count = len(model.branches)
    return (*_merged(found[:-1], count), found[-1])


def total_parameters(architecture: Architecture) -> int:
    """Trained values of a network."""
    with torch.device("meta"):
        return _parameters(ImageNetwork(architecture))


def _recorder(name: str, found: list[Layer]) -> Callable[..., None]:
    def record(module: nn.Module, _: tuple, output: torch.Tensor) -> None:
        text = "" if isinstance(module, _FOLLOWERS) else _text(module)
        found.append(Layer(name, text, tuple(output.shape[1:]), _parameters(module)))

    return record


def _merged(found: list[Layer], branches: int) -> list[Layer]:
    """Layers of a branch, each with the normalisation and activation that follow it."""
    merged: list[Layer] = []
    for layer in found:
        if layer.text:
            merged.append(Layer(layer.name, layer.text, layer.output, layer.parameters, branches))
        elif layer.parameters:
            last = merged.pop()
            both = last.parameters + layer.parameters
            merged.append(Layer(last.name, last.text, layer.output, both, branches))
    return merged


def _text(module: nn.Module) -> str:
    # a shortcut of 1x1 is no weighted layer of the path
    convolutions = [each for each in module.modules()
                    if isinstance(each, nn.Conv2d) and each.kernel_size[0] > 1]  # fmt: skip
    if isinstance(module, nn.Linear):
        return f"fully connected, {module.in_features} to {module.out_features}"
    if convolutions:
        side = convolutions[0].kernel_size[0]
        count = f"{len(convolutions)} convolutions" if len(convolutions) > 1 else "convolution"
        pool = any(isinstance(each, nn.MaxPool2d) for each in module.modules())
        return f"{count} {side}×{side}" + (", max pooling" if pool else "")
    if isinstance(module, nn.MaxPool2d):
        return "max pooling"
    return "average pooling"


def _parameters(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())
