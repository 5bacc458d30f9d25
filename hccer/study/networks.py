"""network, network_patient, training_curve: the networks of a study, each trained once."""

from collections.abc import Sequence

import polars as pl

from hccer.parallel import CRASHED
from hccer.study.context import StudyContext
from hccer.study.crop_samples import WHO, crop_samples, cropped
from hccer.study.features import role_rows
from hccer.study.network_fits import folds, wanted_fits
from hccer.study.network_task import Done, Task, train_network
from hccer.study.on_device import map_on_device, uses_gpu
from hccer.study.training import VERSION, Training
from hccer.study.units import Units
from schemas.errors import HccerError
from schemas.tables import NETWORK, NETWORK_PATIENT, TRAINING_CURVE
from storage.blobs import Blobs
from storage.checkpoints import Checkpoints
from storage.lineage import Outcome

SHOWN = (NETWORK_PATIENT, TRAINING_CURVE)
UNIT = ("fit_id", "fold")


def make_network(context: StudyContext) -> Outcome:
    """Train every network that the preset names and that does not stand already.

    A network stands as long as the crops, outcomes and joined values of its patients, its settings
    and the code are the same. Each one is committed when it is trained; a killed run goes on with
    those that are left, and within one from its checkpoint. Validation patients, and the patients
    of a fold that is left out, are not looked at.

    Raises:
        HccerError: a training patient has no crop, or a network cannot be trained.
    """
    units = Units(context, (NETWORK, *SHOWN), UNIT)
    _forget_lost(context, units)
    patients = _patients(context)
    trainings = _trainings(context, patients)
    wanted = [each.unit for each in trainings]
    todo, gone, reused = units.plan(wanted)
    units.put(gone.to_dicts(), f"{len(gone)} networks taken out")
    checkpoints = Checkpoints(context.store.home, context.study_id)
    checkpoints.keep([each["derivation"] for each in todo])
    chosen = [each for each, unit in zip(trainings, wanted, strict=True) if unit in todo]
    if chosen:
        live, crops = uses_gpu(), crop_samples(context, patients)
        keys = [each["derivation"] for each in todo]
        _train(units, [training.task(key, live, crops)
                       for training, key in zip(chosen, keys, strict=True)])  # fmt: skip
    checkpoints.keep([])
    return units.outcome(len(wanted) - reused, reused, len(gone), VERSION)


def _train(units: Units, tasks: Sequence[Task]) -> None:
    """Train networks and commit each as it ends; those that can be are, whatever the others do."""
    failed = []
    title = f"networks of {units.context.study_id}"
    for task, done in map_on_device(train_network, tasks, title, own_bar=True):
        if isinstance(done, Done):
            unit = {**task.fit.named, "derivation": task.key}
            rows = [done.network], done.patients, done.curve
            units.put([unit], f"{task.fit.text} trained", *rows)
        else:
            failed.append(done or f"{task.fit.text}: {CRASHED}")
    if failed:
        raise units.context.fail(failed[0])


def _patients(context: StudyContext) -> pl.DataFrame | None:
    """The training patients with crops, each with the fold that it is left out with."""
    if context.preset.deep is None:
        return None
    patients = cropped(context, role_rows(context, "train")).drop("fold")
    placed = patients.join(folds(context), on=WHO, how="left", maintain_order="left")
    return placed.with_row_index("row")


def _trainings(context: StudyContext, patients: pl.DataFrame | None) -> list[Training]:
    if patients is None:
        return []
    there = patients["fold"].drop_nulls().unique().sort()
    return [
        Training(context, fit, patients.filter(pl.col("fold").ne_missing(fit.fold)))
        for fit in wanted_fits(context.preset.deep, there)
    ]


def _forget_lost(context: StudyContext, units: Units) -> None:
    """Networks whose weights are gone or damaged do not stand: they are trained again."""
    networks = context.own(NETWORK)
    there = [_intact(context.store.weights, each) for each in networks["weights_sha256"]]
    lost = networks.filter(~pl.Series(there, dtype=pl.Boolean)).select(UNIT)
    units.put(lost.to_dicts(), f"{len(lost)} networks were lost")


def _intact(weights: Blobs, sha256: str) -> bool:
    try:
        weights.get(sha256)
    except HccerError:
        # a file that is there would not be written again
        weights.delete([sha256])
        return False
    return True
