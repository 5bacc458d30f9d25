"""A study of planted crops with its networks, and copies of it that a test may change."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hccer.deep import training as deep_training
from hccer.study import materialise, on_device
from hccer.study.context import StudyContext
from schemas.tables import NETWORK
from storage.home import Home
from storage.store import Store
from tests.hccer.planted_crops import FOLDS, plant_crops

NET = "ResNet-10-128"
DL, JOINT = f"DL-{NET}", f"DLRCR-{NET}"
UNITS = [(fit, fold) for fit in (DL, JOINT) for fold in range(FOLDS + 1)]
TABLES = ("network", "model_fit", "prediction", "embedding", "attribution", "metric", "comparison")


def in_process(patch: pytest.MonkeyPatch) -> None:
    """Workers would take seconds each to import torch."""
    patch.setattr(on_device, "map_tasks", lambda function, tasks, _: (
        (task, function(task)) for task in tasks
    ))  # fmt: skip


def study_with_networks(home: Home) -> StudyContext:
    """The study `s` with everything of its networks made."""
    context = plant_crops(Store.open(home))
    with pytest.MonkeyPatch.context() as patch:
        in_process(patch)
        for name in TABLES:
            materialise(context, name)
    return context


def copied(made: StudyContext, folder: Path) -> StudyContext:
    """A copy of a study's store under a folder."""
    made.store.close()
    made.store.registry.engine.dispose()
    shutil.copytree(made.store.home.path, folder / "home")
    return StudyContext(Store.open(Home(folder / "home")), "s", "again")


def counting(names: list[str]) -> Callable:
    """Training that also notes what it trains."""
    train = deep_training.train

    def counted(samples, network, settings, joined_names=(), **options):
        names.append(f"{network}, {len(samples)} patients, {len(joined_names)} joined")
        return train(samples, network, settings, joined_names, **options)

    return counted


def units(context: StudyContext) -> dict[tuple[str, int], str]:
    """The weights of every network."""
    rows = context.own(NETWORK).select("fit_id", "fold", "weights_sha256").rows()
    return {(fit_id, fold): weights for fit_id, fold, weights in rows}
