"""A study's networks on CUDA: everything that is computed there, from crops to maps."""

import pytest
from sklearn.metrics import roc_auc_score

from hccer.study import materialise, on_device
from hccer.study.context import StudyContext
from schemas.tables import ATTRIBUTION, EMBEDDING, MODEL_FIT, NETWORK, PREDICTION
from storage.store import Store
from tests.hccer.planted_crops import DEEP, FOLDS, plant_crops

pytestmark = pytest.mark.needs("cuda")
STEPS = ("network", "model_fit", "prediction", "embedding", "attribution")
LEARNT = {"epochs": 15, "keep": "last"}


@pytest.fixture
def context(store: Store, monkeypatch: pytest.MonkeyPatch) -> StudyContext:
    """A study of planted crops; nothing may be handed to workers: each would open the GPU."""
    monkeypatch.delattr(on_device, "map_tasks")
    return plant_crops(store, training={**DEEP["training"], **LEARNT})


def test_a_study_is_computed_on_cuda(context: StudyContext):
    for name in STEPS:
        materialise(context, name)
    networks = context.own(NETWORK)
    assert len(networks) == 2 * (1 + FOLDS)
    assert all("bfloat16" in each and "cpu" not in each for each in networks["device"])
    fits = context.own(MODEL_FIT).filter(model="DL")
    assert (
        fits["artifact_sha256"].to_list()
        == networks.filter(model="DL", fold=0)["weights_sha256"].to_list()
    )
    scored = context.own(PREDICTION).filter(fit_id="DL-ResNet-10-128", role="out_of_fold")
    assert len(scored) == 50
    assert roc_auc_score(scored["y_true"], scored["y_score"]) > 0.7
    assert len(context.own(EMBEDDING)) == len(context.own(PREDICTION).filter(
        context.own(PREDICTION)["fit_id"].str.starts_with("DL")
    ))  # fmt: skip
    maps = context.own(ATTRIBUTION)
    assert len(maps) == 2 * 2 * 2
    assert maps.filter(weights="trained")["map"].null_count() == 0


def test_a_second_run_computes_nothing(context: StudyContext):
    for name in STEPS:
        materialise(context, name)
    assert [materialise(context, name).computed for name in STEPS] == [0] * len(STEPS)
