"""Damage to DICOM images."""

import io
import os
import shutil
import zlib
from pathlib import Path

import pydicom
import SimpleITK as sitk
from pydicom import Dataset
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from hccer.ingest.dicom_writing import write_series
from tests.system.corrupt.edits import cuts, element, raw, rewrite
from tests.system.corrupt.harness import Damage
from tests.system.corrupt.healthy import header, volume

AP, PVP = "AP", "PVP"
FIRST, FIFTH, LAST = (f"{AP}/IM{number:05d}.dcm" for number in (1, 5, 10))


def _give(keyword: str, value: object, name: str = AP):
    return element(name, lambda data: setattr(data, keyword, value))


def _drop(keyword: str, name: str = AP):
    return element(name, lambda data: delattr(data, keyword))


def _element_of(vr: str, tag: int, value: object, name: str = AP):
    return element(name, lambda data: data.add_new(tag, vr, value))


def _missing(folder: Path) -> None:
    (folder / FIFTH).unlink()


def _doubled(folder: Path) -> None:
    shutil.copy(folder / FIFTH, folder / AP / "IM00099.dcm")
    uid = pydicom.dcmread(folder / FIFTH).SOPInstanceUID
    rewrite(folder / AP / "IM00099.dcm",
            lambda data: setattr(data, "SOPInstanceUID", f"{uid[:-5]}99999"))  # fmt: skip


def _same_uid(folder: Path) -> None:
    uid = pydicom.dcmread(folder / FIRST).SOPInstanceUID
    rewrite(folder / FIFTH, lambda data: setattr(data, "SOPInstanceUID", uid))


def _copied(folder: Path) -> None:
    shutil.copytree(folder / AP, folder / "backup")


def _moved_slice(data: Dataset) -> None:
    data.ImagePositionPatient = [*data.ImagePositionPatient[:2],
                                 data.ImagePositionPatient[2] + 1.2]  # fmt: skip


def _tilted(data: Dataset) -> None:
    x, y, z = data.ImagePositionPatient
    data.ImagePositionPatient = [x, y + 0.2 * (z - 100), z]


def _series_of_pvp(folder: Path) -> None:
    uid = pydicom.dcmread(folder / f"{PVP}/IM00001.dcm").SeriesInstanceUID
    for file in sorted((folder / AP).iterdir())[:3]:
        rewrite(file, lambda data: setattr(data, "SeriesInstanceUID", uid))


def _second_arterial(folder: Path) -> None:
    again = header(folder.name, "AP", series_number=7, series_description="AP again")
    write_series(volume(77), folder / "again", again)


def _voxels_of_c(folder: Path) -> None:
    shutil.rmtree(folder / AP)
    shutil.copytree(folder.parent / "twin" / AP, folder / AP)
    for file in (folder / AP).iterdir():
        rewrite(
            file,
            lambda data: data.update(
                {
                    "PatientID": folder.name,
                    "SeriesInstanceUID": f"{data.SeriesInstanceUID[:60]}.1",
                    "SOPInstanceUID": f"{data.SOPInstanceUID[:56]}.{data.InstanceNumber}.1",
                }
            ),
        )


def _constant(folder: Path) -> None:
    shutil.rmtree(folder / AP)
    write_series(
        sitk.Cast(volume(0) * 0 + 7, sitk.sitkInt16), folder / AP, header(folder.name, "AP")
    )


def _deflation_bomb(content: bytes) -> bytes:
    group = int.from_bytes(content[140:144], "little")
    plain = content[144 + group :]
    meta = io.BytesIO()
    said = pydicom.dcmread(io.BytesIO(content)).file_meta
    said.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    write_file_meta_info(meta, said)
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = [deflater.compress(plain[:200])]
    packed += [deflater.compress(bytes(2**24)) for _ in range(17)]
    return content[:132] + meta.getvalue() + b"".join(packed) + deflater.flush()


def _compressed_bomb(data: Dataset) -> None:
    data.compress(RLELossless, generate_instance_uid=False)
    data.Rows = data.Columns = 20_000


def _nested(content: bytes) -> bytes:
    at = content.index(b"\x08\x00\x3e\x10LO")
    item = b"\x08\x00\x3f\x10SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    return content[:at] + item * 20_000 + content[at:]


def _endless(content: bytes) -> bytes:
    at = content.index(b"\x08\x00\x3e\x10LO")
    return content[: at + 4] + b"UN\0\0\xf0\xff\xff\xff" + content[at + 8 :]


def _link_out(folder: Path) -> None:
    away = folder.parent.parent / f"away of {folder.name}"
    shutil.move(folder / AP, away)
    (folder / AP).symlink_to(away)


def _link_loop(folder: Path) -> None:
    (folder / FIFTH).unlink()
    (folder / FIFTH).symlink_to("IM00005.dcm")


def _name_of_bytes(folder: Path) -> None:
    os.rename(folder / FIFTH, os.fsencode(folder / AP) + b"/IM\xff\xfe.dcm")  # noqa: PTH104


def _pipe(folder: Path) -> None:
    (folder / FIFTH).unlink()
    os.mkfifo(folder / FIFTH)


