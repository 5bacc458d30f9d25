"""Where the variance of repeated measurements lies: targets, raters, the rest."""

from dataclasses import dataclass

import numpy as np

from schemas.errors import HccerError

# spread below this share of a feature's root mean square is rounding, not measurement
ROUNDING = 1e-13


@dataclass(frozen=True)
class MeanSquares:
    """Two-way analysis of variance per feature, arrays (features,).

    `between` is of targets, `rater` of raters, `residual` of the rest, `within` of raters and
    rest together. Spread that is mere rounding is exactly 0.
    """

    targets: int
    raters: int
    between: np.ndarray
    rater: np.ndarray
    residual: np.ndarray
    within: np.ndarray


def mean_squares(values: np.ndarray) -> MeanSquares:
    """Analysis of variance of features measured by several raters.

    Args:
        values: (features, targets, raters); a feature with a missing value becomes NaN.

    Returns:
        The mean squares.

    Raises:
        HccerError: with fewer than two targets or raters.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 3 or min(values.shape[1:]) < 2:
        raise HccerError(
            "an ICC needs (features, targets, raters) with at least two targets and two raters, "
            f"not {values.shape}"
        )
    # raters first: sums over a short last axis are slow
    by_rater = np.array(values.transpose(2, 0, 1), order="C")
    size = np.einsum("rft,rft->f", by_rater, by_rater) / np.prod(values.shape[1:])
    by_rater[:, ~np.isfinite(size)] = np.nan
    return _squares(by_rater, rounding=size * ROUNDING**2)


def _squares(by_rater: np.ndarray, rounding: np.ndarray) -> MeanSquares:
    raters, _, targets = by_rater.shape
    target = by_rater.mean(axis=0)
    rater = by_rater.mean(axis=2)
    grand = target.mean(axis=1)
    deviation = by_rater - target
    offset = rater - grand
    sums = {
        "between": raters * _squared(target - grand[:, None]) / (targets - 1),
        "rater": targets * (offset**2).sum(axis=0) / (raters - 1),
        "residual": sum(_squared(each) for each in deviation - offset[:, :, None])
        / ((targets - 1) * (raters - 1)),
        "within": sum(_squared(each) for each in deviation) / (targets * (raters - 1)),
    }
    measured = {name: np.where(each <= rounding, 0.0, each) for name, each in sums.items()}
    return MeanSquares(targets, raters, **measured)


def _squared(deviation: np.ndarray) -> np.ndarray:
    return np.einsum("ft,ft->f", deviation, deviation)
