"""What a network is trained on: the crops of patients with their outcomes."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from schemas.errors import HccerError


@dataclass(frozen=True, eq=False)
class Samples:
    """Patients as a network sees them.

    tensors: (n, slices, channels, rows, cols) float32, the phases are the channels; joined: (n, p)
    float64 on their own scale, radiomics features and clinical factors, or None; y_true: (n,) 0 or
    1; masks: (n, slices, rows, cols) bool, the tumour; keys: (n,) text, the hash of each patient's
    content. The order of the patients decides nothing: what is drawn, is drawn by key.
    """

    tensors: np.ndarray
    joined: np.ndarray | None
    y_true: np.ndarray
    masks: np.ndarray
    keys: np.ndarray

    def __len__(self) -> int:
        """Patients."""
        return len(self.tensors)

    def at(self, chosen: np.ndarray) -> "Samples":
        """Some of the patients, by mask or index."""
        joined = None if self.joined is None else self.joined[chosen]
        return replace(self, tensors=self.tensors[chosen], joined=joined,
                       y_true=self.y_true[chosen], masks=self.masks[chosen],
                       keys=self.keys[chosen])  # fmt: skip

    def order(self) -> np.ndarray:
        """Indices (n,) that sort the patients by key."""
        return np.lexsort((self.y_true, self.keys))


def images(tensors: np.ndarray, slices: Literal["samples", "channels"]) -> np.ndarray:
    """Crops as the network's inputs.

    Args:
        tensors: (n, slices, channels, rows, cols).
        slices: each one input of its own, or all of a patient in one.

    Returns:
        (n * slices, channels, rows, cols), slices of a patient side by side; or (n, channels *
        slices, rows, cols), slices of a phase side by side.
    """
    n, count, channels, rows, cols = tensors.shape
    if slices == "samples":
        return tensors.reshape(n * count, channels, rows, cols)
    return tensors.swapaxes(1, 2).reshape(n, channels * count, rows, cols)


def check(samples: Samples) -> None:
    """Refuse what no network can read.

    Raises:
        HccerError: the arrays do not fit each other, or a value is not finite.
    """
    if samples.tensors.ndim != 5:
        raise HccerError(
            f"crops have the axes patient, slice, phase, row, column, given: "
            f"{samples.tensors.shape}"
        )
    n = len(samples)
    parts = {"y_true": samples.y_true, "masks": samples.masks, "keys": samples.keys}
    parts |= {} if samples.joined is None else {"joined": samples.joined}
    for name, part in parts.items():
        if len(part) != n:
            raise HccerError(f"there are crops of {n} patients, but {name} of {len(part)}")
    for name, part in {"crops": samples.tensors, **parts}.items():
        if name in ("crops", "joined") and not np.isfinite(part).all():
            bad = ~np.isfinite(part).reshape(n, -1).all(axis=1)
            raise HccerError(
                f"{int(bad.sum())} of {n} patients have {name} that are not finite, the first is "
                f"{samples.keys[bad][0]!s:.12}: leave them out or impute them"
            )