SCANS = [
    *cuts("slice-cut", FIFTH, "cut off|damaged|none|does not say|no UID", 1, "file"),
    *cuts("first-slice-cut", FIRST, "cannot be used|does not say", 2, "file"),
    *cuts("last-slice-cut-in-its-pixels", LAST, "cut off", 3, "patient", (0.75, 0.99)),
    Damage("slice-empty", raw(FIFTH, lambda _: b""), "an empty file", "file"),
    Damage("slice-of-noise", raw(FIFTH, lambda b: b"\x8b" * len(b)), "it is none", "file"),
    Damage("slice-missing", _missing, "1 slice missing"),
    Damage("slice-twice", _doubled, "11 slices lie at 10 places"),
    Damage("slice-uid-twice", _same_uid, "share a SOPInstanceUID"),
    Damage("series-twice-as-copies", _copied, "10 of 20 files are copies"),
    Damage("spacing-uneven", element(FIFTH, _moved_slice), "distances are odd"),
    Damage("gantry-tilted", element(AP, _tilted), "gantry tilt"),
    Damage("orientation-turned",
           _give("ImageOrientationPatient", [0, 1, 0, 1, 0, 0], FIFTH), "turned against the first"),
    Damage("orientation-no-unit-vectors",
           _give("ImageOrientationPatient", [1, 0, 0, 1, 0, 0]), "perpendicular"),
    Damage("position-absent", _drop("ImagePositionPatient", FIFTH),
           "ImagePositionPatient is missing"),
    Damage("position-not-finite",
           _element_of("DS", 0x00200032, ["nan", "0", "inf"], FIFTH), "ImagePositionPatient"),
    Damage("spacing-zero", _give("PixelSpacing", [0, 2]), "PixelSpacing is not positive"),
    Damage("spacing-tiny-beyond-single", _give("PixelSpacing", [1e-300, 1e-300]),
           "spacing|decoded|finite"),
    Damage("spacing-huge", _give("PixelSpacing", [1e300, 1e300]),
           "spacing|decoded|finite"),
    Damage("spacing-differs", _give("PixelSpacing", [2.5, 2], FIFTH),
           "differ in pixel spacing"),
    Damage("rows-differ", _give("Rows", 23, FIFTH), "differ in rows"),
    Damage("rows-absent", _drop("Rows"), "Rows, Columns", "file"),
    Damage("rows-as-text", _element_of("LO", 0x00280010, "Doe"), "Rows, Columns", "file"),
    Damage("dimensions-huge", element(AP, lambda d: d.update(
        {"Rows": 65535, "Columns": 65535})), "more than the limit", "file"),
    Damage("dimensions-beyond-the-pixels", _give("Rows", 9000), "cut off", "file"),
    Damage("frames-huge", _give("NumberOfFrames", "999999999"), "more than", "file"),
    Damage("bits-impossible", _give("BitsAllocated", 12), "BitsAllocated", "file"),
    Damage("pixels-absent", _drop("PixelData"), "no pixel data", "file"),
    Damage("pixels-in-colour", element(AP, lambda d: d.update(
        {"SamplesPerPixel": 3, "Rows": 12, "Columns": 16,
         "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0})), "grey|decoded"),
    Damage("pixels-compressed-bomb", element(AP, _compressed_bomb), "more than|decoded"),
    Damage("deflated-bomb", raw(FIFTH, _deflation_bomb), "deflated content", "file"),
    Damage("sequences-nested-20000-deep", raw(FIFTH, _nested), "damaged DICOM", "file"),
    Damage("element-length-beyond-file", raw(FIFTH, _endless), "damaged|no UID", "file"),
    Damage("transfer-syntax-unknown", element(FIFTH, lambda d: setattr(
        d.file_meta, "TransferSyntaxUID", "1.2.3.4")), "transfer syntax|damaged|decoded"),
    Damage("rescale-not-finite", element(AP, lambda d: (
        d.add_new(0x00281053, "DS", "nan"), d.add_new(0x00281052, "DS", "0"))),
        "NaN|decoded|constant|Rescale"),
    Damage("constant-voxels", _constant, "constant image"),
    Damage("patient-empty", _give("PatientID", ""), "name no patient", "file"),
    Damage("patient-blank", _give("PatientID", "   "), "name no patient", "file"),
    Damage("patient-unknown-in-one-slice", _give("PatientID", "X", FIFTH),
           "is there for 2 patients"),
    Damage("patient-c-in-one-slice", _give("PatientID", "C", FIFTH),
           "is there for 2 patients"),
    Damage("series-uid-absent", _drop("SeriesInstanceUID"), "SeriesInstanceUID", "file"),
    Damage("slice-uid-no-uid", _give("SOPInstanceUID", "Doe^Jane", FIFTH),
           "SOPInstanceUID", "file"),
    Damage("series-mixed", _series_of_pvp, "each phase as many files|missing"),
    Damage("series-twice-for-a-phase", _second_arterial, "2 series fit phase AP"),
    Damage("injection-time-absent", _drop("ContrastBolusStartTime"), "fit no phase"),
    Damage("injection-after-acquisition", _give("ContrastBolusStartTime", "100000"),
           "fit no phase"),
    Damage("time-no-time", element(AP, lambda data: [
        data.add_new(tag, "TM", "9999xx") for tag in (0x00080032, 0x00080033)]), "fit no phase"),
    Damage("voxels-of-another-patient", _voxels_of_c, "same voxels stand under twin, AP"),
    Damage("link-out-of-the-root", _link_out, "out of the cohort root", "file"),
    Damage("link-to-itself", _link_loop, "not followed", "file"),
    Damage("name-not-utf-8", _name_of_bytes, "not UTF-8", "file"),
    Damage("slice-a-pipe", _pipe, "1 slice missing"),
]  # fmt: skip
