"""Score-CAM against a loop over the paper's algorithm and torchcam, and its shares by hand."""

import hashlib

import numpy as np
import pytest
import torch
from torchcam.methods import ScoreCAM

from hccer.deep.attribution import FLAT, NO_TUMOUR, Explained, attribution, explained
from hccer.deep.description import Description
from hccer.deep.networks import LAYERS, Architecture, ImageNetwork, build
from hccer.deep.score_cam import score_cam, stage_activations
from hccer.deep.weights import to_bytes
from schemas.deep import AttributionSettings, TrainingSettings
from schemas.errors import HccerError

SIZE = 48
SETTINGS = AttributionSettings()


def _network(architecture: Architecture) -> ImageNetwork:
    """A network whose batch norms have statistics, as if it had been trained."""
    model = build(architecture, 0).eval()
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
    return model


def _weights(fusion: str = "early", slices: str = "samples", joined: int = 0) -> bytes:
    description = Description(
        network="ResNet-10", fusion=fusion, slices=slices, aggregate="mean",
        training=TrainingSettings(), shape=(2, 3, SIZE, SIZE), versions={},
        joined_names=tuple("abcdef"[:joined]), joined_mean=(1.0,) * joined,
        joined_scale=(2.0,) * joined,
    )  # fmt: skip
    return to_bytes(_network(description.architecture).state_dict(), description)


def _explained(*given: object, **named: object) -> Explained:
    return explained(_weights(*given, **named))


@pytest.fixture(scope="module")
def model() -> ImageNetwork:
    torch.set_num_threads(1)
    return _network(Architecture("ResNet-10", "early", 3, 3))


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return torch.randn(3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def tumour() -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), dtype=bool)
    mask[20:30, 18:32] = True
    return mask


def _torchcam(model: ImageNetwork, image: torch.Tensor, layer: torch.nn.Module) -> tuple:
    with ScoreCAM(model, layer, input_shape=tuple(image.shape)) as cam, torch.inference_mode():
        model(image[None])
        activations = cam.hook_a[0][0].clone()
        return activations, cam(class_idx=1)[0][0]


def test_maps_of_the_images_size_equal_torchcam(model: ImageNetwork, image: torch.Tensor):
    activations, theirs = _torchcam(model, image, model.branches[0].bn1)
    assert activations.shape == (64, SIZE, SIZE)
    with torch.inference_mode():
        ours = score_cam(model, image, activations)
    torch.testing.assert_close(ours, theirs, atol=2e-6, rtol=0)


@pytest.mark.parametrize("name", LAYERS[:2])
def test_smaller_maps_follow_torchcam(model: ImageNetwork, image: torch.Tensor, name: str):
    # torchcam scales before it upsamples, the paper after: peaks between pixels are lower
    activations, theirs = _torchcam(model, image, getattr(model.branches[0], name))
    with torch.inference_mode():
        ours = score_cam(model, image, activations)
    theirs = torch.nn.functional.interpolate(theirs[None, None], (SIZE, SIZE), mode="bilinear")[
        0, 0
    ]
    theirs = (theirs - theirs.min()) / (theirs.max() - theirs.min())
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9999
    assert (ours - theirs).abs().max() < 0.02


@pytest.mark.long
def test_the_deepest_maps_of_larger_crops_follow_torchcam(model: ImageNetwork):
    generator = torch.Generator().manual_seed(2)
    image = torch.randn(3, 112, 112, generator=generator)
    activations, theirs = _torchcam(model, image, model.branches[0].layer3)
    with torch.inference_mode():
        assert torch.equal(stage_activations(model, image, None, SETTINGS.fewest_pixels, None),
                           model.branches[0].layer4(activations[None])[0])  # fmt: skip
        ours = score_cam(model, image, activations)
    assert activations.shape == (256, 14, 14)
    theirs = torch.nn.functional.interpolate(theirs[None, None], (112, 112), mode="bilinear")[0, 0]
    theirs = (theirs - theirs.min()) / (theirs.max() - theirs.min())
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9999
    assert (ours - theirs).abs().max() < 0.01


def test_the_algorithm_as_printed_map_by_map(model: ImageNetwork, image: torch.Tensor):
    with torch.inference_mode():
        activations = stage_activations(model, image, None, SETTINGS.fewest_pixels)[:20].clone()
        activations[3] = 0.5  # a constant map has no part in it
        ours = score_cam(model, image, activations)
        black = model(torch.zeros_like(image)[None])[0, 1]
        up = [torch.nn.functional.interpolate(each[None, None], (SIZE, SIZE), mode="bilinear")[0, 0]
              for each in activations if each.max() > each.min()]  # fmt: skip
        scores = [
            (model((image * (each - each.min()) / (each.max() - each.min()))[None])[0, 1] - black)
            for each in up
        ]
    weights = np.exp(np.array(scores) - max(scores).item())
    total = np.maximum(sum(w * m.numpy() for w, m in zip(weights, up, strict=True)), 0)
    wanted = (total - total.min()) / np.ptp(total)
    np.testing.assert_allclose(ours.numpy(), wanted, atol=2e-5)


