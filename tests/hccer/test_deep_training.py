"""Training: what it learns, what it repeats to the bit, what it refuses."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from hccer.deep import training
from hccer.deep.augmentation import augmented
from hccer.deep.checkpoint import identity
from hccer.deep.container import pack, unpack
from hccer.deep.device import computing, within_memory
from hccer.deep.networks import Architecture, build
from hccer.deep.resident import forward, resident
from hccer.deep.samples import Samples
from hccer.deep.scoring import joined_names, score
from hccer.deep.stopping import class_weights, draw_stopping
from hccer.deep.training import Epoch, Trained, train
from hccer.deep.weights import network, read
from hccer.evaluation.delong import delong
from schemas.deep import AugmentationSettings, DeepSettings, TrainingSettings
from schemas.errors import HccerError

CPU = torch.device("cpu")
SIZE = 24
EPOCHS = 3


def _settings(**training: object) -> DeepSettings:
    plain = {"epochs": EPOCHS, "learning_rate": 0.01, "batch_size": 16}
    return DeepSettings(training=TrainingSettings(**{**plain, **training}))


def planted(n: int, seed: int = 0, signal: float = 0.8, slices: int = 1) -> Samples:
    """Noise of two phases; in patients with an event a square of the second one is brighter."""
    random = np.random.default_rng(seed)
    y_true = (np.arange(n) % 5 < 2).astype(int)
    tensors = random.normal(0, 0.4, (n, slices, 2, SIZE, SIZE)).astype(np.float32)
    masks = np.zeros((n, slices, SIZE, SIZE), dtype=bool)
    masks[:, :, 8:16, 8:16] = True
    tensors[y_true == 1, :, 1, 8:16, 8:16] += signal
    keys = [hashlib.sha256(f"{seed} {number}".encode()).hexdigest() for number in range(n)]
    return Samples(tensors, random.normal(size=(n, 3)), y_true, masks, np.array(keys))


@cache
def _trained() -> tuple[Trained, tuple[bytes, ...]]:
    checkpoints = []
    done = train(planted(30, slices=2), "ResNet-10-128", _settings(),
                 on_epoch=lambda epoch, checkpoint: checkpoints.append(checkpoint()))  # fmt: skip
    return done, tuple(checkpoints)


def _again(**given: object) -> Trained:
    return train(planted(30, slices=2), "ResNet-10-128", _settings(), **given)


def test_the_same_seed_gives_the_same_bytes_and_leaves_the_process_as_it_was():
    torch.set_num_threads(2)
    torch.manual_seed(7)
    random = torch.get_rng_state()
    assert _again().weights == _trained()[0].weights
    assert torch.get_num_threads() == 2
    assert torch.equal(random, torch.get_rng_state())
    assert not torch.are_deterministic_algorithms_enabled()
    other = train(planted(30, slices=2), "ResNet-10-128", _settings(random_state=1))
    assert other.weights != _trained()[0].weights


def test_the_order_of_the_patients_changes_nothing():
    shuffled = np.random.default_rng(0).permutation(30)
    found = train(planted(30, slices=2).at(shuffled), "ResNet-10-128", _settings())
    assert found.weights == _trained()[0].weights
    assert np.array_equal(found.stopping, _trained()[0].stopping[shuffled])


@pytest.mark.parametrize("after", range(EPOCHS))
def test_a_training_taken_up_again_ends_in_the_same_bytes(after: int):
    done, checkpoints = _trained()
    seen: list[int] = []
    again = _again(resume=checkpoints[after],
                   on_epoch=lambda epoch, _: seen.append(epoch.epoch))  # fmt: skip
    assert again.weights == done.weights
    assert again.curve[: after + 1] == done.curve[: after + 1]
    assert [each.loss for each in again.curve] == [each.loss for each in done.curve]
    assert seen == list(range(after + 2, EPOCHS + 1))


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
    done, checkpoints = _trained()
    with pytest.raises(HccerError, match=r"train anew"):
        score(DAMAGES[damage](done.weights), planted(4))
    with pytest.raises(HccerError, match=r"train anew"):
        _again(resume=DAMAGES[damage](checkpoints[0]))


def test_a_checkpoint_of_another_training_is_refused():
    checkpoint = _trained()[1][0]
    for samples, settings in (
        (planted(30, slices=2), _settings(learning_rate=0.02)),
        (planted(30, seed=1, slices=2), _settings()),
    ):
        with pytest.raises(HccerError, match="of another training"):
            train(samples, "ResNet-10-128", settings, resume=checkpoint)
    with pytest.raises(HccerError, match="of another training"):
        _again(resume=_trained()[0].weights)


def test_a_checkpoint_of_another_kind_of_device_is_refused(monkeypatch: pytest.MonkeyPatch):
    def on_cuda(*given: object) -> str:
        return identity(*given[:-1], torch.device("cuda"))

    monkeypatch.setattr(training, "identity", on_cuda)
    with pytest.raises(HccerError, match="of another training"):
        _again(resume=_trained()[1][0])


def test_the_container_gives_back_what_it_was_given():
    tensors = {"b": torch.arange(6.0).reshape(2, 3).t(), "a": torch.tensor(3, dtype=torch.int64)}
    content = pack(tensors, '{"é": 1}')
    found, text = unpack(content, "tensors")
    assert content == pack(dict(reversed(tensors.items())), '{"é": 1}')
    assert text == '{"é": 1}'
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)


def test_weights_say_all_that_is_needed_to_use_them():
    done = _trained()[0]
    description = read(done.weights)[1]
    assert description.shape == (2, 2, SIZE, SIZE)
    assert description.training == _settings().training
    assert set(description.versions) == {"torch", "monai"}
    assert joined_names(done.weights) == ()
    assert done.parameters == sum(
        each.numel() for each in network(done.weights, torch.device("cpu"))[0].parameters()
    )
    assert (done.fitted ^ done.stopping).all()


def test_scores_do_not_depend_on_order_company_or_outcome():
    weights, samples = _trained()[0].weights, planted(20, slices=2)
    whole = score(weights, samples)
    assert whole.slice_scores.shape == (20, 2)
    assert whole.embedding.shape == (20, 128)
    np.testing.assert_allclose(whole.y_score, whole.slice_scores.mean(axis=1))
    part = np.array([7, 3, 19])
    blind = replace(samples.at(part), y_true=np.zeros(3, dtype=int))
    alone = score(weights, blind)
    np.testing.assert_allclose(alone.y_score, whole.y_score[part], atol=1e-6)
    np.testing.assert_allclose(alone.embedding, whole.embedding[part], atol=1e-5)


def test_the_highest_slice_or_the_mean_or_one_input_is_the_patients_score():
    samples = planted(12, slices=2)
    plain = _settings(epochs=1)
    highest = score(
        train(samples, "ResNet-10-128", plain.model_copy(update={"aggregate": "max"})).weights,
        samples,
    )
    np.testing.assert_allclose(highest.y_score, highest.slice_scores.max(axis=1))
    together = plain.model_copy(update={"slices": "channels", "fusion": "late"})
    one = score(train(samples, "ResNet-10-128", together).weights, samples)
    assert one.slice_scores.shape == (12, 1)
    assert one.embedding.shape == (12, 2 * 128)


def test_tensors_of_the_store_are_read_without_a_warning():
    samples = planted(4, slices=2)
    samples.tensors.setflags(write=False)  # as numpy has them that stand in the bytes of a row
    weights = _trained()[0].weights
    description = read(weights)[1]
    resident(samples, description, torch.device("cpu")).images.zero_()
    assert samples.tensors.all()
    assert len(score(weights, samples).y_score) == 4


def test_a_network_learns_a_planted_sign():
    found = train(planted(60), "ResNet-10", _settings(epochs=10))
    unseen = planted(60, seed=1)
    assert found.curve[-1].loss < found.curve[0].loss
    assert delong(unseen.y_true, score(found.weights, unseen).y_score).auc.item() > 0.9


def test_without_a_sign_unseen_patients_are_not_told_apart():
    aucs = []
    for seed in range(12):
        found = train(planted(24, seed, signal=0), "ResNet-10-128", _settings(epochs=2))
        unseen = planted(40, seed + 100, signal=0)
        aucs.append(delong(unseen.y_true, score(found.weights, unseen).y_score).auc.item())
    # one AUC of 16 against 24 has a standard error of .095, the mean of 12 of .027
    assert abs(np.mean(aucs) - 0.5) < 3 * 0.027


def test_the_joint_network_learns_from_what_is_joined():
    samples, unseen = planted(60, signal=0), planted(60, seed=1, signal=0)
    for each in (samples, unseen):
        each.joined[:, 1] = 1000 + 50 * (each.y_true + 0.2 * each.joined[:, 1])
        each.joined[:, 2] = 5  # does not vary
    found = train(samples, "ResNet-10-128", _settings(epochs=10), ("a", "b", "c"))
    assert joined_names(found.weights) == ("a", "b", "c")
    scores = score(found.weights, unseen)
    assert scores.embedding.shape == (60, 128 + 3)
    assert delong(unseen.y_true, scores.y_score).auc.item() > 0.9
    description = read(found.weights)[1]
    np.testing.assert_allclose(description.joined_mean, samples.joined[found.fitted].mean(axis=0))
    assert description.joined_scale[2] == 1


def test_training_stops_and_keeps_the_weights_of_the_lowest_loss():
    noise = planted(30, signal=0)
    found = train(noise, "ResNet-10-128", _settings(epochs=40, patience=2, learning_rate=0.05))
    losses = [each.stopping_loss for each in found.curve]
    assert found.kept_epoch == int(np.argmin(losses)) + 1
    assert len(losses) == found.kept_epoch + 2 < 40
    short = _settings(epochs=found.kept_epoch, patience=40, learning_rate=0.05)
    until = train(noise, "ResNet-10-128", short)
    wanted = read(until.weights)[0]
    assert all(torch.equal(each, wanted[name]) for name, each in read(found.weights)[0].items())


def test_the_last_weights_are_kept_where_asked_for():
    noise = planted(30, signal=0)
    chosen = _settings(epochs=40, patience=2, learning_rate=0.05, keep="last")
    found = train(noise, "ResNet-10-128", chosen)
    losses = [each.stopping_loss for each in found.curve]
    assert found.kept_epoch == len(losses) == int(np.argmin(losses)) + 3


def test_the_stopping_loss_is_that_of_the_watched_patients():
    samples = planted(30, slices=2)
    done = _trained()[0]
    watched = samples.at(done.stopping)
    model, description = network(done.weights, torch.device("cpu"))
    with torch.inference_mode():
        logits = model(torch.from_numpy(description.images(watched)))
    labels = torch.from_numpy(watched.y_true.repeat(2))
    weights = class_weights(samples.y_true[done.fitted], weighted=True)
    loss = torch.nn.functional.cross_entropy(logits, labels, torch.tensor(weights).float())
    best = done.curve[done.kept_epoch - 1]
    assert best.stopping_loss == pytest.approx(loss.item(), abs=1e-5)
    found = delong(watched.y_true, score(done.weights, watched).y_score).auc.item()
    assert best.stopping_auc == pytest.approx(found)


def test_without_a_stopping_part_every_epoch_is_trained_on_everyone():
    found = train(planted(10), "ResNet-10-128", _settings(stopping_share=0, patience=1))
    assert found.fitted.all()
    assert found.kept_epoch == len(found.curve) == EPOCHS
    assert found.curve[0].stopping_loss is found.curve[0].stopping_auc is None


def test_watched_patients_are_the_same_share_of_each_class_whatever_the_order():
    y_true = np.array([1] * 78 + [0] * 54)
    keys = np.array([hashlib.sha256(bytes([each])).hexdigest() for each in range(132)])
    chosen = draw_stopping(y_true, keys, 0.2, 0)
    assert (chosen[:78].sum(), chosen[78:].sum()) == (16, 11)
    order = np.random.default_rng(0).permutation(132)
    assert np.array_equal(draw_stopping(y_true[order], keys[order], 0.2, 0), chosen[order])
    assert not np.array_equal(draw_stopping(y_true, keys, 0.2, 1), chosen)
    few = draw_stopping(np.array([0, 0, 1, 1]), keys[:4], 0.2, 0)
    assert (few[:2].sum(), few[2:].sum()) == (1, 1)


def test_class_weights_are_scikit_learns():
    y_true = np.array([1] * 78 + [0] * 54)
    wanted = compute_class_weight("balanced", classes=np.array([0, 1]), y=y_true)
    np.testing.assert_allclose(class_weights(y_true, weighted=True), wanted)
    assert class_weights(y_true, weighted=False).tolist() == [1, 1]


def test_bfloat16_stays_near_float32():
    weights, samples = _trained()[0].weights, planted(20)
    model, description = network(weights, torch.device("cpu"))
    images = torch.from_numpy(description.images(samples))
    with torch.inference_mode():
        exact, coarse = (forward(model, images, None, each)
                         for each in (torch.float32, torch.bfloat16))  # fmt: skip
    assert coarse.dtype == torch.float32
    assert not torch.equal(exact, coarse)
    # bfloat16 has 8 bits: a rounding error of 0.4 % in each of ten layers
    torch.testing.assert_close(coarse, exact, atol=0.04, rtol=0.04)
    losses = [
        train(planted(30), "ResNet-10-128", _settings(epochs=1, precision=each)).curve[0].loss
        for each in ("float32", "bfloat16")
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


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
        train(change(planted(20)), "ResNet-10-128", _settings(epochs=1), **given)


def test_crops_that_the_network_does_not_read_give_one_sentence():
    samples = planted(6)
    with pytest.raises(HccerError, match="given: 1 slices, 1 phases and 24 x 24 pixels"):
        score(_trained()[0].weights, replace(samples, tensors=samples.tensors[:, :, :1]))
    joint = train(planted(20), "ResNet-10-128", _settings(epochs=1), ("a", "b", "c")).weights
    with pytest.raises(HccerError, match="joined with 3 features and factors, given: 0"):
        score(joint, replace(samples, joined=None))


def test_a_loss_that_is_not_finite_says_what_to_lower():
    with pytest.raises(HccerError, match=r"lower deep\.training\.learning_rate, it is 1e\+20"):
        train(planted(20), "ResNet-10-128", _settings(learning_rate=1e20))


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
    before = torch.backends.cudnn.allow_tf32
    with pytest.raises(RuntimeError, match="shapes differ"), computing(CPU, 1):
        assert not torch.backends.cudnn.allow_tf32
        raise RuntimeError("shapes differ")
    assert torch.backends.cudnn.allow_tf32 == before


@pytest.mark.needs("cuda")
# the compiler says what it might do faster
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("compile_it", [False, True])
def test_cuda_in_bfloat16_learns_what_the_processor_learns(compile_it: bool):
    unseen = planted(60, seed=1)
    found = train(planted(60), "ResNet-10", _settings(epochs=10, compile=compile_it))
    assert "bfloat16" in found.device
    assert isinstance(found.curve[0], Epoch)
    assert delong(unseen.y_true, score(found.weights, unseen).y_score).auc.item() > 0.9


def test_the_last_of_many_networks_is_compiled_like_the_first(monkeypatch: pytest.MonkeyPatch):
    """More in one process than dynamo would compile one function for; without a compiler here."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    graphs = torch._dynamo.utils.counters["stats"]
    for _ in range(torch._dynamo.config.recompile_limit + 2):
        model = build(Architecture("ResNet-10-128", "early", 1, 1), 0)
        before = graphs["unique_graphs"]
        training._compiled(model)(torch.zeros(2, 1, 16, 16))
        assert graphs["unique_graphs"] > before


