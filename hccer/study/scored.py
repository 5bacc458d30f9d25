"""What the stored networks of a study say of its patients."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from hccer.deep.samples import Samples
from hccer.study.context import StudyContext
from hccer.study.crop_samples import WHO, crop_samples, cropped
from hccer.study.features import model_inputs, role_rows
from hccer.study.network_fits import FIRST, folds
from hccer.study.on_device import reason
from schemas.errors import HccerError
from schemas.tables import NETWORK, NETWORK_PATIENT

if TYPE_CHECKING:  # importing torch takes seconds
    from hccer.deep.scoring import Scores

ROLES = ("train", "validation", "external")


@dataclass(frozen=True)
class Scorer:
    """The patients of a study with crops, ready for its networks."""

    context: StudyContext

    @cached_property
    def patients(self) -> pl.DataFrame:
        """Everyone with a part in the split and a crop; `fold` is that of the first repetition."""
        everyone = cropped(self.context, role_rows(self.context, *ROLES)).drop("fold")
        return everyone.join(folds(self.context), on=WHO, how="left", maintain_order="left")

    @cached_property
    def _samples(self) -> Samples:
        return crop_samples(self.context, self.patients)

    @cached_property
    def _inputs(self) -> pl.DataFrame:
        """Features and factors, row by row those of the patients."""
        placed = self.patients.with_row_index("row")
        found = [
            model_inputs(self.context, of_cohort).with_columns(row=of_cohort["row"])
            for _, of_cohort in placed.group_by("cohort_id", maintain_order=True)
        ]
        return pl.concat(found).sort("row")

    @cached_property
    def _trained_on(self) -> pl.DataFrame:
        """Rows of `network_patient` of all networks."""
        return self.context.own(NETWORK_PATIENT)

    def rows_of(self, network: dict) -> np.ndarray:
        """Rows (n,) of `patients` whom a network of `network` is there for, and can score.

        Fold 0 is there for everyone, another one for the training patients of its fold.
        """
        fold, names = network["fold"], json.loads(network["inputs"])
        chosen = np.ones(len(self.patients), dtype=bool)
        if fold:
            inside = (pl.col("role") == "train") & (pl.col("fold") == fold)
            chosen = self.patients.select(inside.fill_null(False)).to_series().to_numpy()
        if names:
            chosen = chosen & np.isfinite(self._inputs.select(names).to_numpy()).all(axis=1)
        return np.flatnonzero(chosen)

    def placed(self, network: dict) -> pl.DataFrame:
        """These patients with the columns that say what they are for the network."""
        patients = self.patients[self.rows_of(network)].drop("repeat")
        fold = network["fold"]
        named = {"fit_id": network["fit_id"], "fold": fold, "repeat": FIRST if fold else 0}
        role = {"role": pl.lit("out_of_fold")} if fold else {}
        return patients.with_columns(
            **{name: pl.lit(value) for name, value in named.items()}, **role
        )

    def joined(self, network: dict) -> np.ndarray | None:
        """Features and factors (n, p) of the patients of `placed`; None where none are joined."""
        names = json.loads(network["inputs"])
        if not names:
            return None
        return self._inputs.select(names).to_numpy()[self.rows_of(network)]

    def score(self, network: dict) -> "Scores | None":
        """Scores of the patients of `placed`; None where there is nobody.

        Raises:
            HccerError: the weights are lost or damaged, read other crops, need more memory, or are
                of patients who would now count as unseen.
        """
        from hccer.deep.scoring import score

        rows = self.rows_of(network)
        if not len(rows):
            return None
        self._check_unseen(network)
        samples = replace(self._samples.at(rows), joined=self.joined(network))
        try:
            return score(self.context.store.weights.get(network["weights_sha256"]), samples)
        except (HccerError, RuntimeError, MemoryError) as error:
            who = f"{network['fit_id']}, fold {network['fold']}"
            raise self.context.fail(f"{who}: {reason(error)}") from None

    def _check_unseen(self, network: dict) -> None:
        """A network that was not trained again after the split changed says nothing of anybody."""
        unit = {name: network[name] for name in ("fit_id", "fold")}
        unseen = self.placed(network).filter(pl.col("role") != "train")
        seen = unseen.join(self._trained_on.filter(**unit), on=WHO, how="semi")
        if len(seen):
            raise self.context.fail(
                f"{unit['fit_id']}, fold {unit['fold']}, was trained on {len(seen)} patients "
                "whom it would now score as unseen: run the study again"
            )


def network_scores(
    context: StudyContext, *chosen: pl.Expr
) -> Iterator[tuple[dict, pl.DataFrame, "Scores"]]:
    """Each chosen row of `network` with the patients whom it scores, and their scores.

    Raises:
        HccerError: a network cannot score; after all those that can.
    """
    networks, scorer = context.own(NETWORK).filter(*chosen), Scorer(context)
    failed = []
    for network in networks.iter_rows(named=True):
        try:
            scores = scorer.score(network)
        except HccerError as error:
            failed.append(str(error))  # the error itself would keep the tensors of its frames
            continue
        if scores is not None:
            yield network, scorer.placed(network), scores
    if failed:
        raise HccerError(failed[0])


def seen_events(context: StudyContext) -> dict[tuple[str, int], float]:
    """Share of events among the patients of each network, by `fit_id` and fold."""
    y_true = role_rows(context, "train").select(*WHO, "y_true")
    seen = context.own(NETWORK_PATIENT).join(y_true, on=WHO)
    shares = seen.group_by("fit_id", "fold").agg(pl.col("y_true").mean())
    return {(fit_id, fold): share for fit_id, fold, share in shares.rows()}
