"""The course of one training: epoch after epoch until the watched patients' loss stops falling."""

import copy
import math
import time
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hccer.deep.augmentation import augmented
from hccer.deep.description import Description
from hccer.deep.device import precision
from hccer.deep.networks import ImageNetwork
from hccer.deep.resident import Resident, aggregated, forward
from hccer.evaluation.delong import delong
from schemas.errors import HccerError


@dataclass(frozen=True)
class Epoch:
    """One pass over the training samples.

    loss: class-weighted cross-entropy of the augmented samples while the weights move;
    stopping_loss, stopping_auc: of the watched patients after it, None where there are none.
    """

    epoch: int
    loss: float
    stopping_loss: float | None
    stopping_auc: float | None
    seconds: float


@dataclass(eq=False)
class Course:
    """Everything that changes while a network is trained."""

    model: ImageNetwork
    optimizer: torch.optim.SGD
    order: torch.Generator
    changes: torch.Generator
    keep: Literal["best", "last"]
    curve: list[Epoch] = field(default_factory=list)
    kept: dict[str, torch.Tensor] = field(default_factory=dict)

    @property
    def kept_epoch(self) -> int:
        """The epoch whose weights are kept."""
        return len(self.curve) if self.keep == "last" else self._lowest

    @property
    def _lowest(self) -> int:
        """The epoch of the lowest stopping loss; the last one where nothing is watched."""
        if not self.curve or self.curve[0].stopping_loss is None:
            return len(self.curve)
        return min(self.curve, key=lambda each: each.stopping_loss).epoch

    def ended(self, epochs: int, patience: int) -> bool:
        """Whether there is nothing more to train."""
        done = len(self.curve)
        return done >= epochs or done - self._lowest >= patience


@dataclass(frozen=True, eq=False)
class Lesson:
    """Everything that stays as it is while a network is trained; `step` is the model, compiled."""

    fitted: Resident
    watched: Resident | None
    class_weights: torch.Tensor
    description: Description
    step: nn.Module


def begin(model: ImageNetwork, description: Description, device: torch.device) -> Course:
    """A course before its first epoch."""
    settings = description.training
    optimizer = torch.optim.SGD(model.parameters(), lr=settings.learning_rate,
                                momentum=settings.momentum,
                                weight_decay=settings.weight_decay)  # fmt: skip
    order = torch.Generator().manual_seed(settings.random_state)
    changes = torch.Generator(device).manual_seed(settings.random_state)
    return Course(model, optimizer, order, changes, settings.keep)


def advance(course: Course, lesson: Lesson) -> Epoch:
    """Train one epoch and note it.

    Raises:
        HccerError: the loss is not finite.
    """
    started = time.perf_counter()
    loss = _train(course, lesson).item()  # the one wait for the device
    number = len(course.curve) + 1
    watched = _watch(course, lesson) if lesson.watched else (None, None)
    if not all(math.isfinite(each) for each in (loss, watched[0] or 0.0)):
        raise HccerError(
            f"the loss of {lesson.description.network} is not finite in epoch {number}: "
            f"lower deep.training.learning_rate, "
            f"it is {lesson.description.training.learning_rate:g}"
        )
    epoch = Epoch(number, loss, *watched, seconds=time.perf_counter() - started)
    course.curve.append(epoch)
    if course.kept_epoch == number:
        course.kept = copy.deepcopy(course.model.state_dict())
    return epoch


def _train(course: Course, lesson: Lesson) -> torch.Tensor:
    data, settings = lesson.fitted, lesson.description.training
    dtype = precision(settings, data.images.device)
    course.model.train()
    order = torch.randperm(len(data), generator=course.order).to(data.images.device)
    total = torch.zeros((), device=data.images.device)
    # batches of nearly one size, two at least: no small one to upset the batch norm
    count = max(1, min(math.ceil(len(data) / settings.batch_size), len(data) // 2))
    for chosen in order.tensor_split(count):
        images, joined = data.at(chosen)
        images = augmented(images, settings.augmentation, course.changes)
        logits = forward(lesson.step, images, joined, dtype)
        loss = functional.cross_entropy(logits, data.labels[chosen], lesson.class_weights)
        course.optimizer.zero_grad()
        loss.backward()
        course.optimizer.step()
        total += loss.detach() * len(chosen)
    return total / len(data)


@torch.no_grad()
def _watch(course: Course, lesson: Lesson) -> tuple[float, float]:
    data, settings = lesson.watched, lesson.description.training
    dtype = precision(settings, data.images.device)
    course.model.eval()
    parts = data.parts(settings.batch_size)
    logits = torch.cat([forward(course.model, *data.at(part), dtype) for part in parts])
    loss = functional.cross_entropy(logits, data.labels, lesson.class_weights).item()
    if not math.isfinite(loss):
        return loss, math.nan
    scores = data.per_patient(logits.softmax(dim=1)[:, 1].cpu().numpy())
    y_true = data.per_patient(data.labels.cpu().numpy())[:, 0]
    y_score = aggregated(scores.astype(np.float64), lesson.description.aggregate)
    return loss, delong(y_true, y_score).auc.item()