@pytest.mark.needs("cuda")
def test_on_cuda_bfloat16_stays_near_float32():
    weights = train(planted(40), "ResNet-10", _settings(epochs=2)).weights
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
        train(planted(40), "ResNet-10", _settings(epochs=1, precision=each)).curve[0].loss
        for each in ("float32", "bfloat16")
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


@pytest.mark.needs("cuda")
def test_on_cuda_scores_are_the_processors(monkeypatch: pytest.MonkeyPatch):
    weights, samples = train(planted(40), "ResNet-10", _settings()).weights, planted(40, seed=1)
    allow_tf32 = torch.backends.cudnn.allow_tf32
    found = score(weights, samples)
    assert torch.backends.cudnn.allow_tf32 == allow_tf32
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    wanted = score(weights, samples)
    # float32 and not TF32: sums in another order, no more
    np.testing.assert_allclose(found.y_score, wanted.y_score, atol=1e-3)


@pytest.mark.needs("cuda")
def test_a_training_on_cuda_goes_on_on_cuda_alone(monkeypatch: pytest.MonkeyPatch):
    checkpoints: list[bytes] = []
    given = planted(30), "ResNet-10-128", _settings()
    train(*given, on_epoch=lambda epoch, checkpoint: checkpoints.append(checkpoint()))
    assert len(train(*given, resume=checkpoints[0]).curve) == EPOCHS
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(HccerError, match="of another training"):
        train(*given, resume=checkpoints[0])


@pytest.mark.needs("cuda")
def test_memory_of_cuda_that_ends_is_a_sentence_and_the_next_network_is_trained():
    huge = torch.device("cuda")
    with pytest.raises(HccerError, match="does not hold a batch"), computing(huge, 1):
        torch.empty(2**50, device=huge)
    assert len(train(planted(20), "ResNet-10-128", _settings(epochs=1)).curve) == 1


@pytest.mark.needs("cuda")
def test_augmentation_on_cuda_never_waits_for_the_device():
    images = torch.randn(8, 3, SIZE, SIZE, device="cuda")
    generator = torch.Generator("cuda").manual_seed(0)
    torch.cuda.set_sync_debug_mode("error")
    try:
        augmented(images, AugmentationSettings(), generator)
    finally:
        torch.cuda.set_sync_debug_mode("default")
