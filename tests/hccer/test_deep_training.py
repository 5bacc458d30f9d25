"""Training: what it learns, and what it repeats to the bit."""

import hashlib
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from hccer.deep import training
from hccer.deep.container import pack, unpack
from hccer.deep.networks import Architecture, build
from hccer.deep.resident import forward, resident
from hccer.deep.scoring import joined_names, score
from hccer.deep.stopping import class_weights, draw_stopping
from hccer.deep.training import train
from hccer.deep.weights import network, read
from hccer.evaluation.delong import delong
from tests.hccer.planted_samples import (
    EPOCHS,
    SIZE,
    deep_settings,
    planted,
    trained_again,
    trained_once,
)


def test_the_same_seed_gives_the_same_bytes_and_leaves_the_process_as_it_was():
    torch.set_num_threads(2)
    torch.manual_seed(7)
    random = torch.get_rng_state()
    assert trained_again().weights == trained_once()[0].weights
    assert torch.get_num_threads() == 2
    assert torch.equal(random, torch.get_rng_state())
    assert not torch.are_deterministic_algorithms_enabled()
    other = train(planted(30, slices=2), "ResNet-10-128", deep_settings(random_state=1))
    assert other.weights != trained_once()[0].weights


def test_the_order_of_the_patients_changes_nothing():
    shuffled = np.random.default_rng(0).permutation(30)
    found = train(planted(30, slices=2).at(shuffled), "ResNet-10-128", deep_settings())
    assert found.weights == trained_once()[0].weights
    assert np.array_equal(found.stopping, trained_once()[0].stopping[shuffled])


@pytest.mark.parametrize("after", range(EPOCHS))
def test_a_training_taken_up_again_ends_in_the_same_bytes(after: int):
    done, checkpoints = trained_once()
    seen: list[int] = []
    again = trained_again(resume=checkpoints[after],
                   on_epoch=lambda epoch, _: seen.append(epoch.epoch))  # fmt: skip
    assert again.weights == done.weights
    assert again.curve[: after + 1] == done.curve[: after + 1]
    assert [each.loss for each in again.curve] == [each.loss for each in done.curve]
    assert seen == list(range(after + 2, EPOCHS + 1))


def test_the_container_gives_back_what_it_was_given():
    tensors = {"b": torch.arange(6.0).reshape(2, 3).t(), "a": torch.tensor(3, dtype=torch.int64)}
    content = pack(tensors, '{"é": 1}')
    found, text = unpack(content, "tensors")
    assert content == pack(dict(reversed(tensors.items())), '{"é": 1}')
    assert text == '{"é": 1}'
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)


def test_weights_say_all_that_is_needed_to_use_them():
    done = trained_once()[0]
    description = read(done.weights)[1]
    assert description.shape == (2, 2, SIZE, SIZE)
    assert description.training == deep_settings().training
    assert set(description.versions) == {"torch", "monai"}
    assert joined_names(done.weights) == ()
    assert done.parameters == sum(
        each.numel() for each in network(done.weights, torch.device("cpu"))[0].parameters()
    )
    assert (done.fitted ^ done.stopping).all()


def test_scores_do_not_depend_on_order_company_or_outcome():
    weights, samples = trained_once()[0].weights, planted(20, slices=2)
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
    plain = deep_settings(epochs=1)
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
    weights = trained_once()[0].weights
    description = read(weights)[1]
    resident(samples, description, torch.device("cpu")).images.zero_()
    assert samples.tensors.all()
    assert len(score(weights, samples).y_score) == 4


def test_a_network_learns_a_planted_sign():
    found = train(planted(60), "ResNet-10", deep_settings(epochs=10))
    unseen = planted(60, seed=1)
    assert found.curve[-1].loss < found.curve[0].loss
    assert delong(unseen.y_true, score(found.weights, unseen).y_score).auc.item() > 0.9


def test_without_a_sign_unseen_patients_are_not_told_apart():
    aucs = []
    for seed in range(12):
        found = train(planted(24, seed, signal=0), "ResNet-10-128", deep_settings(epochs=2))
        unseen = planted(40, seed + 100, signal=0)
        aucs.append(delong(unseen.y_true, score(found.weights, unseen).y_score).auc.item())
    # one AUC of 16 against 24 has a standard error of .095, the mean of 12 of .027
    assert abs(np.mean(aucs) - 0.5) < 3 * 0.027


