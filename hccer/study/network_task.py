"""The training of one network, alone or beside others: kept, shown, and turned into rows."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from hccer.deep.samples import Samples
from hccer.deep.versions import versions
from hccer.evaluation.roc import roc_curve
from hccer.evaluation.threshold import best_threshold
from hccer.study.epochs import shown
from hccer.study.network_fits import Fit, NetworkSettings
from hccer.study.on_device import reason
from hccer.study.rows import finite
from hccer.validation.patients import Patients
from hccer.validation.steps import Steps
from schemas.deep import DeepSettings
from schemas.errors import HccerError
from schemas.validation import ChainSettings
from storage.blobs import Blobs
from storage.checkpoints import Checkpoints

if TYPE_CHECKING:  # importing torch takes seconds
    from hccer.deep.training import Epoch, Trained

# a checkpoint is written at most so many times its own duration after the one before
REST = 4


@dataclass(frozen=True, eq=False)
class Task:
    """The training of one network, in this process or a worker.

    Attributes:
        key: its derivation, the name of its checkpoint.
        live: shown as a bar, which only one process can draw.
        patients: `cohort_id, patient_id`, row by row those of `rows` and `table`.
        crops: of all training patients, shared by the tasks: workers read one copy.
        rows: (n,) those of `crops` that it is trained on.
        table: what may be joined; None for a network of images alone.
        weights: where they are kept.
    """

    fit: Fit
    key: str
    live: bool
    title: str
    deep: DeepSettings
    settings: NetworkSettings
    patients: pl.DataFrame
    crops: Samples
    rows: np.ndarray
    table: Patients | None
    checkpoints: Checkpoints
    weights: Blobs

    def inputs(self) -> tuple[tuple[str, ...], Samples, pl.DataFrame]:
        """Names of what is joined, and the patients who have it all."""
        samples = self.crops.at(self.rows)
        if self.table is None:
            return (), samples, self.patients
        names, joined = joined_values(self.table, self.settings.chain)
        known = np.isfinite(joined).all(axis=1)
        return names, replace(samples, joined=joined).at(known), self.patients.filter(known)


def joined_values(train: Patients, settings: ChainSettings) -> tuple[tuple[str, ...], np.ndarray]:
    """What RCR would be fitted to: the selected features, and the independent clinical factors.

    Args:
        train: the patients whom the network is trained on, and nobody else.
        settings: of the chain that selects.

    Returns:
        Names (p,), and values (n, p), NaN where a factor is missing.

    Raises:
        HccerError: too few patients of a class or with repeats.
    """
    ordered = train.in_order()
    steps = Steps(ordered, ordered, settings)
    columns = steps.selection.features, steps.independent
    return tuple(train.names(*columns)), train.table(*columns)


@dataclass
class Keeper:
    """Shows each epoch, and keeps a checkpoint of it where the last one is long enough ago."""

    show: Callable[["Epoch"], None]
    put: Callable[[bytes], None]
    due: float = field(default_factory=time.monotonic)
    began: bool = False

    def __call__(self, epoch: "Epoch", checkpoint: Callable[[], bytes]) -> None:
        """Take an epoch that has ended."""
        self.began = True
        self.show(epoch)
        started = time.monotonic()
        if started >= self.due:
            self.put(checkpoint())
            ended = time.monotonic()
            self.due = ended + REST * (ended - started)


@dataclass(frozen=True)
class Done:
    """A trained network: its rows of `network`, `network_patient` and `training_curve`."""

    network: dict
    patients: list[dict]
    curve: list[dict]


def train_network(task: Task) -> Done | str:
    """Train a network, from its checkpoint where there is one.

    Returns:
        What is to be stored; or why it cannot be trained on these patients.
    """
    try:
        names, samples, patients = task.inputs()
        trained = _trained(task, samples, names)
        threshold = _threshold(trained, samples, task.settings)
    except (HccerError, RuntimeError, MemoryError) as error:
        return f"{task.fit.text}: {reason(error)}"
    row = _network_row(task, trained) | {"inputs": json.dumps(names), "threshold": threshold}
    seen = patients.with_columns(
        part=pl.Series(np.where(trained.stopping, "stopping", "fitted").tolist()),
        **{name: pl.lit(value) for name, value in task.fit.named.items()},
    )
    curve = [task.fit.named | _epoch_row(epoch) for epoch in trained.curve]
    return Done(row, seen.to_dicts(), curve)


def _network_row(task: Task, trained: "Trained") -> dict:
    fit = task.fit
    return {
        **fit.named,
        "model": fit.model,
        "network": fit.network,
        "weights_sha256": task.weights.put(trained.weights),
        "n": int(trained.fitted.sum()),
        "n_stopping": int(trained.stopping.sum()),
        "epochs": len(trained.curve),
        "kept_epoch": trained.kept_epoch,
        "parameters": trained.parameters,
        "random_state": task.settings.training.random_state,
        "device": trained.device,
        "packages": json.dumps(versions()),
        "seconds": sum(epoch.seconds for epoch in trained.curve),
        "derivation": task.key,
    }


def _trained(task: Task, samples: Samples, names: tuple[str, ...]) -> "Trained":
    from hccer.deep.training import train

    resume = task.checkpoints.get(task.key)
    with shown(task.title, task.settings.training.epochs, task.live) as show:
        keeper = Keeper(show, lambda content: task.checkpoints.put(task.key, content))
        arguments = (samples, task.settings.network, task.deep, names)
        try:
            return train(*arguments, resume=resume, on_epoch=keeper)
        except HccerError:
            if resume is None or keeper.began:
                raise
            # a damaged checkpoint costs its epochs, no more
            return train(*arguments, on_epoch=keeper)


def _threshold(trained: "Trained", samples: Samples, settings: NetworkSettings) -> float | None:
    from hccer.deep.scoring import score

    y_score = score(trained.weights, samples).y_score
    curve = roc_curve(samples.y_true, y_score, settings.threshold_cut)
    return finite(best_threshold(curve, settings.threshold_rule).value)


def _epoch_row(epoch: "Epoch") -> dict:
    watched = {name: getattr(epoch, name) for name in ("stopping_loss", "stopping_auc")}
    return {
        "epoch": epoch.epoch,
        "loss": finite(epoch.loss),
        **{name: None if value is None else finite(value) for name, value in watched.items()},
        "seconds": epoch.seconds,
    }
