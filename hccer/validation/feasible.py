"""Whether there are patients enough for the chain and its folds: told before any work."""

from dataclasses import replace

import numpy as np

from hccer.validation.nested import dealt_again, fold_tasks
from hccer.validation.patients import Patients
from hccer.validation.reliability import check_repeats
from hccer.validation.steps import Steps
from schemas.validation import ChainSettings, ValidationSettings


def check_chain(train: Patients, settings: ChainSettings, chosen: bool) -> None:
    """What the chain asks of the number of its training patients; no feature is read.

    Args:
        train: the training patients.
        settings: of the chain.
        chosen: whether the algorithm is chosen in training, by inner folds of inner folds.

    Raises:
        HccerError: an outcome has fewer patients than inner folds, or too few were drawn again.
    """
    check_repeats(train, settings.reliability)
    steps = Steps(train, train, settings)
    inner = np.unique(steps.foldid)
    for fold in inner if chosen else ():
        steps.folds_of(train.take(np.flatnonzero(steps.foldid != fold)))


def check_nested(patients: Patients, settings: ValidationSettings, chosen: bool) -> None:
    """The same of the training patients of every fold of every repeat and permutation.

    Raises:
        HccerError: as `check_chain`, or an outcome has fewer patients than outer folds.
    """
    firsts = [task for task in fold_tasks(settings) if task.fold == 0]
    for task in firsts:
        y_true, foldid = dealt_again(patients, task, settings)
        drawn = replace(patients, y_true=y_true)
        for fold in range(settings.n_splits):
            check_chain(drawn.take(np.flatnonzero(foldid != fold)), settings.chain, chosen)
