"""Phases on one place: how a later phase is moved rigidly onto the first one, and how well it fits.

What searches the transform is handed in, so that this module judges any search alike.
"""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from hccer.imaging.grid import AXES, affine, continuous_index
from hccer.imaging.quality import image_fault
from schemas.deep import RegistrationSettings
from schemas.errors import HccerError

# fixed and moving image, settings: the transform from fixed to moving points
Search = Callable[[sitk.Image, sitk.Image, RegistrationSettings], sitk.AffineTransform]
MIRRORS = [each for each in itertools.product((1.0, -1.0), repeat=3) if -1.0 in each]


@dataclass(frozen=True)
class Registration:
    """A transform from fixed to moving points (LPS, mm), and how well it fits.

    Attributes:
        shift_mm: distance that the centre of the fixed image moves.
        rotation_deg: angle of the rotation.
        metric_before, metric_after: Mattes mutual information (nats); higher fits better.
        overlap: share of the fixed tumour's voxels that the moved image covers.
    """

    transform: sitk.AffineTransform
    shift_mm: float
    rotation_deg: float
    metric_before: float
    metric_after: float
    overlap: float


def register(
    fixed: sitk.Image,
    moving: sitk.Image,
    tumour: sitk.Image,
    settings: RegistrationSettings,
    search: Search,
) -> Registration:
    """Move one image rigidly onto another one of the same patient and examination.

    Args:
        fixed: the image that stays.
        moving: the image that is moved; its grid may differ.
        tumour: mask on the grid of `fixed`, tumour above 0.
        search: finds the transform, from the identity on.

    Raises:
        HccerError: with the reason: NaN voxels, images that lie apart, axes that contradict the
            content, or a moved image that leaves too much of the tumour uncovered.

    Source: Mattes et al., IEEE Trans. Med. Imaging 22 (2003) 120-128, the metric.
    """
    _check_images(fixed, moving)
    points = voxel_centres_mm(tumour)
    identity = sitk.AffineTransform(3)
    _check_overlap(covered(points, identity, moving), settings, "lies")
    before = mutual_information(fixed, moving, identity, settings)
    found = search(fixed, moving, settings)
    overlap = covered(points, found, moving)
    _check_overlap(overlap, settings, "was moved")
    _check_axes(fixed, moving, found, settings)
    after = mutual_information(fixed, moving, found, settings)
    return Registration(found, _shift_mm(fixed, found), _angle_deg(found), before, after, overlap)


def _check_images(fixed: sitk.Image, moving: sitk.Image) -> None:
    for name, image in (("fixed", fixed), ("moving", moving)):
        if fault := image_fault(image):
            raise HccerError(f"the {name} image cannot be registered: {fault}")


def _check_overlap(overlap: float, settings: RegistrationSettings, verb: str) -> None:
    if overlap == 0:
        raise HccerError(f"the images do not overlap: the moving image {verb} where it covers "
                         "nothing of the tumour; look at its position and direction")  # fmt: skip
    if overlap < settings.fewest_overlap:
        raise HccerError(f"the moving image {verb} where it covers {overlap:.0%} of the tumour, "
                         f"fewer than {settings.fewest_overlap:.0%}")  # fmt: skip


def _check_axes(
    fixed: sitk.Image, moving: sitk.Image, found: sitk.Transform, settings: RegistrationSettings
) -> None:
    """Refuse a moving image that fits better mirrored: its header contradicts its voxels."""
    still, other = (_shrunk(each, settings.coarse) for each in (fixed, moving))
    metric = mutual_information(still, other, found, settings)
    mirrored = {signs: mutual_information(still, other, _mirror(moving, signs), settings)
                for signs in MIRRORS}  # fmt: skip
    best = max(mirrored, key=mirrored.get)
    if mirrored[best] > (1 + settings.mirror_gain) * metric:
        axes = " and ".join(itertools.compress(AXES, [sign < 0 for sign in best]))
        raise HccerError(
            f"the moving image would fit better flipped along {axes} (mutual information "
            f"{mirrored[best]:.3f} against {metric:.3f}): its direction contradicts its voxels"
        )


