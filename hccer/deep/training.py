"""Training of one network: samples and settings in, weights with their curve out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from hccer.deep.checkpoint import identity, take_up, to_checkpoint
from hccer.deep.course import Course, Epoch, Lesson, advance, begin
from hccer.deep.description import Description, describe
from hccer.deep.device import choose_device, computing, in_words
from hccer.deep.networks import ImageNetwork, build
from hccer.deep.resident import resident
from hccer.deep.samples import Samples, check
from hccer.deep.stopping import class_weights, draw_stopping
from hccer.deep.weights import to_bytes
from schemas.deep import DeepSettings, Network

__all__ = ["Epoch", "Trained", "train"]

OnEpoch = Callable[[Epoch, Callable[[], bytes]], None]


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network.

    weights: of the kept epoch, safetensors; parameters: how many values were trained; fitted,
    stopping: (n,) bool over the samples given, whose gradient was followed and who was watched.
    """

    weights: bytes
    curve: tuple[Epoch, ...]
    kept_epoch: int
    parameters: int
    device: str
    fitted: np.ndarray
    stopping: np.ndarray


def train(
    samples: Samples,
    network: Network,
    settings: DeepSettings,
    joined_names: tuple[str, ...] = (),
    *,
    resume: bytes | None = None,
    on_epoch: OnEpoch | None = None,
) -> Trained:
    """Train a network by stochastic gradient descent with early stopping inside the samples.

    The same samples in any order, settings, packages and kind of processor give the same bytes;
    on CUDA the weights repeat within rounding.

    Args:
        samples: the training patients.
        network: the architecture.
        settings: how slices and phases enter, and how it is trained.
        joined_names: of the columns of `samples.joined`, for the network joined with them; none
            for the images alone.
        resume: bytes that `on_epoch` could have after an epoch of the same training.
        on_epoch: called after each epoch, with a function that gives such bytes.

    Raises:
        HccerError: samples that no network can read, a class with too few patients, a loss that is
            not finite, a checkpoint that is damaged or of another training, no memory left.
    """
    check(samples)
    order = samples.order()
    watched = _watched(samples, order, settings)
    ordered = samples.at(order)
    description = describe(ordered.at(~watched), network, settings, joined_names)
    device = choose_device()
    with computing(device, settings.training.threads, same_shapes=True):
        course, lesson = _prepare(ordered, watched, description, device)
        key = identity(description, ordered, watched, device)
        if resume is not None:
            take_up(course, resume, key)
        while not course.ended(settings.training.epochs, settings.training.patience):
            epoch = advance(course, lesson)
            if on_epoch:
                on_epoch(epoch, lambda: to_checkpoint(course, key))
    stopping = np.zeros(len(samples), dtype=bool)
    stopping[order] = watched
    return Trained(
        weights=to_bytes(course.kept, description), curve=tuple(course.curve),
        kept_epoch=course.kept_epoch, fitted=~stopping, stopping=stopping,
        parameters=sum(each.numel() for each in course.model.parameters()),
        device=in_words(device, settings.training),
    )  # fmt: skip


def _watched(samples: Samples, order: np.ndarray, settings: DeepSettings) -> np.ndarray:
    training = settings.training
    return draw_stopping(samples.y_true[order], samples.keys[order], training.stopping_share,
                         training.random_state)  # fmt: skip


def _prepare(
    samples: Samples, watched: np.ndarray, description: Description, device: torch.device
) -> tuple[Course, Lesson]:
    settings = description.training
    model = build(description.architecture, settings.random_state)
    model = model.to(device, memory_format=torch.channels_last)
    fitted = samples.at(~watched)
    weights = class_weights(fitted.y_true, settings.class_weighted)
    lesson = Lesson(
        fitted=resident(fitted, description, device),
        watched=resident(samples.at(watched), description, device) if watched.any() else None,
        class_weights=torch.tensor(weights, dtype=torch.float32, device=device),
        description=description,
        step=_compiled(model) if settings.compile and device.type == "cuda" else model,
    )
    return begin(model, description, device), lesson


def _compiled(model: ImageNetwork) -> nn.Module:
    # after a few networks in one process torch would go on uncompiled and say nothing
    torch.compiler.reset()
    return torch.compile(model)
