"""Crops as pictures: the tumour outlined, and where a network looks laid over it."""

import io
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import binary_dilation

from hccer.report.thumbnail import OUTLINE, QUALITY, SYNTHETIC

SIDE_PX = 256
FONT_PX = 16
CAPTION_PX, GAP_PX, LETTERS = 16, 8, 40
STRONGEST = 0.6  # how much of the picture the strongest place of a map covers
OVER_MAP = (0, 255, 255)  # seen on all colours of a map
BAR = (240, 48, 8, 128)  # left, top, width, height of the colour bar
BAR_FONT_PX = 12


def crop_picture(
    channel: np.ndarray, mask: np.ndarray, heat: np.ndarray | None = None, *, synthetic: bool
) -> bytes:
    """One phase of a crop with its outline, and a Score-CAM map over it where there is one.

    Args:
        channel: (rows, columns), intensities; the smallest is black, the largest white.
        mask: (rows, columns), the tumour.
        heat: (rows, columns), from 0 to 1; shown with its colour bar.
        synthetic: write so across the picture.

    Returns:
        WebP, 256 x 256 pixels.
    """
    picture = np.repeat(_enlarged(_scaled(channel))[..., None], 3, axis=2)
    if heat is not None:
        picture = _under(picture, _enlarged(heat))
    picture = (picture * 255).round().astype(np.uint8)
    edge = _edge(_enlarged(mask.astype(np.float32)) > 0.5)
    picture[edge if heat is None else binary_dilation(edge)] = OUTLINE if heat is None else OVER_MAP
    image = Image.fromarray(picture)
    if heat is not None:
        _add_bar(image)
    return _written(image, SYNTHETIC if synthetic else "")


def _add_bar(image: Image.Image) -> None:
    """The colours of a map over mid-grey, from 0 below to 1 above."""
    left, top, width, height = BAR
    heat = np.repeat(np.linspace(1, 0, height)[:, None], width, axis=1)
    colours = _under(np.full((height, width, 3), 0.5), heat)
    image.paste(Image.fromarray((colours * 255).round().astype(np.uint8)), (left, top))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(BAR_FONT_PX)
    draw.rectangle((left - 1, top - 1, left + width, top + height), outline=(255, 255, 255))
    for text, y, anchor in (("1", top - 3, "md"), ("0", top + height + 3, "ma")):
        draw.text((left + width / 2, y), text, font=font, anchor=anchor, fill=(255, 255, 255),
                  stroke_width=2, stroke_fill=0)  # fmt: skip


def contact_print(pictures: list[tuple[bytes, str]], across: int) -> bytes:
    """Pictures of one size with their captions, side by side in rows, as one PNG.

    Args:
        pictures: file and caption of each.
        across: how many stand in a row.
    """
    images = [(Image.open(io.BytesIO(content)).convert("RGB"), text) for content, text in pictures]
    wide, high = SIDE_PX + GAP_PX, SIDE_PX + GAP_PX + 2 * CAPTION_PX
    rows = -(-len(images) // across)
    sheet = Image.new("RGB", (across * wide - GAP_PX, rows * high - GAP_PX), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(CAPTION_PX - 4)
    for at, (image, text) in enumerate(images):
        left, top = at % across * wide, at // across * high
        sheet.paste(image, (left, top))
        lines = "\n".join(wrap(text, LETTERS)[:2])
        draw.multiline_text((left, top + SIDE_PX + 2), lines, font=font, fill=0, spacing=2)
    content = io.BytesIO()
    sheet.save(content, "png", optimize=False)
    return content.getvalue()


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
