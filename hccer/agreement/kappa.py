"""Cohen's kappa: agreement of two readers on categories, beyond chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from hccer.evaluation.estimate import two_sided_p, wald
from schemas.errors import HccerError

Weights = Literal["unweighted", "linear", "quadratic"]
Band = Literal["excellent", "substantial", "moderate", "poor"]


@dataclass(frozen=True)
class Kappa:
    """Kappa of two readers; NaN where both always choose one and the same category.

    The interval rests on `standard_error`, that of the kappa found; it is cut to -1..1 and NaN
    where that error is 0 (readers who always agree). `z` and `p_value` test kappa = 0 with the
    standard error that holds without agreement, as irr::kappa2 does.
    """

    kappa: float
    standard_error: float
    ci_low: float
    ci_high: float
    z: float
    p_value: float
    n: int


def cohen_kappa(
    first: ArrayLike,
    second: ArrayLike,
    weights: Weights = "unweighted",
    categories: Sequence | None = None,
    level: float = 0.95,
) -> Kappa:
    """Cohen's kappa of two readers.

    Args:
        first: (patients,) one reader's categories.
        second: (patients,) the other's.
        weights: how much credit neighbouring categories get.
        categories: all categories in order; without it those that occur, sorted. Weights go by
            the position in this order.
        level: coverage of the interval.

    Returns:
        Kappa with interval and test.

    Raises:
        HccerError: where readings do not pair up, or hold a category that is not named.

    Source:
        Cohen, Psychol Bull 1968;70:213; Fleiss, Cohen and Everitt, Psychol Bull 1969;72:323.
    """
    table = _table(np.asarray(first), np.asarray(second), categories)
    n = int(table.sum())
    chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / n**2
    weight = _weights(len(table), weights)
    agreed, expected = (table * weight).sum() / n, (chance * weight).sum()
    if expected >= 1:
        return Kappa(*[np.nan] * 6, n=n)
    kappa = (agreed - expected) / (1 - expected)
    null_error = _standard_error(chance, chance, weight, 0.0, n)
    interval = wald(kappa, _standard_error(table / n, chance, weight, kappa, n), level)
    z = kappa / null_error if null_error > 0 else np.nan
    return Kappa(
        kappa=interval.value,
        standard_error=interval.standard_error,
        ci_low=float(np.maximum(interval.ci_low, -1)),
        ci_high=float(np.minimum(interval.ci_high, 1)),
        z=float(z),
        p_value=two_sided_p(z),
        n=n,
    )


def _standard_error(
    share: np.ndarray, chance: np.ndarray, weight: np.ndarray, kappa: float, n: int
) -> float:
    """Standard error of kappa where pairs of categories occur in the shares given."""
    expected = (chance * weight).sum()
    margin = np.add.outer(weight @ chance.sum(axis=0), chance.sum(axis=1) @ weight)
    variance = (share * (weight - margin * (1 - kappa)) ** 2).sum()
    variance -= (kappa - expected * (1 - kappa)) ** 2
    # what rounding leaves of a variance of 0
    return np.sqrt(variance / n) / (1 - expected) if variance > 1e-14 else 0.0


def _table(first: np.ndarray, second: np.ndarray, categories: Sequence | None) -> np.ndarray:
    if first.shape != second.shape or first.ndim != 1 or not first.size:
        raise HccerError(f"two readers' readings must pair up: {first.shape} and {second.shape}")
    both = np.concatenate([first, second])
    order = list(np.unique(both) if categories is None else categories)
    unknown = sorted({str(each) for each in both.tolist() if each not in order})
    if unknown:
        raise HccerError(f"readings {', '.join(unknown)} are none of the categories {order}")
    place = {category: position for position, category in enumerate(order)}
    pairs = [(place[a], place[b]) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    table = np.zeros((len(order), len(order)))
    np.add.at(table, tuple(np.transpose(pairs)), 1)
    return table


def _weights(categories: int, weights: Weights) -> np.ndarray:
    place = np.arange(categories)
    apart = np.abs(np.subtract.outer(place, place)) / max(categories - 1, 1)
    return {"unweighted": (apart == 0) * 1.0, "linear": 1 - apart, "quadratic": 1 - apart**2}[
        weights
    ]


def kappa_band(kappa: float) -> Band | None:
    """The word for a kappa: > 0.80 excellent, > 0.60 substantial, > 0.40 moderate, else poor.

    A limit itself belongs to the lower band. None for NaN.
    """
    if np.isnan(kappa):
        return None
    # a kappa of 0.6 may be 0.6000000000000001
    value = round(kappa, 12)
    limits = {"excellent": 0.8, "substantial": 0.6, "moderate": 0.4}
    return next((word for word, limit in limits.items() if value > limit), "poor")
