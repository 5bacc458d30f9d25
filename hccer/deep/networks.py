"""The networks: ResNets of MONAI and the paper's own, with branches, joined features, one layer.

Source: paper, Deep learning model construction and Figure 3; He et al., CVPR 2016.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from schemas.deep import Network

CLASSES = 2
LAYERS = ("layer1", "layer2", "layer3", "layer4")


@dataclass(frozen=True)
class Architecture:
    """What a network is built from.

    channels: of one input, a multiple of `phases`; joined: features beside the image, 0: none.
    """

    network: Network
    fusion: Literal["early", "late"]
    channels: int
    phases: int
    joined: int = 0


class ImageNetwork(nn.Module):
    """One branch for all phases or one for each; their vectors and joined features, one layer."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        branches = architecture.phases if architecture.fusion == "late" else 1
        channels = architecture.channels // branches
        self.branches = nn.ModuleList(
            _backbone(architecture.network, channels) for _ in range(branches)
        )
        width = branches * _width(architecture.network) + architecture.joined
        self.classifier = nn.Linear(width, CLASSES)

    def vector(self, images: torch.Tensor, joined: torch.Tensor | None) -> torch.Tensor:
        """What enters the fully connected layer (b, width).

        Args:
            images: (b, channels, rows, cols), channels of a phase side by side.
            joined: (b, p) z-scores, or None.
        """
        parts = images.chunk(len(self.branches), dim=1)
        vectors = [branch(part) for branch, part in zip(self.branches, parts, strict=True)]
        return torch.cat(vectors if joined is None else [*vectors, joined], dim=1)

    def forward(self, images: torch.Tensor, joined: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (b, 2) of no event and event."""
        return self.classifier(self.vector(images, joined))


class ResNet10With128(nn.Module):
    """The network as the paper's text counts it: 10 weighted layers, a vector of 128.

    A 7x7 convolution of 64, then two basic blocks of 64 and two of 128; four 3x3 convolutions each
    ("bottleneck modules" in the text are none). The first stride is 1, as in MONAI's networks.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(OrderedDict(
            conv1=nn.Conv2d(channels, 64, 7, padding=3, bias=False),
            bn1=nn.BatchNorm2d(64),
            act=nn.ReLU(inplace=True),
            maxpool=nn.MaxPool2d(3, stride=2, padding=1),
        ))  # fmt: skip
        self.layer1 = _stage(64, 64, stride=1)
        self.layer2 = _stage(64, 128, stride=2)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Vectors (b, 128) of images (b, channels, rows, cols)."""
        return self.layer2(self.layer1(self.stem(images))).mean(dim=(2, 3))


def _stage(before: int, width: int, stride: int) -> nn.Sequential:
    from monai.networks.nets.resnet import ResNetBlock

    shortcut = None
    if stride > 1:
        shortcut = nn.Sequential(nn.Conv2d(before, width, 1, stride), nn.BatchNorm2d(width))
    first = ResNetBlock(before, width, spatial_dims=2, stride=stride, downsample=shortcut)
    return nn.Sequential(first, ResNetBlock(width, width, spatial_dims=2))


def _backbone(network: Network, channels: int) -> nn.Module:
    if network == "ResNet-10-128":
        return ResNet10With128(channels)
    from monai.networks.nets import resnet

    build = {"ResNet-10": resnet.resnet10, "ResNet-18": resnet.resnet18,
             "ResNet-34": resnet.resnet34}[network]  # fmt: skip
    return build(spatial_dims=2, n_input_channels=channels, feed_forward=False)


def _width(network: Network) -> int:
    return 128 if network == "ResNet-10-128" else 512


def build(architecture: Architecture, random_state: int) -> ImageNetwork:
    """A network with fresh weights; the process's own random numbers stay where they were."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(random_state)
        return ImageNetwork(architecture)


def stages(model: ImageNetwork) -> list[tuple[nn.Module, ...]]:
    """The convolutional stages, from the first to the deepest; one module of each branch."""
    found = [tuple(getattr(branch, name, None) for branch in model.branches) for name in LAYERS]
    return [stage for stage in found if stage[0] is not None]
