"""Training and scoring on CUDA."""

import numpy as np
import pytest
import torch

from hccer.deep.augmentation import augmented
from hccer.deep.device import computing
from hccer.deep.resident import forward
from hccer.deep.scoring import score
from hccer.deep.training import Epoch, train
from hccer.deep.weights import network
from hccer.evaluation.delong import delong
from schemas.deep import AugmentationSettings
from schemas.errors import HccerError
from tests.hccer.planted_samples import EPOCHS, SIZE, deep_settings, planted

pytestmark = pytest.mark.needs("cuda")


# the compiler says what it might do faster
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("compile_it", [False, True])
def test_cuda_in_bfloat16_learns_what_the_processor_learns(compile_it: bool):
    unseen = planted(60, seed=1)
    found = train(planted(60), "ResNet-10", deep_settings(epochs=10, compile=compile_it))
    assert "bfloat16" in found.device
    assert isinstance(found.curve[0], Epoch)
    assert delong(unseen.y_true, score(found.weights, unseen).y_score).auc.item() > 0.9


def test_on_cuda_bfloat16_stays_near_float32():
    weights = train(planted(40), "ResNet-10", deep_settings(epochs=2)).weights
    model, description = network(weights, torch.device("cuda"))
    images = torch.from_numpy(description.images(planted(40, seed=1))).cuda()
    with computing(torch.device("cuda"), 1), torch.inference_mode():
        exact, coarse = (forward(model, images, None, each)
                         for each in (torch.float32, torch.bfloat16))  # fmt: skip
    assert not torch.equal(exact, coarse)
    # bfloat16 has 8 bits: a rounding error of 0.4 % in each of ten layers
    spread = exact.std().item()
    torch.testing.assert_close(coarse, exact, atol=0.1 * spread + 0.04, rtol=0.04)
    losses = [
        train(planted(40), "ResNet-10", deep_settings(epochs=1, precision=each)).curve[0].loss
        for each in ("float32", "bfloat16")
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


def test_on_cuda_scores_are_the_processors(monkeypatch: pytest.MonkeyPatch):
    weights, samples = train(planted(40), "ResNet-10", deep_settings()).weights, planted(40, seed=1)
    allow_tf32 = torch.backends.cudnn.allow_tf32
    found = score(weights, samples)
    assert torch.backends.cudnn.allow_tf32 == allow_tf32
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    wanted = score(weights, samples)
    # float32 and not TF32: sums in another order, no more
    np.testing.assert_allclose(found.y_score, wanted.y_score, atol=1e-3)


def test_a_training_on_cuda_goes_on_on_cuda_alone(monkeypatch: pytest.MonkeyPatch):
    checkpoints: list[bytes] = []
    given = planted(30), "ResNet-10-128", deep_settings()
    train(*given, on_epoch=lambda epoch, checkpoint: checkpoints.append(checkpoint()))
    assert len(train(*given, resume=checkpoints[0]).curve) == EPOCHS
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(HccerError, match="of another training"):
        train(*given, resume=checkpoints[0])


def test_memory_of_cuda_that_ends_is_a_sentence_and_the_next_network_is_trained():
    huge = torch.device("cuda")
    with pytest.raises(HccerError, match="does not hold a batch"), computing(huge, 1):
        torch.empty(2**50, device=huge)
    assert len(train(planted(20), "ResNet-10-128", deep_settings(epochs=1)).curve) == 1


@pytest.mark.filterwarnings("ignore:Synchronization debug mode:UserWarning")
def test_augmentation_on_cuda_never_waits_for_the_device():
    images = torch.randn(8, 3, SIZE, SIZE, device="cuda")
    generator = torch.Generator("cuda").manual_seed(0)
    try:
        torch.cuda.set_sync_debug_mode("error")
        augmented(images, AugmentationSettings(), generator)
    finally:
        torch.cuda.set_sync_debug_mode("default")
