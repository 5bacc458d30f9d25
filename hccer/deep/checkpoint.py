"""A training between two epochs as bytes: taken up again it ends as if it had never stopped."""

import hashlib
import json
from dataclasses import asdict

import numpy as np
import torch

from hccer.deep.container import pack, unpack
from hccer.deep.course import Course, Epoch
from hccer.deep.description import Description
from hccer.deep.samples import Samples
from schemas.errors import HccerError

WHAT = "a training's checkpoint"


def identity(
    description: Description, samples: Samples, watched: np.ndarray, device: torch.device
) -> str:
    """What a checkpoint must agree with: settings, versions, patients, outcomes, joined values.

    And the kind of device: the random numbers of one kind are no state of another.
    """
    digest = hashlib.sha256(description.model_dump_json().encode())
    joined = b"" if samples.joined is None else samples.joined.tobytes()
    keys = "\n".join(str(key) for key in samples.keys).encode()
    kind = device.type.encode()
    for part in (kind, keys, samples.y_true.astype("int64").tobytes(), joined, watched.tobytes()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def to_checkpoint(course: Course, identity: str) -> bytes:
    """The course as bytes: weights, the kept ones, momentum, random numbers, curve."""
    parameters = course.optimizer.param_groups[0]["params"]
    momentum = {
        str(number): course.optimizer.state[each]["momentum_buffer"]
        for number, each in enumerate(parameters)
        if course.optimizer.state[each].get("momentum_buffer") is not None
    }
    random = {"order": course.order.get_state(), "changes": course.changes.get_state()}
    parts = {"model": course.model.state_dict(), "kept": course.kept,
             "momentum": momentum, "random": random}  # fmt: skip
    tensors = {f"{part}/{name}": each for part, given in parts.items()
               for name, each in given.items()}  # fmt: skip
    curve = [asdict(epoch) for epoch in course.curve]
    return pack(tensors, json.dumps({"identity": identity, "curve": curve}))


def take_up(course: Course, checkpoint: bytes, identity: str) -> None:
    """Bring a fresh course to where the checkpoint was taken.

    Raises:
        HccerError: the bytes are no checkpoint, damaged, or of another training.
    """
    tensors, text = unpack(checkpoint, WHAT)
    content = json.loads(text)
    if not isinstance(content, dict) or content.get("identity") != identity:
        raise HccerError(
            "the checkpoint is of another training (its settings, patients, versions or device "
            "differ): leave it out to train anew"
        )
    course.model.load_state_dict(_part(tensors, "model"))
    device = next(course.model.parameters()).device
    course.kept = {name: each.to(device) for name, each in _part(tensors, "kept").items()}
    momentum = _part(tensors, "momentum")
    for number, each in enumerate(course.optimizer.param_groups[0]["params"]):
        if str(number) in momentum:
            buffer = torch.empty_like(each).copy_(momentum[str(number)])
            course.optimizer.state[each]["momentum_buffer"] = buffer
    course.order.set_state(tensors["random/order"])
    course.changes.set_state(tensors["random/changes"])
    course.curve = [Epoch(**epoch) for epoch in content["curve"]]


def _part(tensors: dict[str, torch.Tensor], part: str) -> dict[str, torch.Tensor]:
    prefix = f"{part}/"
    return {name.removeprefix(prefix): each for name, each in tensors.items()
            if name.startswith(prefix)}  # fmt: skip
