"""Ages in whole years whose means and SDs are those printed, as closely as whole years allow."""

import numpy as np
from scipy.stats import skewnorm

from hccer.synthetic.published import Ages


def ages_of_group(ages: Ages, index: int, patients: int, skewness: float) -> np.ndarray:
    """Ages of one group, ascending; the first group holds the youngest and the oldest patient.

    Args:
        ages: mean and SD per group, range of all patients, in years.
        index: which group.
        patients: how many.
        skewness: shape of the skew normal distribution whose quantiles are the start.

    Returns:
        Whole years (patients,).
    """
    low, high = ages.range
    quantiles = skewnorm.ppf((np.arange(patients) + 0.5) / patients, skewness)
    standard = (quantiles - quantiles.mean()) / quantiles.std(ddof=1)
    years = np.rint(ages.mean[index] + ages.sd[index] * standard).astype(int)
    years = years.clip(low + 1, high - 1)
    if index == 0:
        years[0], years[-1] = low, high
    inner = slice(1, -1)  # the ends keep the range
    total = round(ages.mean[index] * patients)
    squares = (patients - 1) * ages.sd[index] ** 2 + total**2 / patients
    ends = years[[0, -1]]
    years[inner] = _with_sum(years[inner], total - ends.sum())
    years[inner] = _with_squares(years[inner], squares - (ends**2).sum())
    return np.sort(years)


def _with_sum(years: np.ndarray, total: int) -> np.ndarray:
    """Move the middle ages by one year each until the sum is right."""
    excess = years.sum() - total
    start = (years.size - abs(excess)) // 2
    moved = years.copy()
    moved[start : start + abs(excess)] -= np.sign(excess)
    return moved


def _with_squares(years: np.ndarray, squares: float) -> np.ndarray:
    """Move pairs of ages by one year in opposite directions: the sum stays, the spread is met."""
    moved = years.copy()
    while True:
        wanted = squares - (moved**2).sum()
        change = 2 * (moved[:, None] - moved[None, :] + 1)  # row one year older, column younger
        up, down = np.unravel_index(np.abs(wanted - change).argmin(), change.shape)
        if abs(wanted - change[up, down]) >= abs(wanted):
            return moved
        moved[up] += 1
        moved[down] -= 1
