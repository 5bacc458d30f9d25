"""Samples with a planted sign, and a network trained on them once."""

import hashlib
from functools import cache

import numpy as np

from hccer.deep.samples import Samples
from hccer.deep.training import Trained, train
from schemas.deep import DeepSettings, TrainingSettings

SIZE = 24
EPOCHS = 3


def deep_settings(**training: object) -> DeepSettings:
    plain = {"epochs": EPOCHS, "learning_rate": 0.01, "batch_size": 16}
    return DeepSettings(training=TrainingSettings(**{**plain, **training}))


def planted(n: int, seed: int = 0, signal: float = 0.8, slices: int = 1) -> Samples:
    """Noise of two phases; in patients with an event a square of the second one is brighter."""
    random = np.random.default_rng(seed)
    y_true = (np.arange(n) % 5 < 2).astype(int)
    tensors = random.normal(0, 0.4, (n, slices, 2, SIZE, SIZE)).astype(np.float32)
    masks = np.zeros((n, slices, SIZE, SIZE), dtype=bool)
    masks[:, :, 8:16, 8:16] = True
    tensors[y_true == 1, :, 1, 8:16, 8:16] += signal
    keys = [hashlib.sha256(f"{seed} {number}".encode()).hexdigest() for number in range(n)]
    return Samples(tensors, random.normal(size=(n, 3)), y_true, masks, np.array(keys))


@cache
def trained_once() -> tuple[Trained, tuple[bytes, ...]]:
    checkpoints = []
    done = train(planted(30, slices=2), "ResNet-10-128", deep_settings(),
                 on_epoch=lambda epoch, checkpoint: checkpoints.append(checkpoint()))  # fmt: skip
    return done, tuple(checkpoints)


def trained_again(**given: object) -> Trained:
    return train(planted(30, slices=2), "ResNet-10-128", deep_settings(), **given)
