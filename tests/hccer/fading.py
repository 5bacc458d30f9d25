"""A cohort of two small patients in three phases, the later ones to the side."""

import itertools
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tests.hccer.scenes import SPACING_MM, scene

COHORT, SHIFT_MM = "fading", 3.0
FADING = {"AP": 600.0, "PVP": 450.0, "DP": 330.0}


def write(file: Path, voxels: np.ndarray, origin_mm: tuple = (0.0, 0.0, 0.0)) -> None:
    image = sitk.GetImageFromArray(voxels.astype(np.int16 if "image" in file.name else np.uint8))
    image.SetSpacing(SPACING_MM)
    image.SetOrigin(origin_mm)
    sitk.WriteImage(image, str(file))


def write_cohort(root: Path) -> Path:
    """Two patients, three phases; the later ones lie SHIFT_MM to the side."""
    root.mkdir(exist_ok=True)
    for number, phase in itertools.product(range(2), FADING):
        given = scene(vessel=FADING[phase], place=(30 + 4 * number, 30))
        shift = 0 if phase == "AP" else round(SHIFT_MM / SPACING_MM[0])
        for kind, voxels in (("image", given.image), ("mask", given.tumour)):
            voxels = np.roll(voxels, shift, axis=2)
            write(root / f"p{number}_{phase}_{kind}.nii.gz", voxels)
    (root / "cohort.toml").write_text(
        f'id = "{COHORT}"\ntitle = "Fading"\nphases = ["AP", "PVP", "DP"]\n'
        '[images]\nlayout = "nifti"\npattern = "{patient}_{phase}_image.nii.gz"\n'
        '[masks]\npattern = "{patient}_{phase}_mask.nii.gz"\n'
        "[identity]\npseudonymous = true\n"
    )
    return root / "cohort.toml"
