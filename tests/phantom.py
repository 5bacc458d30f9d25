"""A small phantom cohort: ellipsoid tumours with texture in a noisy organ, two phases, as files."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

PHASES = ("AP", "PVP")
SIZE = (36, 36, 20)
SPACING_MM = (1.5, 1.5, 2.0)
ENHANCEMENT = {"AP": 90.0, "PVP": -40.0}


@dataclass(frozen=True)
class PhantomVolume:
    """One image with its delineations: reader 1, and reader 2 where there is one."""

    patient_id: str
    phase: str
    event: int
    image: sitk.Image
    masks: dict[str, sitk.Image]


def phantom(patients: int, seed: int = 0) -> Iterator[PhantomVolume]:
    """Generate a phantom cohort, patient by patient.

    Args:
        patients: how many; every third is drawn by a second reader too.
        seed: same seed, same voxels.

    Yields:
        One volume per patient and phase, 36 x 36 x 20 voxels of 1.5 x 1.5 x 2 mm, 16 bit.
    """
    for number in range(patients):
        rng = np.random.default_rng([seed, number])
        radii = rng.uniform(7, 11, size=3)
        event = int(rng.random() < 0.5)
        for phase in PHASES:
            inside, wider = _ellipsoid(radii), _ellipsoid(radii + 1.5)
            masks = {"reader_1": _volume(inside.astype(np.uint8))}
            if number % 3 == 0:
                masks["reader_2"] = _volume(wider.astype(np.uint8))
            image = _volume(_voxels(rng, inside, ENHANCEMENT[phase], event).astype(np.int16))
            yield PhantomVolume(f"PH_{number + 1:03d}", phase, event, image, masks)


def _ellipsoid(radii_mm: np.ndarray) -> np.ndarray:
    axes = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(SIZE, SPACING_MM, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    distance = (x / radii_mm[0]) ** 2 + (y / radii_mm[1]) ** 2 + (z / radii_mm[2]) ** 2
    return (distance <= 1).transpose(2, 1, 0)


def _voxels(
    rng: np.random.Generator, inside: np.ndarray, enhancement: float, event: int
) -> np.ndarray:
    organ = 300 + 12 * rng.standard_normal(inside.shape)
    texture = gaussian_filter(rng.standard_normal(inside.shape), 1.0 + 0.5 * event)
    return organ + inside * (enhancement + (120 + 60 * event) * texture)


def _volume(voxels: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(SPACING_MM)
    image.SetOrigin((-20.0, 15.0, 100.0))
    return image


def write_phantom(root: Path, patients: int, seed: int = 0) -> None:
    """Write images, masks and `clinical.csv` below `root`.

    Args:
        root: folder, made if it is not there.
        patients: how many patients.
        seed: same seed, same files.
    """
    events = {}
    for volume in phantom(patients, seed):
        folder = root / volume.patient_id
        folder.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(volume.image, str(folder / f"{volume.phase}.nii.gz"))
        for reader, mask in volume.masks.items():
            sitk.WriteImage(mask, str(folder / f"{volume.phase}_{reader}.nii.gz"))
        events[volume.patient_id] = volume.event
    rng = np.random.default_rng(seed)
    with (root / "clinical.csv").open("w", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(["patient", "Age (years)", "AST (U/L)", "recurrence"])
        for patient_id, event in events.items():
            sheet.writerow([patient_id, rng.integers(31, 84), rng.integers(15, 120), event])
