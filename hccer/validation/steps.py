"""The steps that several models share, each fitted on the training patients and done once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from hccer.clinical.risk_factors import RiskFactors, risk_factors
from hccer.selection.chain import FeatureSelector
from hccer.validation.fitted import NONE
from hccer.validation.folds import dealt
from hccer.validation.patients import Patients
from hccer.validation.reliability import repeatable
from schemas.errors import HccerError
from schemas.modelling import SelectionSettings
from schemas.validation import ChainSettings


@dataclass(frozen=True, eq=False)
class Selection:
    """Positions of the features kept (k,), how many each step left, and why none is left."""

    features: np.ndarray
    kept: dict[str, int]
    reason: str | None = None


def select(
    patients: Patients, candidates: np.ndarray, foldid: np.ndarray, settings: SelectionSettings
) -> Selection:
    """Screen and LASSO among candidates; to keep nothing is a result like any other.

    Args:
        patients: all of them are learned from.
        candidates: which features (p,) may be kept.
        foldid: fold of each patient (n,), for the penalty.
        settings: of both steps.
    """
    left = np.flatnonzero(candidates)
    kept = {"features": len(candidates), "repeatable": len(left), "screened": 0, "selected": 0}
    selector = FeatureSelector(settings)
    try:
        chosen = left[selector.fit(patients.X[:, left], patients.y_true, foldid).get_support()]
        reason = None
    except HccerError as error:
        chosen, reason = NONE, str(error)
    if hasattr(selector, "screen_"):
        kept["screened"] = int(selector.screen_.get_support().sum())
    return Selection(chosen, kept | {"selected": len(chosen)}, reason)


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps on some training patients, computed when first asked for.

    selected_on: on whom screen and LASSO are fitted, the training patients but for the control.
    """

    train: Patients
    selected_on: Patients
    settings: ChainSettings

    def folds_of(self, patients: Patients) -> np.ndarray:
        """Inner folds (n,)."""
        label = f"inner/{self.settings.random_state}"
        n_splits = self.settings.selection.n_splits
        return dealt(patients.keys, patients.y_true, n_splits, label)

    def selection_on(self, patients: Patients) -> Selection:
        """Screen and LASSO on some patients, among the candidates of the training patients."""
        foldid = self.folds_of(patients)
        return select(patients, self.candidates, foldid, self.settings.selection)

    @cached_property
    def foldid(self) -> np.ndarray:
        """Inner folds of the training patients (n,)."""
        return self.folds_of(self.train)

    @cached_property
    def candidates(self) -> np.ndarray:
        """Features (p,) that a second delineation reproduces."""
        return repeatable(self.train, self.settings.reliability)

    @cached_property
    def selection(self) -> Selection:
        """The selection that the models read."""
        return self.selection_on(self.selected_on)

    @cached_property
    def risk(self) -> RiskFactors:
        """The analysis of the clinical factors."""
        if self.train.factors is None:
            raise HccerError("the models CR and RCR need clinical factors: none are given")
        coded = pl.DataFrame(self.train.factors, schema=list(self.train.factor_names))
        return risk_factors(coded, self.train.y_true, self.settings.factor_alpha)

    @cached_property
    def independent(self) -> np.ndarray:
        """Positions of the independent clinical factors."""
        names = list(self.train.factor_names)
        return np.array([names.index(name) for name in self.risk.independent], dtype=int)

    @cached_property
    def factors_kept(self) -> dict[str, int]:
        """How many factors there are and how many are independent."""
        return {"factors": len(self.train.factor_names), "independent": len(self.independent)}

    @cached_property
    def prevalence(self) -> float:
        """Share of events among the training patients."""
        return float(self.train.y_true.mean())
