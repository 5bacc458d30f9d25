"""What the image of a synthetic patient is made from, and nothing else."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np


class Part(IntEnum):
    """Parts of a patient with random numbers of their own: one may change, the others stay."""

    GRID = 1
    ANATOMY = 2
    FORM = 3
    TRAITS = 4
    TEXTURE = 5
    NECROSIS = 6
    HEMORRHAGE = 7
    HALO = 8
    MOTION = 9
    SCANNER = 10
    CONTOURS = 11


@dataclass(frozen=True)
class Subject:
    """One synthetic patient as the images show him.

    Attributes:
        number: position in the cohort.
        seed: of the cohort; seed and number decide every voxel.
        diameter_cm: largest axial diameter of the tumour, 12 at most.
        aggressiveness: latent, about standard normal; shapes the tumour's look.
        field_strength_t: 1.5 or 3.0.
    """

    number: int
    seed: int
    diameter_cm: float
    aggressiveness: float
    field_strength_t: float
    non_smooth_margin: bool = False
    necrosis: bool = False
    hemorrhage: bool = False
    encapsulation: bool = False
    peritumoral_enhancement: bool = False
    radiological_cirrhosis: bool = False
    multifocal: bool = False

    def rng(self, part: Part, *further: int) -> np.random.Generator:
        """Random numbers of one part, independent of other parts and other patients."""
        # counted from 1: to numpy a seed that ends in 0 is the same as one without it
        return np.random.default_rng([self.seed, self.number, part, *(1 + n for n in further)])
