"""Which patient has which characteristic of Table 1: the counts are fixed, the rest is chance."""

import numpy as np

from hccer.synthetic.published import Assumptions, Published

Marks = dict[str, np.ndarray]


def draw_marks(
    published: Published, assumed: Assumptions, rng: np.random.Generator
) -> tuple[np.ndarray, Marks]:
    """Marks of all patients.

    Args:
        published: counts per group.
        assumed: joint counts of AFP, and how marks lean on each other.
        rng: decides who gets a mark, never how many.

    Returns:
        The group of each patient (n,), and per characteristic a boolean array (n,): in the
        category that published.yaml names first.
    """
    group = np.repeat(
        np.arange(len(published.groups)), [each.patients for each in published.groups]
    )
    marks = _joint_marks(published, assumed)
    for name, leaning in assumed.leanings.items():
        score = rng.standard_normal(group.size)
        score += sum(weight * marks[other] for other, weight in leaning.items())
        marks[name] = _largest(score, group, published.marked(name))
    return group, marks


def _joint_marks(published: Published, assumed: Assumptions) -> Marks:
    """AST, diameter and AFP, whose joint counts are fixed; patients of a group are alike so far."""
    rows = []
    for index, group in enumerate(published.groups):
        both = published.ast_and_diameter_above[index]
        ast_alone = published.marked("ast_u_l")[index] - both
        diameter_alone = published.marked("diameter_cm")[index] - both
        neither = group.patients - both - ast_alone - diameter_alone
        sizes = (both, ast_alone, diameter_alone, neither)
        cells = ((True, True), (True, False), (False, True), (False, False))
        for cell, size, afp in zip(cells, sizes, assumed.afp_above[index], strict=True):
            rows += [(*cell, patient < afp) for patient in range(size)]
    names = ("ast_u_l", "diameter_cm", "afp_iu_ml")
    return dict(zip(names, np.array(rows).T, strict=True))


def _largest(score: np.ndarray, group: np.ndarray, counts: tuple[int, ...]) -> np.ndarray:
    """Mark the patients with the largest scores of each group, as many as counted."""
    marked = np.zeros(score.size, dtype=bool)
    for index, count in enumerate(counts):
        members = np.flatnonzero(group == index)
        marked[members[np.argsort(-score[members])[:count]]] = True
    return marked
