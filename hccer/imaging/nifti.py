"""NIfTI-1 content: complete, plausible, and without free text that could name a person.

Source: NIfTI-1 data format, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

import struct
import zlib

import numpy as np

HEADER_BYTES, DATA_OFFSET = 348, 352
# offset, length: data_type, db_name, descrip, aux_file, intent_name
FREE_TEXT = ((4, 10), (14, 18), (148, 80), (228, 24), (328, 16))


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
    offset, size = _data_extent(start, order, maximum_voxels)
    whole = _decompressed(content, offset + size)
    if len(whole) < offset + size:
        raise NiftiError(f"truncated: {offset + size} bytes promised, {len(whole)} there")
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


def _data_extent(header: bytes, order: str, maximum_voxels: int) -> tuple[int, int]:
    dimensions = struct.unpack_from(order + "8h", header, 40)
    rank, bits = dimensions[0], struct.unpack_from(order + "h", header, 72)[0]
    if not 1 <= rank <= 7 or min(dimensions[1 : rank + 1]) < 1:
        raise NiftiError(f"impossible dimensions {dimensions[1 : max(rank, 0) + 1]}")
    voxels = int(np.prod(np.array(dimensions[1 : rank + 1], dtype=object)))
    if voxels > maximum_voxels:
        raise NiftiError(f"{voxels} voxels are more than the limit of {maximum_voxels}")
    offset = struct.unpack_from(order + "f", header, 108)[0]
    if not HEADER_BYTES <= offset <= 2**24 or bits <= 0:
        raise NiftiError(f"impossible header (data offset {offset:g}, {bits} bits per voxel)")
    return int(offset), voxels * bits // 8
