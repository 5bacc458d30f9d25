"""Tensors with a text as bytes in the form of safetensors: nothing is unpickled, damage is noticed.

The same content gives the same bytes.
"""

import hashlib
import json

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from schemas.errors import HccerError

FIELD = "hccer"  # one field: safetensors keeps several in no fixed order


def pack(tensors: dict[str, torch.Tensor], description: str) -> bytes:
    """Tensors and their description as safetensors bytes."""
    plain = {name: each.detach().cpu().contiguous().clone() for name, each in tensors.items()}
    outer = {"sha256": _sha256(plain, description), "description": description}
    return save(plain, metadata={FIELD: json.dumps(outer, sort_keys=True)})


def unpack(content: bytes, what: str) -> tuple[dict[str, torch.Tensor], str]:
    """Tensors and description that `pack` wrote.

    Args:
        content: the bytes.
        what: what they should be, for the sentence.

    Raises:
        HccerError: the bytes are nothing of ours, not whole, or changed.
    """
    size = f"these {len(content):,} bytes"
    try:
        tensors = load(content)
        outer = json.loads(_metadata(content)[FIELD])
        sha256, description = outer["sha256"], outer["description"]
    except (SafetensorError, ValueError, KeyError, TypeError):
        raise HccerError(f"{size} are no {what}, or not all of one: train anew") from None
    if sha256 != _sha256(tensors, description):
        raise HccerError(f"{size} were {what} and are damaged: train anew")
    return tensors, description


def _metadata(content: bytes) -> dict[str, str]:
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length])["__metadata__"]


def _sha256(tensors: dict[str, torch.Tensor], description: str) -> str:
    digest = hashlib.sha256(description.encode())
    for name in sorted(tensors):
        each = tensors[name]
        digest.update(f"{name} {each.dtype} {tuple(each.shape)}".encode())
        digest.update(each.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
