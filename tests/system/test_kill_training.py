"""Trainings killed in the middle: finished networks stay, an unfinished one goes on."""

import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from hccer.study import materialise
from hccer.study.context import StudyContext
from schemas.tables import NETWORK, NETWORK_PATIENT, TRAINING_CURVE
from storage.home import Home
from storage.store import Store
from tests.hccer.planted_crops import DEEP, TRAINING, override, plant_crops
from tests.support import REPOSITORY
from tests.system.processes import wait_until

EPOCHS = 30
RUN = (
    "from hccer.study import StudyContext, materialise; from storage.store import Store; "
    "materialise(StudyContext(Store.open(), 's', 'killed'), 'network')"
)


def planted(home: Home) -> StudyContext:
    """A study whose networks take seconds each."""
    training = {**TRAINING, "epochs": EPOCHS, "patience": EPOCHS, "learning_rate": 0.001}
    context = plant_crops(Store.open(home))
    return override(context, deep={**DEEP, "training": training})


def finished(context: StudyContext) -> pl.DataFrame:
    return context.own(NETWORK).select("fit_id", "fold", "weights_sha256", "derivation")


def checkpoints(context: StudyContext) -> set[Path]:
    return set(context.store.home.checkpoints.glob("s/*.safetensors"))


@pytest.mark.long
def test_killed_trainings_end_as_undisturbed_ones(home: Home, tmp_path: Path):
    context = planted(home)
    known = []
    for _ in range(3):
        before = checkpoints(context)
        with subprocess.Popen([sys.executable, "-c", RUN], cwd=REPOSITORY) as run:
            wait_until(lambda: bool(checkpoints(context) - before), "a new checkpoint")  # noqa: B023
            run.send_signal(signal.SIGKILL)
            assert run.wait() == -signal.SIGKILL
        known.append(finished(context))
        seen = context.own(NETWORK_PATIENT).select("fit_id", "fold").unique()
        assert len(seen) == len(known[-1])
        assert checkpoints(context)
    counts = [len(each) for each in known]
    assert counts[0] == 0
    assert counts == sorted(counts)
    outcome = materialise(context, "network")
    assert outcome.reused == counts[-1]
    for each in known:
        assert len(each.join(finished(context), on=each.columns)) == len(each)
    other = planted(Home(tmp_path / "undisturbed"))
    materialise(other, "network")
    assert finished(context).rows() == finished(other).rows()
    curves = [each.own(TRAINING_CURVE).drop("seconds").rows() for each in (context, other)]
    assert curves[0] == curves[1]
    assert not checkpoints(context)