@pytest.mark.parametrize(
    ("network", "size", "shape"),
    [
        ("ResNet-10", 48, (128, 12, 12)),  # the two deeper stages have 6x6 and 3x3
        ("ResNet-10", 64, (256, 8, 8)),
        ("ResNet-10", 224, (512, 14, 14)),
        ("ResNet-10-128", 48, (128, 12, 12)),
        ("ResNet-10", 8, (64, 4, 4)),  # no stage is large enough: the first
    ],
)
def test_the_deepest_stage_that_is_not_too_small(network: str, size: int, shape: tuple):
    model = build(Architecture(network, "early", 1, 1), 0).eval()
    with torch.inference_mode():
        found = stage_activations(model, torch.rand(1, size, size), None, SETTINGS.fewest_pixels)
    assert found.shape == shape


def test_the_map_lies_where_the_score_comes_from():
    activations = torch.zeros(3, 8, 8)
    for number in range(3):
        activations[number, 2 * number + 1, 2 * number + 1] = 1

    def logits(batch: torch.Tensor) -> torch.Tensor:  # sees one corner only
        return torch.stack([torch.zeros(len(batch)), 500 * batch[:, 0, 24:, 24:].mean((1, 2))], 1)

    found = score_cam(logits, torch.ones(1, 40, 40), activations)
    assert found[20:, 20:].sum() / found.sum() > 0.99  # the map of that corner, upsampled


@pytest.mark.parametrize("fusion", ["early", "late"])
@pytest.mark.parametrize("channel", [None, 1])
def test_shares_add_up_and_other_phases_are_not_seen(
    image: torch.Tensor, tumour: np.ndarray, fusion: str, channel: int | None
):
    network = _explained(fusion)
    tensor = image.numpy()[None]
    found = attribution(network, tensor, tumour, 0.8, SETTINGS, channel, randomised=False)
    assert found.map.shape == (SIZE, SIZE)
    assert (found.map.min(), found.map.max()) == (0, 1)
    assert found.share_tumour == pytest.approx(found.map[tumour].sum() / found.map.sum())
    total = found.share_tumour + found.share_margin + found.share_outside
    assert total == pytest.approx(1)
    other = tensor.copy()
    other[:, [0, 2]] += 1
    again = attribution(network, other, tumour, 0.8, SETTINGS, channel, randomised=False)
    assert np.array_equal(found.map, again.map) == (channel is not None)


def test_the_margin_is_counted_in_millimetres(image: torch.Tensor, tumour: np.ndarray):
    rows, cols = np.indices(tumour.shape)
    drawn = np.argwhere(tumour)
    gap = np.hypot(rows[..., None] - drawn[:, 0], cols[..., None] - drawn[:, 1]).min(axis=-1)
    near = gap <= 2  # pixels of 2 mm
    settings = AttributionSettings(margin_mm=4)
    found = attribution(
        _explained(), image.numpy()[None], tumour, 2.0, settings, None, randomised=False
    )
    wanted = found.map[near & ~tumour].sum() / found.map.sum()
    assert found.share_margin == pytest.approx(wanted, rel=1e-6)


def test_fresh_weights_give_another_map_and_always_the_same(
    image: torch.Tensor, tumour: np.ndarray
):
    given = image.numpy()[None], tumour, 1, SETTINGS, None
    maps = [attribution(_explained(), *given, randomised=each).map for each in (False, True, True)]
    digests = [hashlib.sha256(each.tobytes()).hexdigest() for each in maps]
    assert digests[0] != digests[1] == digests[2]


def test_all_slices_enter_together_and_features_beside_them(
    image: torch.Tensor, tumour: np.ndarray
):
    tensor = np.stack([image.numpy(), image.numpy()[:, ::-1]])
    network = _explained(slices="channels", joined=2)
    given = (tensor, tumour, 1, SETTINGS, None, False)
    assert attribution(network, *given).map.shape == (SIZE, SIZE)
    at_mean = attribution(network, *given, joined=np.array([1.0, 1.0]))
    assert np.array_equal(attribution(network, *given).map, at_mean.map)
    far = attribution(network, *given, joined=np.array([90.0, -90.0]))
    # beside the image the features shift every score alike: the softmax does not see them
    np.testing.assert_allclose(far.map, at_mean.map, atol=1e-3)


def test_what_has_no_map_or_no_tumour_says_why(image: torch.Tensor, tumour: np.ndarray):
    nothing = attribution(
        _explained(), image.numpy()[None], ~tumour & tumour, 1, SETTINGS, None, randomised=False
    )
    assert (nothing.share_tumour, nothing.reason) == (None, NO_TUMOUR)
    assert nothing.map is not None
    assert score_cam(lambda batch: batch.mean((2, 3)), image, torch.ones(4, 6, 6)) is None
    assert "flat" in FLAT
    with pytest.raises(HccerError, match=r"reads \(1, 3, 48, 48\)"):
        attribution(_explained(), image.numpy()[None, :2], tumour, 1, SETTINGS, None, False)


@pytest.mark.needs("cuda")
@pytest.mark.parametrize("channel", [None, 1])
def test_cuda_gives_the_processors_map(
    image: torch.Tensor, tumour: np.ndarray, channel: int | None, monkeypatch: pytest.MonkeyPatch
):
    """float32 on both: sums in another order move a map from 0 to 1 by less than 0.005."""
    given = image.numpy()[None], tumour, 0.8, SETTINGS, channel, False
    there = explained(_weights())
    assert there.device.type == "cuda"
    found = attribution(there, *given)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    here = explained(_weights())
    assert here.device.type == "cpu"
    wanted = attribution(here, *given)
    np.testing.assert_allclose(found.map, wanted.map, atol=0.005)
    assert found.share_tumour == pytest.approx(wanted.share_tumour, abs=0.001)
