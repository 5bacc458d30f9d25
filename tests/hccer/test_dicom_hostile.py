"""Damaged and hostile DICOM files end in one sentence, in bounded time and memory."""

import random
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from hccer.ingest import dicom_file
from hccer.ingest.dicom_header import read_acquisition
from hccer.ingest.dicom_volume import read_series
from hccer.ingest.volumes import UnusableError
from schemas.cohort_parts import Limits
from tests.hccer.dicom_files import change, instance, oblique_image, write_enhanced, written_series

SECONDS = 2.0


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return written_series(tmp_path / "series")


def _refusal(file: Path, **limits: object) -> str:
    start = time.process_time()
    with pytest.raises(UnusableError) as error:
        instance(file, **limits)
    assert time.process_time() - start < SECONDS
    assert "Doe" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda data: delattr(data, "SOPInstanceUID"), "SOPInstanceUID is missing"),
        (lambda data: setattr(data, "SeriesInstanceUID", "Doe^Jane"), "missing or no UID"),
        (lambda data: delattr(data, "Rows"), "Rows, Columns or NumberOfFrames"),
        (lambda data: setattr(data, "NumberOfFrames", "0"), "Rows, Columns or NumberOfFrames"),
        (lambda data: data.add_new(0x00280010, "LO", "Doe"), "Rows, Columns or NumberOfFrames"),
        (lambda data: setattr(data, "NumberOfFrames", "99999999"), "more than the limit"),
        (lambda data: data.update({"Rows": 65535, "Columns": 65535}), "more than the limit"),
        (lambda data: data.update({"Rows": 9000, "Columns": 9000}), "cut off: 162000000 bytes"),
        (lambda data: setattr(data, "BitsAllocated", 12), "BitsAllocated"),
        (lambda data: delattr(data, "PixelData"), "no pixel data"),
    ],
)
def test_wrong_elements(files: list[Path], edit: Callable[[Dataset], None], said: str) -> None:
    assert said in _refusal(change(files[0], edit))


def test_odd_text_is_no_fault(files: list[Path]) -> None:
    def edit(data: Dataset) -> None:
        data.SpecificCharacterSet = "ISO_2022_NONSENSE"
        data.add_new(0x00100010, "PN", b"M\xfcller^J\xff")
        data.add_new(0x00081030, "SQ", [])
        data.add_new(0x0008103E, "FD", 1.5)
        data.add_new(0x00200011, "IS", "")
        data.add_new(0x00180081, "LO", "short")

    read = instance(change(files[0], edit))
    assert (read.kind, read.fits) == ("image", ())
    assert read_acquisition(files[0])["echo_time_ms"] is None


def test_absurd_lengths(files: list[Path]) -> None:
    content = files[0].read_bytes()
    at = content.index(b"\x08\x00\x3e\x10LO")
    for length in (b"UN\0\0\xf0\xff\xff\xff", b"UN\0\0\xff\xff\xff\xff", b"SQ\0\0\xff\xff\xff\xff"):
        files[0].write_bytes(content[: at + 4] + length + content[at + 8 :])
        _refusal(files[0])


def test_deep_nesting(files: list[Path]) -> None:
    content = files[0].read_bytes()
    at = content.index(b"\x08\x00\x3e\x10LO")
    item = b"\x08\x00\x3f\x10SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    files[0].write_bytes(content[:at] + item * 20_000 + content[at:])
    assert "RecursionError" in _refusal(files[0])


def _deflated(file: Path, plain: bytes) -> Path:
    data = pydicom.dcmread(file)
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    data.save_as(file)
    content = file.read_bytes()
    group = int.from_bytes(content[140:144], "little")
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    target = file.with_name("deflated")
    target.write_bytes(content[: 144 + group] + deflater.compress(plain) + deflater.flush())
    return target


def test_deflated_files_are_read_and_bombs_are_not(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = files[0].read_bytes()
    plain = content[144 + int.from_bytes(content[140:144], "little") :]
    assert instance(_deflated(files[0], plain)).fits == ("AP",)
    monkeypatch.setattr(dicom_file, "INFLATED_BYTES", 2**24)
    bomb = _deflated(files[0], plain[:200] + bytes(2**25))
    assert bomb.stat().st_size < 2**16
    assert "deflated content of more than 16 MiB" in _refusal(bomb)
    files[1].write_bytes(_deflated(files[0], plain).read_bytes()[:-700])
    _read_or_refused(files[1], files)


def test_a_deflated_series_reads_the_same(files: list[Path]) -> None:
    given = read_series(files, Limits())[0]
    for file in files:
        content = file.read_bytes()
        plain = content[144 + int.from_bytes(content[140:144], "little") :]
        _deflated(file, plain).rename(file)
    assert read_series(files, Limits())[0] == given


def _read_or_refused(file: Path, files: list[Path], given: bytes | None = None) -> None:
    """No other exception, no other voxels, within seconds."""
    start = time.process_time()
    try:
        instance(file)
        read_acquisition(file)
        content, _ = read_series(files, Limits())
        assert given is None or content == given
    except UnusableError as error:
        assert "Doe" not in str(error)
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("kind", ["native", "compressed", "multi-frame"])
def test_truncated_anywhere(files: list[Path], kind: str) -> None:
    if kind == "compressed":
        for file in files:
            change(file, lambda data: data.compress(RLELossless, generate_instance_uid=False))
    if kind == "multi-frame":
        files = [files[0].with_name("IM1")]
        write_enhanced(files[0], oblique_image(), [0, 1, 2, 3, 4, 5], [1.0] * 6)
    given, whole = read_series(files, Limits())[0], files[0].read_bytes()
    random_state = random.Random(20)
    for _ in range(200 if kind == "native" else 60):
        files[0].write_bytes(whole[: random_state.randrange(len(whole))])
        _read_or_refused(files[0], files, given)


def test_random_bytes_in_the_header(files: list[Path]) -> None:
    whole = files[0].read_bytes()
    header = whole.index(b"\xe0\x7f\x10\x00OW")
    random_state = random.Random(21)
    for _ in range(200):
        content = bytearray(whole)
        for _ in range(random_state.randrange(1, 6)):
            content[random_state.randrange(128, header + 12)] = random_state.randrange(256)
        files[0].write_bytes(content)
        _read_or_refused(files[0], files)
