"""Networks and augmentation against MONAI, counts by hand, and scipy, sample by sample."""

import math

import numpy as np
import pytest
import torch
from monai.networks.nets import resnet
from scipy.ndimage import affine_transform

from hccer.deep.augmentation import Changes, augmented, changed, draw
from hccer.deep.networks import Architecture, build
from hccer.deep.samples import images
from schemas.deep import AugmentationSettings

# network, channels, values with the fully connected layer: reference.md section 6, MONAI 1.6.1
PARAMETERS = [
    ("ResNet-10", 3, 4_907_714),
    ("ResNet-10", 9, 4_926_530),
    ("ResNet-18", 9, 11_197_250),
    ("ResNet-34", 9, 21_305_410),
]
OFF = AugmentationSettings(rotation_deg=0, scale=0, shift=0, flip=False)


@pytest.mark.parametrize(("network", "channels", "count"), PARAMETERS)
def test_networks_have_monais_number_of_values(network: str, channels: int, count: int):
    model = build(Architecture(network, "early", channels, 3), 0)
    assert sum(each.numel() for each in model.parameters()) == count


def test_monais_network_with_its_own_layer_gives_the_same_logits():
    ours = build(Architecture("ResNet-10", "early", 3, 3), 1).eval()
    theirs = resnet.resnet10(spatial_dims=2, n_input_channels=3, num_classes=2).eval()
    state = ours.branches[0].state_dict()
    theirs.load_state_dict({**state, "fc.weight": ours.classifier.weight,
                            "fc.bias": ours.classifier.bias})  # fmt: skip
    batch = torch.randn(2, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(ours(batch), theirs(batch))


def test_the_papers_own_network_is_as_its_text_counts():
    model = build(Architecture("ResNet-10-128", "early", 3, 3), 0)
    convolutions = [each for each in model.modules() if isinstance(each, torch.nn.Conv2d)]
    sizes = [(each.kernel_size[0], each.out_channels) for each in convolutions]
    assert sizes.count((7, 64)) == 1
    assert sizes.count((3, 64)) == 4
    assert sizes.count((3, 128)) == 4
    norms = 2 * (64 + 4 * 64 + 5 * 128)
    by_hand = (
        3 * 64 * 49 + 4 * 64 * 64 * 9 + 64 * 128 * 9 + 3 * 128 * 128 * 9
        + 64 * 128 + 128 + norms + 128 * 2 + 2
    )  # fmt: skip
    assert sum(each.numel() for each in model.parameters()) == by_hand
    assert model.vector(torch.zeros(2, 3, 32, 32), None).shape == (2, 128)


@pytest.mark.parametrize("network", ["ResNet-10", "ResNet-10-128"])
@pytest.mark.parametrize("slices", [1, 3])
def test_a_late_branch_sees_its_phase_alone(network: str, slices: int):
    model = build(Architecture(network, "late", 3 * slices, 3), 0).eval()
    generator = torch.Generator().manual_seed(0)
    batch = torch.randn(1, 3 * slices, 32, 32, generator=generator)
    other = batch.clone()
    other[:, slices : 2 * slices] += 1  # the second phase
    with torch.inference_mode():
        parts = [model.vector(each, None).chunk(3, dim=1) for each in (batch, other)]
    assert [torch.equal(a, b) for a, b in zip(*parts, strict=True)] == [True, False, True]


def test_early_and_late_vectors_are_joined_with_the_features():
    batch, joined = torch.zeros(2, 3, 32, 32), torch.ones(2, 5)
    early = build(Architecture("ResNet-10", "early", 3, 3, joined=5), 0)
    late = build(Architecture("ResNet-10", "late", 3, 3, joined=5), 0)
    assert early.vector(batch, joined).shape == (2, 512 + 5)
    assert late.vector(batch, joined).shape == (2, 3 * 512 + 5)
    assert early(batch, joined).shape == late(batch, joined).shape == (2, 2)


def test_slices_are_inputs_or_channels_beside_their_phase():
    tensors = np.arange(2 * 3 * 2).reshape(2, 3, 2, 1, 1).astype(np.float32)
    assert images(tensors, "samples")[:, :, 0, 0].tolist()[:3] == [[0, 1], [2, 3], [4, 5]]
    assert images(tensors, "channels")[:, :, 0, 0].tolist()[0] == [0, 2, 4, 1, 3, 5]


def test_building_leaves_the_random_numbers_of_the_process():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    build(Architecture("ResNet-10-128", "early", 3, 3), 0)
    assert torch.equal(before, torch.get_rng_state())


def _reference(image: np.ndarray, changes: Changes, number: int) -> np.ndarray:
    """One channel, changed by scipy: matrices of (row, column) pixels about the centre."""
    angle, scale = changes.angle[number].item(), changes.scale[number].item()
    flip = np.diag(changes.flip[number].numpy()[::-1])
    # forward, of (row, column): first the flip, then the turn from x to y, then the scale
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    back = np.linalg.inv(scale * turn @ flip)
    centre = (np.array(image.shape) - 1) / 2
    shift = changes.shift[number].numpy()[::-1].astype(float)
    return affine_transform(image, back, centre - back @ (centre + shift), order=1, mode="nearest")


@pytest.mark.parametrize("shape", [(32, 32), (24, 40)])
def test_a_batch_is_changed_as_each_image_by_scipy(shape: tuple[int, int]):
    generator = torch.Generator().manual_seed(3)
    batch = torch.randn(8, 2, *shape, generator=generator)
    settings = AugmentationSettings(rotation_deg=40, scale=0.3, shift=0.2)
    changes = draw(8, *shape, settings, generator)
    assert {tuple(each) for each in changes.flip.tolist()} == {(1, 1), (1, -1), (-1, 1), (-1, -1)}
    done = changed(batch, changes).numpy()
    for number in range(8):
        for channel in range(2):
            wanted = _reference(batch[number, channel].numpy(), changes, number)
            np.testing.assert_allclose(done[number, channel], wanted, atol=2e-4)


def test_a_flip_alone_is_exact_and_nothing_leaves_the_image():
    batch = torch.randn(16, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    assert torch.allclose(augmented(batch, OFF, generator), batch, atol=1e-5)
    flips = OFF.model_copy(update={"flip": True})
    done = augmented(batch, flips, generator)
    flipped = [batch, batch.flip(-1), batch.flip(-2), batch.flip(-1, -2)]
    for number, image in enumerate(done):
        assert any(torch.allclose(image, each[number], atol=1e-5) for each in flipped)


def test_changes_stay_in_their_range_and_follow_the_seed():
    settings = AugmentationSettings(rotation_deg=10, scale=0.1, shift=0.05)
    one, two = (draw(500, 40, 20, settings, torch.Generator().manual_seed(2)) for _ in range(2))
    assert torch.equal(one.angle, two.angle)
    assert 9 < math.degrees(one.angle.abs().max()) <= 10
    assert 1.09 < one.scale.max() <= 1.1
    assert 0.9 <= one.scale.min() < 0.91
    assert (one.shift.abs().amax(dim=0) <= torch.tensor([1.0, 2.0])).all()  # 5 % of 20 and 40
    assert one.flip.mean().abs() < 0.1
