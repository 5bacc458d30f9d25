"""What the chain learns from: features, repeated delineations, factors, outcome."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from hccer.selection.folds import check_matrix
from schemas.errors import HccerError


@dataclass(frozen=True, eq=False)
class Repeats:
    """Features of tumours drawn again.

    rows: (m,), the patient each belongs to; X: (m, p), columns as those of the patients, or
    (m, k, p) of tumours drawn again k times.
    """

    rows: np.ndarray
    X: np.ndarray

    def of(self, features: np.ndarray | slice) -> Self:
        """The repeats with some of the features (p,)."""
        return replace(self, X=self.X[..., features])

    def beside(self, X: np.ndarray) -> np.ndarray:
        """Features of the reference delineations X (n, p) and of the repeats: (p, m, 1 + k)."""
        again = self.X.reshape(len(self.rows), -1, X.shape[1])
        return np.concatenate([X[self.rows, None], again], axis=1).transpose(2, 0, 1)

    def among(self, rows: np.ndarray, patients: int) -> Self:
        """Those of the patients in `rows`, of all `patients`, in that order and renumbered."""
        place = np.full(patients, -1)
        place[rows] = np.arange(len(rows))
        chosen = np.flatnonzero(place[self.rows] >= 0)
        chosen = chosen[np.argsort(place[self.rows[chosen]], kind="stable")]
        return replace(self, rows=place[self.rows[chosen]], X=self.X[chosen])


@dataclass(frozen=True, eq=False)
class Patients:
    """The table of a cohort, one row per patient.

    X: features of the reference delineation (n, p), finite; feature_names: (p,); keys: (n,), a hash
    of each patient's content, all different; y_true: (n,), 0 or 1, both there; intra, inter: the
    same reader's second session and the other reader, None where nobody was drawn again; factors:
    coded clinical factors (n, k), NaN where missing; factor_names: (k,).
    """

    X: np.ndarray
    feature_names: tuple[str, ...]
    keys: tuple[str, ...]
    y_true: np.ndarray
    intra: Repeats | None = None
    inter: Repeats | None = None
    factors: np.ndarray | None = None
    factor_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise HccerError where parts do not fit, or two patients have the same content."""
        check_matrix(self.X, self.y_true)
        patients, features = self.X.shape
        if len(self.feature_names) != features or len(self.keys) != patients:
            raise HccerError(
                f"{features} features and {patients} patients have {len(self.feature_names)} "
                f"names and {len(self.keys)} keys"
            )
        _check_keys(self.keys)
        for name, repeats in (("intra", self.intra), ("inter", self.inter)):
            _check_repeats(name, repeats, patients, features)
        shape = (patients, len(self.factor_names))
        if self.factors is not None and self.factors.shape != shape:
            raise HccerError(f"factors of shape {self.factors.shape} should have {shape}")

    def take(self, rows: np.ndarray) -> Self:
        """Some of the patients, with their repeats, in the order of the rows."""
        drawn = {
            name: repeats and repeats.among(rows, len(self.keys))
            for name, repeats in (("intra", self.intra), ("inter", self.inter))
        }
        return replace(
            self,
            X=self.X[rows],
            keys=tuple(self.keys[row] for row in rows),
            y_true=self.y_true[rows],
            factors=None if self.factors is None else self.factors[rows],
            **drawn,
        )

    def in_order(self) -> Self:
        """All patients sorted by key: sums over them then round alike, whatever the table."""
        return self.take(np.argsort(self.keys))

    def table(self, features: np.ndarray, factors: np.ndarray) -> np.ndarray:
        """Chosen features, then chosen factors, by position: (n, chosen)."""
        chosen = self.X[:, features]
        return np.hstack([chosen, self.factors[:, factors]]) if len(factors) else chosen

    def names(self, features: np.ndarray, factors: np.ndarray) -> list[str]:
        """The names of the columns of `table`."""
        chosen = [self.feature_names[each] for each in features]
        return chosen + [self.factor_names[each] for each in factors]


def _check_keys(keys: tuple[str, ...]) -> None:
    twice, count = Counter(keys).most_common(1)[0]
    if count > 1:
        raise HccerError(
            f"{count} patients have the same content {twice[:12]}: "
            "the same patient would be trained on and tested on, keep one"
        )


def _check_repeats(name: str, repeats: Repeats | None, patients: int, features: int) -> None:
    if repeats is None:
        return
    rows, shape = np.asarray(repeats.rows), repeats.X.shape
    if (shape[0], shape[-1]) != (len(rows), features) or len(np.unique(rows)) < len(rows):
        raise HccerError(
            f"{name}: {len(np.unique(rows))} patients drawn again have a table of {shape}: "
            f"one row each of {features} features is needed"
        )
    if len(rows) and not 0 <= rows.min() <= rows.max() < patients:
        raise HccerError(f"{name}: a row beyond the {patients} patients is named")
