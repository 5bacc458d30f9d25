"""Score-CAM of a patient's crop, and how much of it lies in the tumour, around it, elsewhere."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

from hccer.deep import weights as stored
from hccer.deep.description import Description
from hccer.deep.device import choose_device, computing, within_memory
from hccer.deep.networks import ImageNetwork, build
from hccer.deep.samples import images
from hccer.deep.score_cam import score_cam, stage_activations
from schemas.deep import AttributionSettings
from schemas.errors import HccerError

FLAT = "the map is flat: no region changes the score"
NO_TUMOUR = "the mask has no voxel in this slice"


@dataclass(frozen=True, eq=False)
class Attribution:
    """Where a score comes from.

    map: (rows, cols) float32 from 0 to 1, of the crop's size; share_*: of the map's sum, in the
    tumour, in the margin around it, and outside both. None with the reason where there is none.
    """

    map: np.ndarray | None
    share_tumour: float | None
    share_margin: float | None
    share_outside: float | None
    reason: str | None


@dataclass(frozen=True, eq=False)
class Explained:
    """A network that is to be explained: trained, and with fresh weights as a sanity check.

    A map that stays the same with fresh weights shows the image, not the network (Adebayo et al.,
    NeurIPS 2018).
    """

    trained: ImageNetwork
    random: ImageNetwork
    description: Description
    device: torch.device


def explained(weights: bytes) -> Explained:
    """The network of these weights on its device, once for many maps.

    Raises:
        HccerError: weights that are none, or no memory left.
    """
    device = choose_device()
    with within_memory(device):
        model, description = stored.network(weights, device)
        return Explained(model, _random(description).to(device), description, device)


def attribution(
    network: Explained,
    tensor: np.ndarray,
    mask: np.ndarray,
    spacing_mm: float,
    settings: AttributionSettings,
    channel: int | None,
    randomised: bool,
    joined: np.ndarray | None = None,
) -> Attribution:
    """Score-CAM of the event for one input of a network.

    Args:
        network: from `explained`.
        tensor: (slices, channels, rows, cols): one slice, or all slices of a patient where they
            enter together.
        mask: (rows, cols) bool, the tumour.
        spacing_mm: side of a pixel.
        settings: the margin, and how small a map may be.
        channel: the phase that alone is shown, the others being 0, the volume's mean; None: all.
        randomised: with fresh weights in place of the trained ones.
        joined: (p,) on their own scale; None stands for the mean of the fitted patients.

    Raises:
        HccerError: a crop that this network does not read, or no memory left.
    """
    description, device = network.description, network.device
    image = _image(description, tensor, channel)
    model = network.random if randomised else network.trained
    with computing(device, description.training.threads), torch.inference_mode():
        image = image.to(device)
        found = _map(model, description, image, joined, settings, channel)
    if found is None:
        return Attribution(None, None, None, None, FLAT)
    return _shared(found.cpu().numpy(), mask, spacing_mm, settings.margin_mm)


def _image(description: Description, tensor: np.ndarray, channel: int | None) -> torch.Tensor:
    wanted = description.shape if description.slices == "channels" else (1, *description.shape[1:])
    if tensor.shape != wanted:
        raise HccerError(
            f"this {description.network} reads {wanted} (slices, phases, rows, columns) at once, "
            f"given: {tensor.shape}"
        )
    shown = np.zeros(tensor.shape, dtype=np.float32)
    phases = slice(None) if channel is None else slice(channel, channel + 1)
    shown[:, phases] = tensor[:, phases]
    return torch.from_numpy(images(shown[None], description.slices)[0])


def _random(description: Description) -> ImageNetwork:
    # another seed than the training's, which began from that one's weights
    return build(description.architecture, description.training.random_state + 1).eval()


def _map(
    model: ImageNetwork,
    description: Description,
    image: torch.Tensor,
    joined: np.ndarray | None,
    settings: AttributionSettings,
    channel: int | None,
) -> torch.Tensor | None:
    beside = _beside(description, joined, image.device)
    branch = channel if description.fusion == "late" else None
    activations = stage_activations(model, image, beside, settings.fewest_pixels, branch)

    def logits(batch: torch.Tensor) -> torch.Tensor:
        batch = batch.contiguous(memory_format=torch.channels_last)
        return model(batch, None if beside is None else beside.expand(len(batch), -1))

    return score_cam(logits, image, activations)


def _beside(
    description: Description, joined: np.ndarray | None, device: torch.device
) -> torch.Tensor | None:
    if not description.joined_names:
        return None
    mean = np.array(description.joined_mean)
    scaled = ((mean if joined is None else joined) - mean) / np.array(description.joined_scale)
    return torch.from_numpy(scaled.astype(np.float32)).to(device)


def _shared(
    found: np.ndarray, mask: np.ndarray, spacing_mm: float, margin_mm: float
) -> Attribution:
    if not mask.any():
        return Attribution(found, None, None, None, NO_TUMOUR)
    distance_mm = distance_transform_edt(~mask, sampling=spacing_mm)
    total = found.sum(dtype=np.float64)
    tumour = float(found[mask].sum(dtype=np.float64) / total)
    near = float(found[~mask & (distance_mm <= margin_mm)].sum(dtype=np.float64) / total)
    return Attribution(found, tumour, near, max(0.0, 1 - tumour - near), None)
