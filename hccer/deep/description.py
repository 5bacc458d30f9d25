"""What has to be known to use trained weights; it travels inside them."""

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from hccer.deep.networks import Architecture
from hccer.deep.samples import Samples, images
from hccer.deep.versions import versions
from schemas.deep import DeepSettings, Network, TrainingSettings
from schemas.errors import HccerError


class Description(BaseModel):
    """A network: its architecture, inputs, training, and the versions it was made with.

    shape: slices, channels, rows, cols of a patient's crop; joined_mean, joined_scale: of the
    patients that were fitted, the scale is 1 where a feature does not vary.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: Network
    fusion: Literal["early", "late"]
    slices: Literal["samples", "channels"]
    aggregate: Literal["mean", "max"]
    training: TrainingSettings
    shape: tuple[int, int, int, int]
    joined_names: tuple[str, ...] = ()
    joined_mean: tuple[float, ...] = ()
    joined_scale: tuple[float, ...] = ()
    versions: dict[str, str]

    @property
    def architecture(self) -> Architecture:
        """What the network is built from."""
        count, phases, _, _ = self.shape
        channels = phases * (count if self.slices == "channels" else 1)
        return Architecture(self.network, self.fusion, channels, phases, len(self.joined_names))

    def images(self, samples: Samples) -> np.ndarray:
        """The crops as this network's inputs, see `hccer.deep.samples.images`."""
        return images(np.asarray(samples.tensors, dtype=np.float32), self.slices)

    def joined(self, samples: Samples) -> np.ndarray | None:
        """z-scores (n, p) float32 of what is joined; None where nothing is."""
        if not self.joined_names:
            return None
        scaled = (samples.joined - np.array(self.joined_mean)) / np.array(self.joined_scale)
        return scaled.astype(np.float32)

    def check(self, samples: Samples) -> None:
        """Refuse crops or features that this network does not read.

        Raises:
            HccerError: another number of slices, phases, pixels or features.
        """
        given, wanted = samples.tensors.shape[1:], self.shape
        if given[1:] != wanted[1:] or (self.slices == "channels" and given[0] != wanted[0]):
            raise HccerError(
                f"this {self.network} reads crops of {_words(wanted)}, given: {_words(given)}"
            )
        joined = 0 if samples.joined is None else samples.joined.shape[1]
        if self.joined_names and joined != len(self.joined_names):
            raise HccerError(
                f"this {self.network} is joined with {len(self.joined_names)} features and "
                f"factors, given: {joined}"
            )


def _words(shape: tuple[int, ...]) -> str:
    slices, phases, rows, cols = shape
    return f"{slices} slices, {phases} phases and {rows} x {cols} pixels"


def describe(
    samples: Samples, network: Network, settings: DeepSettings, joined_names: tuple[str, ...]
) -> Description:
    """The description of a network that is to be fitted to these samples, sorted by key.

    Raises:
        HccerError: names and values of what is joined do not fit each other.
    """
    mean, scale = (), ()
    if joined_names:
        columns = 0 if samples.joined is None else samples.joined.shape[1]
        if columns != len(joined_names):
            raise HccerError(f"{len(joined_names)} names are joined, but {columns} values")
        sd = samples.joined.std(axis=0)
        mean = tuple(samples.joined.mean(axis=0).tolist())
        scale = tuple(np.where(sd > 0, sd, 1.0).tolist())
    return Description(
        network=network, fusion=settings.fusion, slices=settings.slices,
        aggregate=settings.aggregate, training=settings.training,
        shape=samples.tensors.shape[1:], joined_names=joined_names, joined_mean=mean,
        joined_scale=scale, versions=versions(),
    )  # fmt: skip
