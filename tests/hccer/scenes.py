"""Small images of which every measure is known."""

from dataclasses import dataclass

import numpy as np

SPACING_MM = (1.5, 1.5, 3.0)
VESSEL, ORGAN, TUMOUR, NOISE = 600.0, 200.0, 260.0, 8.0


@dataclass(frozen=True)
class Scene:
    """A trunk in air with a vessel and a tumour."""

    image: np.ndarray
    tumour: np.ndarray


def scene(air: float = 12.0, vessel: float = VESSEL, place: tuple[int, int] = (40, 34)) -> Scene:
    """An ellipse of organ in noisy air: a vessel of 1 % of it, a tumour away from the vessel."""
    rows, columns = np.mgrid[:80, :96]
    trunk = np.hypot((rows - 40) / 30, (columns - 48) / 38) < 1
    duct = np.hypot(rows - 55, columns - 60) < 4
    drawn = np.hypot(rows - place[0], columns - place[1]) < 6
    flat = np.where(trunk, ORGAN, air)
    flat = np.where(duct, vessel, np.where(drawn, TUMOUR, flat))
    tumour = np.zeros((12, 80, 96), dtype=bool)
    tumour[3:9] = drawn
    image = np.repeat(flat[None], 12, axis=0) + np.where(tumour, 0, (ORGAN - TUMOUR) * drawn)
    noise = NOISE * np.random.default_rng(1).standard_normal(image.shape)
    return Scene(np.abs(image + noise), tumour)
