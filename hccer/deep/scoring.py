"""Scores and embeddings of patients by trained weights."""

from dataclasses import dataclass

import numpy as np
import torch

from hccer.deep import weights as stored
from hccer.deep.description import Description
from hccer.deep.device import choose_device, computing, within_memory
from hccer.deep.networks import ImageNetwork
from hccer.deep.resident import Resident, aggregated, resident
from hccer.deep.samples import Samples, check


@dataclass(frozen=True, eq=False)
class Scores:
    """What a network says of patients.

    slice_scores: (n, slices), or (n, 1) where a patient is one input, probability of the event;
    y_score: (n,), these by the aggregate rule; embedding: (n, d) float32, what enters the fully
    connected layer, joined z-scores included, the mean over the slices.
    """

    slice_scores: np.ndarray
    y_score: np.ndarray
    embedding: np.ndarray


def score(weights: bytes, samples: Samples) -> Scores:
    """Score patients in float32; the outcome and the masks are not looked at.

    Raises:
        HccerError: weights that are none, crops or features that this network does not read, or no
            memory left.
    """
    check(samples)
    device = choose_device()
    with within_memory(device):
        model, description = stored.network(weights, device)
    description.check(samples)
    with computing(device, description.training.threads), torch.inference_mode():
        data = resident(samples, description, device)
        probability, vector = _forward(model, data, description)
    slice_scores = data.per_patient(probability).astype(np.float64)
    return Scores(slice_scores, aggregated(slice_scores, description.aggregate),
                  data.per_patient(vector).mean(axis=1))  # fmt: skip


def _forward(
    model: ImageNetwork, data: Resident, description: Description
) -> tuple[np.ndarray, np.ndarray]:
    vectors = [
        model.vector(images.contiguous(memory_format=torch.channels_last), joined)
        for images, joined in map(data.at, data.parts(description.training.batch_size))
    ]
    vector = torch.cat(vectors)
    probability = model.classifier(vector).softmax(dim=1)[:, 1]
    return probability.cpu().numpy(), vector.cpu().numpy()


def joined_names(weights: bytes) -> tuple[str, ...]:
    """Names of the features and factors that the network is joined with, in order; maybe none."""
    return stored.read(weights)[1].joined_names
