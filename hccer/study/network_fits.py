"""Which networks a study trains, and what decides each of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from hccer.study.context import StudyContext
from schemas.deep import DeepSettings, Network, TrainingSettings
from schemas.preset import Preset
from schemas.tables import SPLIT
from schemas.validation import ChainSettings

DEEP = ("DL", "DLRCR")
FIRST = 1  # the repetition in `split` whose folds are left out


class NetworkSettings(BaseModel):
    """The part of the preset that decides one network; `chain` selects what is joined."""

    model_config = ConfigDict(frozen=True)

    network: Network
    fusion: Literal["early", "late"]
    slices: Literal["samples", "channels"]
    aggregate: Literal["mean", "max"]
    training: TrainingSettings
    threshold_rule: str
    threshold_cut: str
    chain: ChainSettings | None


@dataclass(frozen=True)
class Fit:
    """A network of a study: of all training patients (fold 0), or of those of the other folds."""

    model: Literal["DL", "DLRCR"]
    network: Network
    fold: int

    @property
    def fit_id(self) -> str:
        """As the tables name it."""
        return f"{self.model}-{self.network}"

    @property
    def named(self) -> dict:
        """The columns that name it."""
        return {"fit_id": self.fit_id, "fold": self.fold}

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.fit_id}, without fold {self.fold}" if self.fold else self.fit_id

    def settings(self, preset: Preset) -> NetworkSettings:
        """What decides it; which other networks there are does not."""
        deep, chain = preset.deep, preset.validation.chain
        return NetworkSettings(
            network=self.network,
            fusion=deep.fusion,
            slices=deep.slices,
            aggregate=deep.aggregate,
            training=deep.training,
            threshold_rule=chain.threshold_rule,
            threshold_cut=chain.threshold_cut,
            chain=chain if self.model == "DLRCR" else None,
        )


def folds(context: StudyContext) -> pl.DataFrame:
    """`cohort_id, patient_id, fold`: who is left out with which fold."""
    return context.own(SPLIT).filter(repeat=FIRST).select("cohort_id", "patient_id", "fold")


def wanted_fits(deep: DeepSettings, folds: Iterable[int]) -> list[Fit]:
    """Every network that the settings name, those of all training patients first.

    Args:
        deep: names the networks, and which of them are trained again without each fold.
        folds: that are left out.
    """
    models = [("DL", network) for network in deep.networks] + [("DLRCR", deep.joint)]
    again = [(model, network) for model, network in models
             if (model if model == "DLRCR" else network) in deep.out_of_fold]  # fmt: skip
    whole = [Fit(model, network, 0) for model, network in models]
    return whole + [Fit(model, network, fold) for model, network in again for fold in folds]
