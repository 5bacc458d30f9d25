"""network, network_patient, training_curve: the networks of a study, each trained once."""

from collections.abc import Iterator, Sequence

import polars as pl

from hccer.parallel import CRASHED, map_tasks
from hccer.study.context import StudyContext
from hccer.study.crop_samples import WHO, cropped
from hccer.study.features import role_rows
from hccer.study.network_fits import folds, wanted_fits
from hccer.study.network_task import Done, Task, train_network, uses_gpu
from hccer.study.training import VERSION, Training
from hccer.study.units import Units
from schemas.tables import NETWORK, NETWORK_PATIENT, TRAINING_CURVE
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
    trainings = _trainings(context)
    wanted = [each.unit for each in trainings]
    todo, gone, reused = units.plan(wanted)
    units.put(gone.to_dicts(), f"{len(gone)} networks taken out")
    checkpoints = Checkpoints(context.store.home, context.study_id)
    checkpoints.keep([each["derivation"] for each in todo])
    chosen = [each for each, unit in zip(trainings, wanted, strict=True) if unit in todo]
    live = bool(todo) and uses_gpu()
    given = zip(chosen, todo, strict=True)
    _train(units, [training.task(unit["derivation"], live) for training, unit in given])
    checkpoints.keep([])
    return units.outcome(len(wanted) - reused, reused, len(gone), VERSION)


def _train(units: Units, tasks: Sequence[Task]) -> None:
    """Train networks and commit each as it ends; those that can be are, whatever the others do."""
    failed = []
    for task, done in _ended(tasks, f"networks of {units.context.study_id}"):
        if isinstance(done, Done):
            unit = {**task.fit.named, "derivation": task.key}
            rows = [done.network], done.patients, done.curve
            units.put([unit], f"{task.fit.text} trained", *rows)
        else:
            failed.append(done or f"{task.fit.text}: {CRASHED}")
    if failed:
        raise units.context.fail(failed[0])


def _ended(tasks: Sequence[Task], title: str) -> Iterator[tuple[Task, Done | str | None]]:
    """Networks as they end: on a GPU one after the other in this process, else on all cores."""
    if tasks and tasks[0].live:
        yield from ((task, train_network(task)) for task in tasks)
    else:
        yield from map_tasks(train_network, tasks, title)


def _trainings(context: StudyContext) -> list[Training]:
    deep = context.preset.deep
    if deep is None:
        return []
    patients = cropped(context, role_rows(context, "train"))
    placed = patients.drop("fold").join(
        folds(context), on=WHO, how="left", maintain_order="left"
    )  # fmt: skip
    there = placed["fold"].drop_nulls().unique().sort()
    return [
        Training(context, fit, placed.filter(pl.col("fold").ne_missing(fit.fold)))
        for fit in wanted_fits(deep, there)
    ]


def _forget_lost(context: StudyContext, units: Units) -> None:
    """Networks whose weights are gone do not stand: they are trained again."""
    networks = context.own(NETWORK)
    there = [context.store.weights.path(each).exists() for each in networks["weights_sha256"]]
    lost = networks.filter(~pl.Series(there, dtype=pl.Boolean)).select(UNIT)
    units.put(lost.to_dicts(), f"{len(lost)} networks were lost")
