"""Crops as pictures: the tumour outlined, and where a network looks laid over it."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hccer.report.thumbnail import OUTLINE, QUALITY, SYNTHETIC

SIDE_PX = 256
FONT_PX = 16
STRONGEST = 0.6  # how much of the picture the strongest place of a map covers


def crop_picture(
    channel: np.ndarray, mask: np.ndarray, heat: np.ndarray | None = None, *, synthetic: bool
) -> bytes:
    """One phase of a crop with its outline, and a Score-CAM map over it where there is one.

    Args:
        channel: (rows, columns), intensities; the smallest is black, the largest white.
        mask: (rows, columns), the tumour.
        heat: (rows, columns), from 0 to 1.
        synthetic: write so across the picture.

    Returns:
        WebP, 256 x 256 pixels.
    """
    picture = np.repeat(_enlarged(_scaled(channel))[..., None], 3, axis=2)
    if heat is not None:
        picture = _under(picture, _enlarged(heat))
    picture = (picture * 255).round().astype(np.uint8)
    picture[_edge(_enlarged(mask.astype(np.float32)) > 0.5)] = OUTLINE
    return _written(Image.fromarray(picture), SYNTHETIC if synthetic else "")


def _scaled(values: np.ndarray) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    return (values - low) / max(high - low, 1e-9)


def _enlarged(values: np.ndarray) -> np.ndarray:
    small = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    large = small.resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(large), 0, 1)


def _under(picture: np.ndarray, heat: np.ndarray) -> np.ndarray:
    from matplotlib import colormaps

    share = STRONGEST * heat[..., None]
    return (1 - share) * picture + share * colormaps["inferno"](heat)[..., :3]


def _edge(inside: np.ndarray) -> np.ndarray:
    edge = np.zeros_like(inside)
    edge[:-1] |= inside[:-1] != inside[1:]
    edge[:, :-1] |= inside[:, :-1] != inside[:, 1:]
    return edge


def _written(picture: Image.Image, text: str) -> bytes:
    font = ImageFont.load_default(FONT_PX)
    ImageDraw.Draw(picture).text((SIDE_PX / 2, SIDE_PX - 5), text, font=font, anchor="md",
                                 fill=(255, 255, 255), stroke_width=2, stroke_fill=0)  # fmt: skip
    content = io.BytesIO()
    picture.save(content, "webp", quality=QUALITY, method=4)
    return content.getvalue()
