"""Trained weights as bytes: safetensors that say all that is needed to use them."""

import torch
from pydantic import ValidationError

from hccer.deep.container import pack, unpack
from hccer.deep.description import Description
from hccer.deep.networks import ImageNetwork, build
from schemas.errors import HccerError

WHAT = "a network's weights"


def to_bytes(state: dict[str, torch.Tensor], description: Description) -> bytes:
    """Weights with their description."""
    return pack(state, description.model_dump_json())


def read(weights: bytes) -> tuple[dict[str, torch.Tensor], Description]:
    """Weights and description that `to_bytes` wrote.

    Raises:
        HccerError: the bytes are no weights, not whole, changed, or of another version.
    """
    state, text = unpack(weights, WHAT)
    try:
        return state, Description.model_validate_json(text)
    except ValidationError:
        raise HccerError(
            "the weights were written by another version of hccer: train anew"
        ) from None


def network(weights: bytes, device: torch.device) -> tuple[ImageNetwork, Description]:
    """The network with these weights, ready to score.

    Raises:
        HccerError: as `read`, or the weights are another network's.
    """
    state, description = read(weights)
    with torch.device("meta"):  # no memory, no random numbers: the weights are put in its place
        model = build(description.architecture, random_state=0)
    try:
        model.load_state_dict(state, assign=True)
    except RuntimeError:
        raise HccerError(f"these weights do not fit a {description.network}: train anew") from None
    return model.to(device, memory_format=torch.channels_last).eval(), description
