"""NIfTI-1 content: complete, plausible, and without free text that could name a person.

Source: NIfTI-1 data format, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

import struct
import zlib

import numpy as np

HEADER_BYTES, DATA_OFFSET = 348, 352
# offset, length: data_type, db_name, descrip, aux_file, intent_name
FREE_TEXT = ((4, 10), (14, 18), (148, 80), (228, 24), (328, 16))
# codes of the data types that are grey values
GREY = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4",
        1024: "i8", 1280: "u8"}  # fmt: skip


class NiftiError(ValueError):
    """The content is not a usable NIfTI-1 volume; the message says why."""


def canonical(content: bytes, maximum_voxels: int) -> bytes:
    """The volume's header and voxels alone: decompressed, free text blanked, extensions left out.

    Voxels, scaling and geometry are not touched, so the canonical volume reads as the given one.

    Args:
        content: bytes of a .nii or .nii.gz file.
        maximum_voxels: more than that is refused before it is decompressed.

    Returns:
        Bytes of a single-file NIfTI-1 volume, data at offset 352.

    Raises:
        NiftiError: no NIfTI-1, truncated, damaged, or too large.
    """
    start = _decompressed(content, HEADER_BYTES)
    order = _byte_order(start)
    kind = _voxel_type(start, order)
    offset, size = _data_extent(start, order, maximum_voxels)
    _check_scales(start, order)
    whole = _decompressed(content, offset + size)
    if len(whole) < offset + size:
        raise NiftiError(f"truncated: {offset + size} bytes promised, {len(whole)} there")
    _check_voxels(np.frombuffer(whole, kind, size // kind.itemsize, offset))
    header = bytearray(whole[:HEADER_BYTES])
    for at, length in FREE_TEXT:
        header[at : at + length] = bytes(length)
    struct.pack_into(order + "f", header, 108, float(DATA_OFFSET))
    return bytes(header) + bytes(4) + whole[offset : offset + size]


def _decompressed(content: bytes, length: int) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content[:length]
    decoder = zlib.decompressobj(wbits=31)
    try:
        return decoder.decompress(content, length)
    except zlib.error as error:
        raise NiftiError(f"damaged gzip stream: {error}") from None


def _byte_order(header: bytes) -> str:
    if len(header) < HEADER_BYTES:
        raise NiftiError(f"truncated: a header has {HEADER_BYTES} bytes, {len(header)} are there")
    for order in "<>":
        if struct.unpack_from(order + "i", header)[0] == HEADER_BYTES:
            break
    else:
        raise NiftiError("not a NIfTI-1 file: its header does not begin with 348")
    if header[344:348] != b"n+1\0":
        raise NiftiError("not a single-file NIfTI-1 volume (magic is not n+1)")
    return order


def _voxel_type(header: bytes, order: str) -> np.dtype:
    code, bits = struct.unpack_from(order + "2h", header, 70)
    if code not in GREY:
        raise NiftiError(f"voxels of data type {code} are not scalar grey values")
    kind = np.dtype(order + GREY[code])
    if bits != 8 * kind.itemsize:
        raise NiftiError(f"{bits} bits per voxel are not those of data type {code}")
    return kind


def _check_scales(header: bytes, order: str) -> None:
    """ITK takes a voxel size or intensity scale that is none for 1, without a word."""
    rank = min(3, struct.unpack_from(order + "h", header, 40)[0])
    sizes = struct.unpack_from(order + "3f", header, 80)[:rank]
    slope, intercept = struct.unpack_from(order + "2f", header, 112)
    if not np.isfinite(sizes).all() or 0 in sizes:
        raise NiftiError("a voxel size is 0 or not finite")
    scaled = slope != 0 and not np.isnan(slope)  # else nothing is to be scaled
    if scaled and not np.isfinite([slope, intercept]).all():
        raise NiftiError("the slope or intercept of the intensities is not finite")


def _check_voxels(voxels: np.ndarray) -> None:
    """ITK reads NaN and infinite voxels as 0, without a word."""
    bad = voxels.size - np.count_nonzero(np.isfinite(voxels))
    if bad:
        raise NiftiError(f"{bad} of {voxels.size} voxels are NaN or infinite")


def _data_extent(header: bytes, order: str, maximum_voxels: int) -> tuple[int, int]:
    dimensions = struct.unpack_from(order + "8h", header, 40)
    rank, bits = dimensions[0], struct.unpack_from(order + "h", header, 72)[0]
    if not 1 <= rank <= 7 or min(dimensions[1 : rank + 1]) < 1:
        raise NiftiError(f"impossible dimensions {dimensions[1 : max(rank, 0) + 1]}")
    voxels = int(np.prod(np.array(dimensions[1 : rank + 1], dtype=object)))
    if voxels > maximum_voxels:
        raise NiftiError(f"{voxels} voxels are more than the limit of {maximum_voxels}")
    offset = struct.unpack_from(order + "f", header, 108)[0]
    if not HEADER_BYTES <= offset <= 2**24:
        raise NiftiError(f"impossible header (data offset {offset:g})")
    return int(offset), voxels * bits // 8
