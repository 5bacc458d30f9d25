"""The header of one DICOM file, read without trust: bounded, silent, every fault in words.

Source: DICOM PS3.10 (file format), PS3.5 (encoding).
"""

import io
import logging
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset, config
from pydicom.datadict import tag_for_keyword
from pydicom.encaps import parse_fragments
from pydicom.filereader import _read_file_meta_info, read_dataset, read_partial, read_preamble
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from hccer.ingest.volumes import PassingError, UnusableError

UNDEFINED_LENGTH = 0xFFFFFFFF
PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))  # float, double, integer
INFLATED_BYTES = 2**28
DICOM_NAMES = (".dcm", ".dicom", ".ima")

logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # its warnings quote values of the header


@dataclass(frozen=True)
class Header:
    """Elements of one file that come before its pixels.

    Attributes:
        data: the wanted elements; they are decoded when asked for, so inside `careful()`.
        syntax: how the pixels are encoded, a transfer syntax UID; empty where not said.
        pixel_bytes: length of native pixel data that is there; None without pixel data; -1 where
            they are compressed.
    """

    data: Dataset
    syntax: UID
    pixel_bytes: int | None


@contextmanager
def careful() -> Iterator[None]:
    """Silence pydicom, and turn whatever it raises on damaged bytes into one sentence.

    Raises:
        UnusableError: the bytes are damaged; the sentence quotes none of them.
        PassingError: the file cannot be opened.
    """
    with warnings.catch_warnings(), config.disable_value_validation():
        warnings.simplefilter("ignore")
        try:
            yield
        except UnusableError:
            raise
        except OSError as error:
            raise PassingError(f"unreadable: {error.strerror}") from None
        except Exception as error:
            reason = f"damaged DICOM ({type(error).__name__}): export the file again"
            raise UnusableError(reason) from None


def read_header(file: Path, keywords: Sequence[str]) -> Header | None:
    """Read the named elements of a file; its pixels are not decoded.

    Args:
        file: any file, whatever its name, with or without the preamble of 128 bytes.
        keywords: DICOM keywords of the elements wanted.

    Returns:
        The header, or None for a file that is no DICOM.

    Raises:
        UnusableError: damaged, cut off, or no DICOM in spite of its name.
    """
    with careful(), file.open("rb") as content:
        start = content.read(132)
        marked = start[128:] == b"DICM"
        header = None
        if marked or _starts_like_dataset(start):
            header = _parsed(content, [tag_for_keyword(word) for word in keywords], marked)
        if header is None and file.suffix.lower() in DICOM_NAMES:
            raise UnusableError("named as DICOM, but it is none" if start else "an empty file")
        return header


def _starts_like_dataset(start: bytes) -> bool:
    """Whether a file without preamble begins with an element of group 0002 or 0008."""
    little, big = start[:2] in (b"\2\0", b"\10\0"), start[:2] == b"\0\10"
    return len(start) > 16 and ((little and start[3] < 2) or (big and start[2] < 2))


def _parsed(content: BinaryIO, tags: list[int], marked: bool) -> Header | None:
    try:
        header = _elements(content, tags)
    except (OSError, UnusableError):
        raise
    except Exception:
        if marked:
            raise
        return None  # a file of another kind that happens to begin like one
    known = header.data.file_meta or "SOPClassUID" in header.data
    return header if marked or known else None


def _elements(content: BinaryIO, tags: list[int]) -> Header:
    content.seek(0)
    read_preamble(content, force=True)
    meta = _read_file_meta_info(content)
    syntax = UID(str(meta.get("TransferSyntaxUID") or ""))
    found: list[int] = []

    def at_pixels(tag: int, vr: str | None, length: int) -> bool:
        if tag in PIXELS:
            found.append(length)
        return bool(found)

    wanted = {"stop_when": at_pixels, "specific_tags": tags}
    if syntax == DeflatedExplicitVRLittleEndian:
        content = io.BytesIO(_inflated(content.read(INFLATED_BYTES)))
    if syntax:
        implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
        data = read_dataset(content, implicit, little, **wanted)
    else:  # pydicom guesses the encoding from the first element
        content.seek(0)
        data = read_partial(content, force=True, **wanted)
    data.file_meta = meta
    return Header(data, syntax, _pixel_bytes(content, found[0]) if found else None)


def _inflated(content: bytes) -> bytes:
    decoder = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    inflated = decoder.decompress(content, INFLATED_BYTES)
    if decoder.unconsumed_tail:
        limit = INFLATED_BYTES // 2**20
        raise UnusableError(f"deflated content of more than {limit} MiB: export it uncompressed")
    return inflated


def _pixel_bytes(content: BinaryIO, length: int) -> int:
    """Bytes of pixel data behind the element at which the reading stopped; -1 if compressed."""
    start = content.tell() + (8 if _implicit(content) else 12)
    end = content.seek(0, io.SEEK_END)
    if length != UNDEFINED_LENGTH:
        return max(0, min(length, end - start))
    content.seek(start)
    _, offsets = parse_fragments(content, endianness="<")
    last = offsets[-1] if offsets else start
    content.seek(last + 4)
    size = int.from_bytes(content.read(4), "little")
    if not offsets or last + 8 + size > end:
        raise UnusableError("the compressed pixel data is cut off: export the file again")
    return -1


def _implicit(content: BinaryIO) -> bool:
    at = content.tell()
    vr = content.read(6)[4:]
    content.seek(at)
    return vr not in (b"OB", b"OW", b"OF", b"OD", b"UN")
