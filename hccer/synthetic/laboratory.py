"""Measurements of the built-in patients: on the right side of each cut-off, skewed as in life."""

import numpy as np
from scipy.stats import truncnorm

from hccer.synthetic.marks import Marks
from hccer.synthetic.published import Assumptions, Measure, Published


def draw_measures(
    published: Published, assumed: Assumptions, marks: Marks, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Laboratory values and tumour diameter; beyond the marks they know nothing of the outcome.

    Args:
        published: cut-offs, and which side of each is marked.
        assumed: distribution of each measurement, and the values of Child-Pugh class B.
        marks: boolean arrays (n,).
        rng: random generator.

    Returns:
        One array (n,) per measurement, in the unit that its name ends in.
    """
    patients = marks["ast_u_l"].size
    values = {}
    for name, measure in assumed.measures.items():
        low, high = (np.full(patients, bound) for bound in measure.bounds)
        if name in published.cut_offs:
            low, high = _side(published, name, marks[name], measure)
        if name in assumed.child_pugh_b:
            b = marks["child_pugh_class"] & marks[name]
            low, high = (
                np.where(b, bound, side)
                for bound, side in zip(assumed.child_pugh_b[name], (low, high), strict=True)
            )
        values[name] = _draw(measure, low, high, rng)
    return values


def ascites(marks: Marks) -> np.ndarray:
    """Ascites (n,): mild where class B needs the point that bilirubin does not give.

    Source: Pugh RN et al. Br J Surg 1973;60:646 (class B: 7 to 9 points).
    """
    needed = marks["child_pugh_class"] & ~marks["tbil_umol_l"]
    return np.where(needed, "mild", "none")


def _side(
    published: Published, name: str, marked: np.ndarray, measure: Measure
) -> tuple[np.ndarray, np.ndarray]:
    cut_off, step = published.cut_offs[name], 10.0**-measure.decimals
    marks_below = published.categories(name)[0] == "below"
    above = ~marked if marks_below else marked
    # 'at least' owns the cut-off on the upper side, 'at most' on the lower
    smallest, largest = (cut_off, cut_off - step) if marks_below else (cut_off + step, cut_off)
    low, high = measure.bounds
    return np.where(above, smallest, low), np.where(above, high, largest)


def _draw(
    measure: Measure, low: np.ndarray, high: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    middle = np.log(measure.median)
    a, b = (np.log(low) - middle) / measure.spread, (np.log(high) - middle) / measure.spread
    draws = truncnorm.rvs(a, b, size=low.size, random_state=rng)
    return np.round(np.exp(middle + measure.spread * draws), measure.decimals)
