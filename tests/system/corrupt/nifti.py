"""Damage to NIfTI images and masks."""

import gzip
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tests.system.corrupt.edits import Edit, cuts, raw
from tests.system.corrupt.harness import Damage
from tests.system.corrupt.healthy import tumour

IMAGE, MASK = "AP.nii.gz", "AP_mask.nii"


def _field(name: str, at: int, kind: str, *values: object):
    """A file with other values in its NIfTI-1 header."""

    def change(content: bytes) -> bytes:
        packed = content[:2] == b"\x1f\x8b"
        plain = bytearray(gzip.decompress(content) if packed else content)
        struct.pack_into(kind, plain, at, *values)
        return gzip.compress(bytes(plain)) if packed else bytes(plain)

    return raw(name, change)


def _both(*edits: Edit) -> Edit:
    return lambda folder: [edit(folder) for edit in edits]


def _changed(name: str, change: Callable[[sitk.Image], sitk.Image]):
    def apply(folder: Path) -> None:
        sitk.WriteImage(change(sitk.ReadImage(str(folder / name))), str(folder / name))

    return apply


def _voxels(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[sitk.Image], sitk.Image]:
    def of(image: sitk.Image) -> sitk.Image:
        made = sitk.GetImageFromArray(change(sitk.GetArrayFromImage(image)))
        made.CopyInformation(image)
        return made

    return of


def _shifted(image: sitk.Image) -> sitk.Image:
    image.SetOrigin(np.add(image.GetOrigin(), (4, 0, 0)).tolist())
    return image


def _flipped(image: sitk.Image) -> sitk.Image:
    image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
    return image


def _not_finite(voxels: np.ndarray) -> np.ndarray:
    changed = voxels.astype(np.float32)
    changed[3, 4, 5:8] = np.nan, np.inf, -np.inf
    return changed


def _bomb(content: bytes) -> bytes:
    header = bytearray(gzip.decompress(content)[:352])
    struct.pack_into("<8h", header, 40, 3, 32767, 32767, 32767, 1, 1, 1, 1)
    return gzip.compress(bytes(header) + bytes(2**26), 9)


def _hidden_bomb(content: bytes) -> bytes:
    plain = gzip.decompress(content)
    return gzip.compress(plain[:352] + bytes(len(plain) - 352) + bytes(2**28), 9)


def _another_patients(folder: Path) -> None:
    shutil.copy(folder.parent / "twin/AP.nii.gz", folder / IMAGE)


def _blank_name(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name(f"{folder.name} "))


def _no_name(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name(" "))


def _lost(folder: Path) -> None:
    (folder / MASK).unlink()


def _only_mask(folder: Path) -> None:
    (folder / IMAGE).unlink()


def _a_folder(folder: Path) -> None:
    (folder / IMAGE).unlink()
    (folder / IMAGE).mkdir()


NIFTI = [
    *cuts("image-cut", IMAGE, "truncated|damaged", 11),
    *cuts("mask-cut", MASK, "truncated|damaged", 12),
    Damage("image-empty", raw(IMAGE, lambda _: b""), "truncated"),
    Damage("image-of-text", raw(IMAGE, lambda _: b"no image " * 99), "not a NIfTI-1"),
    Damage("gzip-damaged", raw(
        IMAGE, lambda b: b[:2000] + bytes(50) + b[2050:]), "damaged|truncated|unreadable"),
    Damage("gzip-bomb-huge-dimensions", raw(IMAGE, _bomb), "more than the limit"),
    Damage("gzip-bomb-behind-the-voxels", raw(IMAGE, _hidden_bomb), "constant image"),
    Damage("dimensions-negative", _field(IMAGE, 40, "<4h", 3, -24, 24, 10),
           "impossible dimensions"),
    Damage("dimensions-nine", _field(IMAGE, 40, "<h", 9), "impossible dimensions"),
    Damage("dimensions-two", _field(IMAGE, 40, "<4h", 2, 24, 24, 1), "not a scalar 3D"),
    Damage("dimensions-four", _field(IMAGE, 40, "<5h", 4, 24, 24, 5, 2), "not a scalar"),
    Damage("offset-not-finite", _field(IMAGE, 108, "<f", np.nan), "data offset"),
    Damage("bits-against-type", _field(IMAGE, 72, "<h", 8), "bits per voxel"),
    Damage("type-unknown", _field(IMAGE, 70, "<h", 999), "type|unreadable"),
    Damage("type-complex", _both(_field(IMAGE, 46, "<h", 2), _field(IMAGE, 70, "<2h", 32, 64)),
           "scalar|complex"),
    Damage("type-colour", _field(IMAGE, 70, "<2h", 128, 24), "scalar|truncated"),
    Damage("spacing-zero-or-not-finite", _field(IMAGE, 76, "<4f", 1, np.nan, 0, np.inf),
           "finite|unreadable|spacing"),
    Damage("affine-not-finite", _field(IMAGE, 252, "<2h12x12f", 0, 1, *[np.nan] * 12),
           "finite|unreadable"),
    Damage("affine-zero", _field(IMAGE, 252, "<2h12x12f", 0, 1, *[0.0] * 12),
           "finite|unreadable|spacing"),
    Damage("affine-sheared", _field(
        IMAGE, 252, "<2h12x12f", 0, 1, 2, 1, 0, 0, 0, 2, 1, 0, 1, 0, 3, 0), "unreadable|mask lies"),
    Damage("scaling-not-finite", _field(IMAGE, 112, "<2f", np.inf, np.nan),
           "NaN|infinite|constant|unreadable"),
    Damage("voxels-not-finite", _changed(IMAGE, _voxels(_not_finite)),
           "3 of 5760 voxels are NaN or infinite"),
    Damage("voxels-constant", _changed(IMAGE, lambda image: image * 0 + 5), "constant"),
    Damage("voxels-of-another", _another_patients, "same voxels stand under twin"),
    Damage("mask-empty", _changed(MASK, lambda mask: mask * 0), "empty mask"),
    Damage("mask-of-other-labels", _changed(MASK, _voxels(
        lambda v: np.where(v > 0, np.where(np.arange(24) < 12, 2, 3), 0).astype(np.uint8))),
        "no voxel has label 1"),
    Damage("mask-shifted", _changed(MASK, _shifted), r"shifted by \(4, 0, 0\) mm"),
    Damage("mask-flipped", _changed(MASK, _flipped), "flipped along|opposite sign"),
    Damage("mask-a-slice-short", _changed(MASK, lambda mask: mask[:, :, :-1]),
           "mask has 24 x 24 x 9 voxels"),
    Damage("mask-not-finite", _changed(MASK, _voxels(_not_finite)), "NaN or infinite"),
    Damage("mask-narrower-than-10-mm", lambda folder: sitk.WriteImage(
        tumour(3.0), str(folder / MASK)), "mm wide, less than 10 mm"),
    Damage("mask-lost", _lost, "image without mask"),
    Damage("image-lost", _only_mask, "mask without image"),
    Damage("image-a-folder", _a_folder, "mask without image"),
    Damage("patient-with-a-blank", _blank_name, "blank", "nobody"),
    Damage("patient-without-a-name", _no_name, "blank", "nobody"),
]  # fmt: skip
