"""What training and scoring refuse, in one sentence: bytes, samples, memory that ends."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from hccer.deep import training
from hccer.deep.checkpoint import identity
from hccer.deep.container import pack
from hccer.deep.device import computing, within_memory
from hccer.deep.samples import Samples
from hccer.deep.scoring import score
from hccer.deep.training import train
from schemas.errors import HccerError
from tests.hccer.planted_samples import deep_settings, planted, trained_again, trained_once

CPU = torch.device("cpu")


def _flipped(content: bytes) -> bytes:
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "text": lambda _: b"these are no weights at all",
    "cut": lambda content: content[:-100],
    "one bit": _flipped,
    "header": lambda content: content[:40] + b"\x00" + content[41:],
    "other": lambda _: pack({"a": torch.zeros(2)}, "{}"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_bytes_give_one_sentence(damage: str):
    done, checkpoints = trained_once()
    with pytest.raises(HccerError, match=r"train anew"):
        score(DAMAGES[damage](done.weights), planted(4))
    with pytest.raises(HccerError, match=r"train anew"):
        trained_again(resume=DAMAGES[damage](checkpoints[0]))


def test_a_checkpoint_of_another_training_is_refused():
    checkpoint = trained_once()[1][0]
    for samples, settings in (
        (planted(30, slices=2), deep_settings(learning_rate=0.02)),
        (planted(30, seed=1, slices=2), deep_settings()),
    ):
        with pytest.raises(HccerError, match="of another training"):
            train(samples, "ResNet-10-128", settings, resume=checkpoint)
    with pytest.raises(HccerError, match="of another training"):
        trained_again(resume=trained_once()[0].weights)


def test_a_checkpoint_of_another_kind_of_device_is_refused(monkeypatch: pytest.MonkeyPatch):
    def on_cuda(*given: object) -> str:
        return identity(*given[:-1], torch.device("cuda"))

    monkeypatch.setattr(training, "identity", on_cuda)
    with pytest.raises(HccerError, match="of another training"):
        trained_again(resume=trained_once()[1][0])


def _nan(samples: Samples) -> Samples:
    tensors = samples.tensors.copy()
    tensors[3, 0, 0, 0, 0] = np.nan
    return replace(samples, tensors=tensors)


WRONG: dict[str, tuple[Callable[[Samples], Samples], dict, str]] = {
    "axes": (lambda s: replace(s, tensors=s.tensors[:, 0]), {}, "axes patient, slice"),
    "lengths": (lambda s: replace(s, y_true=s.y_true[1:]), {}, "20 patients, but y_true of 19"),
    "values": (_nan, {}, "1 of 20 patients have crops that are not finite"),
    "one class": (lambda s: replace(s, y_true=s.y_true * 0), {}, "outcome 1, there are 0"),
    "names": (lambda s: s, {"joined_names": ("a",)}, "1 names are joined, but 3 values"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_samples_that_no_network_can_read_give_one_sentence(wrong: str):
    change, given, sentence = WRONG[wrong]
    with pytest.raises(HccerError, match=sentence):
        train(change(planted(20)), "ResNet-10-128", deep_settings(epochs=1), **given)


def test_crops_that_the_network_does_not_read_give_one_sentence():
    samples = planted(6)
    with pytest.raises(HccerError, match="given: 1 slices, 1 phases and 24 x 24 pixels"):
        score(trained_once()[0].weights, replace(samples, tensors=samples.tensors[:, :, :1]))
    joint = train(planted(20), "ResNet-10-128", deep_settings(epochs=1), ("a", "b", "c")).weights
    with pytest.raises(HccerError, match="joined with 3 features and factors, given: 0"):
        score(joint, replace(samples, joined=None))


def test_a_loss_that_is_not_finite_says_what_to_lower():
    with pytest.raises(HccerError, match=r"lower deep\.training\.learning_rate, it is 1e\+20"):
        train(planted(20), "ResNet-10-128", deep_settings(learning_rate=1e20))


NO_MEMORY = {
    "allocator": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    "driver": torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be"),
    "cuBLAS": RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"),
    "processor": RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"),
    "python": MemoryError(),
}


@pytest.mark.parametrize("kind", NO_MEMORY)
def test_memory_that_ends_says_what_to_lower(kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "A small GPU")
    sentence = "{} does not hold a batch of this network: lower deep.training.batch_size"
    for device, where in (("cpu", "this machine"), ("cuda", "A small GPU")):
        with (
            pytest.raises(HccerError, match=re.escape(sentence.format(where))),
            within_memory(torch.device(device)),
        ):
            raise NO_MEMORY[kind]


def test_memory_of_a_processor_that_ends_is_a_sentence():
    with pytest.raises(HccerError, match="memory of this machine"), computing(CPU, 1):
        torch.empty(10**15)


def test_other_errors_stay_as_they_are_and_the_process_as_it_was():
    flags = torch.backends.cudnn, torch.backends.cuda.matmul
    before = [each.allow_tf32 for each in flags]
    with pytest.raises(RuntimeError, match="shapes differ"), computing(CPU, 1):
        assert not any(each.allow_tf32 for each in flags)
        raise RuntimeError("shapes differ")
    assert [each.allow_tf32 for each in flags] == before
