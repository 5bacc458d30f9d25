"""Quality of an image and its tumour mask as numbers; None where one cannot be measured."""

import numpy as np
from scipy.ndimage import (
    binary_fill_holes,
    convolve,
    distance_transform_edt,
    find_objects,
    label,
    uniform_filter,
)

BODY_SHARE = 0.15  # of the bright tissue's signal: above it is body, below it air
DARK_AND_BRIGHT = (0.1, 95.0)  # percentiles; a few odd voxels are no air
SMALLEST_PART = 0.05  # of the largest part of the body: two legs are both body, a speck is not
AIR_MARGIN_VOXELS = 3
AIR_VOXELS = 200  # fewer tell nothing about ghosts
RING_MM = (5.0, 15.0)
VESSEL_SHARE = 0.5  # brightest per cent of the body: about the aorta's share of a trunk
LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)[None]
NORMAL_MAD = 1.4826  # standard deviation of a normal variable over its median absolute deviation
Spacing = tuple[float, float, float]


def measures(image: np.ndarray, tumour: np.ndarray, spacing_mm: Spacing) -> dict:
    """The columns of `image_quality` that one image and its mask decide.

    Args:
        image: voxels (z, y, x) in any unit, slices axial.
        tumour: boolean array of the same shape, not empty.
        spacing_mm: voxel size along x, y, z.

    Returns:
        noise, signal_to_noise, contrast_to_noise, motion_score, vessel_to_organ,
        tumour_to_organ and coverage; None where the image does not allow it.

    Raises:
        ValueError: values beyond 32-bit floating point.
    """
    with np.errstate(over="ignore"):
        image = image.astype(np.float32, copy=False)
    if not np.isfinite(image).all():
        raise ValueError("voxel values beyond the range of 32-bit numbers")
    body = body_mask(image, tumour)
    ring = surroundings(tumour, body, spacing_mm)
    organ = float(np.median(image[ring])) if ring.any() else None
    inside = float(np.median(image[tumour]))
    spread = noise(image, body)
    return {
        "noise": spread,
        "signal_to_noise": _ratio(float(np.median(image[body])), spread),
        "contrast_to_noise": None if organ is None else _ratio(abs(inside - organ), spread),
        "motion_score": motion_score(image, body),
        "vessel_to_organ": _ratio(vessels(image, body & ~tumour), organ),
        "tumour_to_organ": _ratio(inside, organ),
        "coverage": coverage(tumour),
    }


def body_mask(image: np.ndarray, tumour: np.ndarray) -> np.ndarray:
    """Voxels of the body: above 15 % of bright tissue, in large parts, holes filled.

    The tumour is always part of it, and is left out when bright tissue is looked for: in PET it
    outshines all else. An image without air is body throughout.

    Args:
        image: voxels (z, y, x).
        tumour: boolean array of the same shape.
    """
    tissue = image[~tumour] if not tumour.all() else image
    low, bright = np.percentile(tissue, DARK_AND_BRIGHT)
    smooth = uniform_filter(image, size=(1, 3, 3))
    parts, count = label((smooth > low + BODY_SHARE * (bright - low)) | tumour)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    body = (sizes >= SMALLEST_PART * sizes.max())[parts] & (parts > 0)
    return np.stack([binary_fill_holes(each) for each in body | tumour])


def surroundings(tumour: np.ndarray, body: np.ndarray, spacing_mm: Spacing) -> np.ndarray:
    """The organ about a tumour: tissue 5 to 15 mm from it, inside the body; boolean (z, y, x)."""
    reach = [int(np.ceil(RING_MM[1] / each)) + 1 for each in spacing_mm[::-1]]
    (box,) = find_objects(tumour.astype(np.uint8))
    wider = tuple(
        slice(max(0, axis.start - margin), axis.stop + margin)
        for axis, margin in zip(box, reach, strict=True)
    )
    distance = distance_transform_edt(~tumour[wider], sampling=spacing_mm[::-1])
    ring = np.zeros_like(body)
    ring[wider] = (distance >= RING_MM[0]) & (distance <= RING_MM[1]) & body[wider]
    return ring


def noise(image: np.ndarray, body: np.ndarray) -> float | None:
    """Standard deviation of the noise in the body, from what no smooth structure explains.

    The median absolute response to the difference of two Laplacians, over its response to unit
    white noise; edges and slopes cancel. Smoothed or interpolated images show less than they had.

    Source: Immerkaer, Fast noise variance estimation, CVIU 64 (1996) 300-302; median for mean.
    """
    inner = uniform_filter(body.astype(np.float32), (1, 5, 5)) > 0.999  # off the skin's edge
    response = convolve(image, LAPLACIAN)[inner if inner.any() else body]
    return NORMAL_MAD * float(np.median(np.abs(response))) / 6 or None


def vessels(image: np.ndarray, body: np.ndarray) -> float | None:
    """Signal of the brightest vessels: median of the brightest 0.5 % of the body."""
    smooth = uniform_filter(image, size=(1, 3, 3))[body]
    return float(np.percentile(smooth, 100 - VESSEL_SHARE / 2)) if smooth.size else None


def motion_score(image: np.ndarray, body: np.ndarray) -> float | None:
    """Ghosts: mean signal of the air beside the body along one axis over that along the other.

    Ghosts of a moving body repeat along the phase-encoding axis alone; which one that is, is not
    known, so the larger mean is divided by the smaller. A ghost above 15 % of bright tissue counts
    as body and is missed.

    Returns:
        1 for equal air, more with ghosts; None without air along both axes, or where the scanner
        set the air to 0.

    Source: the ghosting ratio of the ACR MRI phantom test guidance, of means for differences.
    """
    grown = uniform_filter(body.astype(np.float32), (1, *[2 * AIR_MARGIN_VOXELS + 1] * 2)) > 1e-4
    rows, columns = grown.any(axis=2)[:, :, None], grown.any(axis=1)[:, None, :]
    beside = [image[rows & ~columns], image[~rows & columns]]
    if not all(_is_air(each, image.min()) for each in beside):
        return None
    low, high = sorted(float(each.mean()) for each in beside)
    return _ratio(high, low)


def _is_air(voxels: np.ndarray, lowest: float) -> bool:
    return voxels.size >= AIR_VOXELS and bool(np.median(voxels) > lowest)


def coverage(tumour: np.ndarray) -> float:
    """Share of the tumour's voxels off the outermost layer of the image: 1 = nothing is cut."""
    inner = tumour[1:-1, 1:-1, 1:-1]
    return float(np.count_nonzero(inner) / np.count_nonzero(tumour))


def _ratio(value: float | None, reference: float | None) -> float | None:
    if value is None or reference is None or value < 0 or reference <= 0:
        return None
    return value / reference
