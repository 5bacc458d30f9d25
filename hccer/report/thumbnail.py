"""One slice of an image as a small picture, the tumour outlined on it."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import binary_dilation, binary_erosion

from hccer.imaging.measures import body_mask

SIZE_PX = (320, 240)  # shown at half that: sharp on dense screens
WINDOW = (1.0, 99.0)  # percentiles of the body
OUTLINE = (255, 176, 0)
SYNTHETIC = "SYNTHETIC IMAGES"
QUALITY = 60
FONT_PX = 20
MARGIN = 0.03  # about the body, of its width


def thumbnail(
    image: np.ndarray,
    tumour: np.ndarray | None,
    spacing_mm: tuple[float, float, float],
    *,
    synthetic: bool,
) -> bytes:
    """The slice with most tumour, cut out and windowed to the body, as a WebP picture.

    Args:
        image: voxels (z, y, x), axial slices, the first row in front.
        tumour: boolean array of the same shape; None shows the middle slice without outline.
        spacing_mm: voxel size along x, y, z.
        synthetic: write so across the picture.

    Returns:
        WebP bytes, 320 x 240 pixels.
    """
    number = len(image) // 2 if tumour is None else int(tumour.sum(axis=(1, 2)).argmax())
    drawn = np.zeros(image.shape[1:], dtype=bool) if tumour is None else tumour[number]
    voxels = image[number].astype(np.float32)
    body = body_mask(voxels[None], drawn[None])[0]
    box = _box(body)
    size = _size(voxels[box].shape, spacing_mm)
    scaled = Image.fromarray(_windowed(voxels, body)[box]).resize(size, Image.Resampling.BICUBIC)
    picture = np.array(scaled.convert("RGB"))
    picture[_outline(drawn[box], size)] = OUTLINE
    return _framed(Image.fromarray(picture), SYNTHETIC if synthetic else "")


def _box(body: np.ndarray) -> tuple[slice, slice]:
    margin = int(np.ceil(MARGIN * body.shape[1]))
    across = [np.flatnonzero(body.any(axis=axis)) for axis in (1, 0)]
    rows, columns = [
        slice(max(0, each[0] - margin), each[-1] + 1 + margin) if each.size else slice(None)
        for each in across
    ]
    return rows, columns


def _windowed(voxels: np.ndarray, body: np.ndarray) -> np.ndarray:
    low, high = np.percentile(voxels[body] if body.any() else voxels, WINDOW)
    return (np.clip((voxels - low) / max(high - low, 1e-9), 0, 1) * 255).astype(np.uint8)


def _size(shape: tuple[int, int], spacing_mm: tuple[float, float, float]) -> tuple[int, int]:
    extent = np.array([shape[1] * spacing_mm[0], shape[0] * spacing_mm[1]])
    width, height = np.maximum(1, np.floor(extent * (SIZE_PX / extent).min())).astype(int)
    return int(width), int(height)


def _outline(drawn: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    scaled = Image.fromarray(drawn.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)
    inside = np.asarray(scaled) > 127
    return binary_dilation(inside) & ~binary_erosion(inside)


def _framed(picture: Image.Image, text: str) -> bytes:
    frame = Image.new("RGB", SIZE_PX)
    frame.paste(picture, tuple((f - p) // 2 for f, p in zip(SIZE_PX, picture.size, strict=True)))
    font = ImageFont.load_default(FONT_PX)
    ImageDraw.Draw(frame).text((SIZE_PX[0] / 2, SIZE_PX[1] - 5), text, font=font, anchor="md",
                               fill=(255, 255, 255), stroke_width=2, stroke_fill=0)  # fmt: skip
    content = io.BytesIO()
    frame.save(content, "webp", quality=QUALITY, method=4)
    return content.getvalue()