def test_the_joint_network_learns_from_what_is_joined():
    samples, unseen = planted(60, signal=0), planted(60, seed=1, signal=0)
    for each in (samples, unseen):
        each.joined[:, 1] = 1000 + 50 * (each.y_true + 0.2 * each.joined[:, 1])
        each.joined[:, 2] = 5  # does not vary
    found = train(samples, "ResNet-10-128", deep_settings(epochs=10), ("a", "b", "c"))
    assert joined_names(found.weights) == ("a", "b", "c")
    scores = score(found.weights, unseen)
    assert scores.embedding.shape == (60, 128 + 3)
    assert delong(unseen.y_true, scores.y_score).auc.item() > 0.9
    description = read(found.weights)[1]
    np.testing.assert_allclose(description.joined_mean, samples.joined[found.fitted].mean(axis=0))
    assert description.joined_scale[2] == 1


def test_training_stops_and_keeps_the_weights_of_the_lowest_loss():
    noise = planted(30, signal=0)
    found = train(noise, "ResNet-10-128", deep_settings(epochs=40, patience=2, learning_rate=0.05))
    losses = [each.stopping_loss for each in found.curve]
    assert found.kept_epoch == int(np.argmin(losses)) + 1
    assert len(losses) == found.kept_epoch + 2 < 40
    short = deep_settings(epochs=found.kept_epoch, patience=40, learning_rate=0.05)
    until = train(noise, "ResNet-10-128", short)
    wanted = read(until.weights)[0]
    assert all(torch.equal(each, wanted[name]) for name, each in read(found.weights)[0].items())


def test_the_last_weights_are_kept_where_asked_for():
    noise = planted(30, signal=0)
    chosen = deep_settings(epochs=40, patience=2, learning_rate=0.05, keep="last")
    found = train(noise, "ResNet-10-128", chosen)
    losses = [each.stopping_loss for each in found.curve]
    assert found.kept_epoch == len(losses) == int(np.argmin(losses)) + 3


def test_the_stopping_loss_is_that_of_the_watched_patients():
    samples = planted(30, slices=2)
    done = trained_once()[0]
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
    found = train(planted(10), "ResNet-10-128", deep_settings(stopping_share=0, patience=1))
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


def test_no_batch_is_of_one_sample():
    """The last maps of 16 pixels are 1 x 1: batch norm cannot train on one of them."""
    samples = planted(21)
    small = replace(
        samples, tensors=samples.tensors[..., :16, :16], masks=samples.masks[..., :16, :16]
    )
    for batch_size in (1, 2):
        settings = deep_settings(epochs=1, batch_size=batch_size, stopping_share=0)
        assert len(train(small, "ResNet-10", settings).curve) == 1


def test_class_weights_are_scikit_learns():
    y_true = np.array([1] * 78 + [0] * 54)
    wanted = compute_class_weight("balanced", classes=np.array([0, 1]), y=y_true)
    np.testing.assert_allclose(class_weights(y_true, weighted=True), wanted)
    assert class_weights(y_true, weighted=False).tolist() == [1, 1]


def test_bfloat16_stays_near_float32():
    weights, samples = trained_once()[0].weights, planted(20)
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
        train(planted(30), "ResNet-10-128", deep_settings(epochs=1, precision=each)).curve[0].loss
        for each in ("float32", "bfloat16")
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


@pytest.mark.long
def test_the_last_of_many_networks_is_compiled_like_the_first(monkeypatch: pytest.MonkeyPatch):
    """More in one process than dynamo would compile one function for; without a compiler here."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    graphs = torch._dynamo.utils.counters["stats"]
    for _ in range(torch._dynamo.config.recompile_limit + 2):
        model = build(Architecture("ResNet-10-128", "early", 1, 1), 0)
        before = graphs["unique_graphs"]
        training._compiled(model)(torch.zeros(2, 1, 16, 16))
        assert graphs["unique_graphs"] > before
