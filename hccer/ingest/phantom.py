"""Write the phantom cohort as the files that a research group would hand in."""

import csv
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hccer.synthetic.phantom import phantom


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