def _shrunk(image: sitk.Image, factor: int) -> sitk.Image:
    return sitk.BinShrink(image, [factor, factor, 1])


def _mirror(image: sitk.Image, signs: tuple[float, ...]) -> sitk.AffineTransform:
    matrix = affine(image)
    axes = matrix[:3, :3] / image.GetSpacing()
    centre = matrix @ [*(np.array(image.GetSize()) - 1) / 2, 1.0]
    mirror = sitk.AffineTransform(3)
    mirror.SetCenter(centre[:3].tolist())
    mirror.SetMatrix((axes @ np.diag(signs) @ axes.T).ravel().tolist())
    return mirror


def voxel_centres_mm(mask: sitk.Image) -> np.ndarray:
    """Centres (n, 3) in mm of the voxels of a mask that are above 0.

    Raises:
        HccerError: there is none.
    """
    index = np.argwhere(sitk.GetArrayViewFromImage(mask) > 0)[:, ::-1]
    if not len(index):
        raise HccerError("empty mask: every voxel is 0")
    matrix = affine(mask)
    return index @ matrix[:3, :3].T + matrix[:3, 3]


def covered(points_mm: np.ndarray, transform: sitk.AffineTransform, moving: sitk.Image) -> float:
    """Share of points (n, 3) that fall into the moving image once they are transformed."""
    matrix, offset = matrix_and_offset(transform)
    index = np.rint(continuous_index(points_mm @ matrix.T + offset, moving))
    return float(((index >= 0) & (index < moving.GetSize())).all(axis=1).mean())


def mutual_information(
    fixed: sitk.Image,
    moving: sitk.Image,
    transform: sitk.Transform,
    settings: RegistrationSettings,
) -> float:
    """Mattes mutual information (nats) of two images under a transform; 0 where they lie apart."""
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(settings.bins)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetInitialTransform(transform)
    # sums of several threads differ in their last bits
    method.SetNumberOfThreads(1)
    method.SetNumberOfWorkUnits(1)
    try:
        return -method.MetricEvaluate(*(sitk.Cast(each, sitk.sitkFloat32)
                                        for each in (fixed, moving)))  # fmt: skip
    except RuntimeError:
        return 0.0


def transform_text(transform: sitk.Transform) -> str:
    """A transform as JSON with ITK's words: type, parameters, fixed_parameters."""
    return json.dumps({
        "type": transform.GetName(),
        "parameters": transform.GetParameters(),
        "fixed_parameters": transform.GetFixedParameters(),
    })  # fmt: skip


def read_transform(text: str) -> sitk.AffineTransform:
    """The transform that `transform_text` wrote."""
    given = json.loads(text)
    transform = getattr(sitk, given["type"])(3)
    transform.SetFixedParameters(given["fixed_parameters"])
    transform.SetParameters(given["parameters"])
    return transform


def matrix_and_offset(transform: sitk.AffineTransform) -> tuple[np.ndarray, np.ndarray]:
    """Matrix (3, 3) and offset (3,) mm of a linear transform."""
    offset = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    return np.reshape(transform.GetMatrix(), (3, 3)), offset


def _shift_mm(fixed: sitk.Image, transform: sitk.AffineTransform) -> float:
    centre = affine(fixed) @ [*(np.array(fixed.GetSize()) - 1) / 2, 1.0]
    moved = transform.TransformPoint(centre[:3].tolist())
    return float(np.linalg.norm(np.subtract(moved, centre[:3])))


def _angle_deg(transform: sitk.AffineTransform) -> float:
    """Angle of a rotation; the sine keeps small ones, which the trace alone would lose."""
    matrix = matrix_and_offset(transform)[0]
    axis = [matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]]
    return float(np.degrees(np.arctan2(np.linalg.norm(axis), np.trace(matrix) - 1)))
