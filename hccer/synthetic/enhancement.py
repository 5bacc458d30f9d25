"""The signal of a liver with a tumour in the three phases."""

import numpy as np

from hccer.synthetic import lesion
from hccer.synthetic.anatomy import Layer
from hccer.synthetic.fields import inside
from hccer.synthetic.generator import Generator, TraitSettings
from hccer.synthetic.lesion import Form, Traits
from hccer.synthetic.subject import Part, Subject


def tissue_signals(
    rng: np.random.Generator, enhancement: float, settings: Generator
) -> dict[str, np.ndarray]:
    """Signal of each tissue in the three phases, shape (3,).

    Args:
        enhancement: of the scanner, contrast about the background.
    """
    signals = {}
    base = np.array(settings.signals["background"])
    for tissue, values in settings.signals.items():
        factor = np.exp(settings.signal_sd * rng.standard_normal())
        contrast = enhancement * (np.array(values) - base)
        signals[tissue] = np.maximum(factor * (base + contrast), settings.signals["air"])
    return signals


def paint(signal: np.ndarray, layer: Layer, values: np.ndarray) -> None:
    """Cover `signal` (3, z, y, x), in place, with a tissue of the given signals (3,)."""
    per_phase = values.astype(np.float32)[:, None, None, None]
    blend(signal[(slice(None), *layer.box)], layer.share, per_phase * (1 + layer.texture))


def blend(signal: np.ndarray, share: np.ndarray, values: np.ndarray) -> None:
    """Replace a share (z, y, x) of each voxel of `signal` (3, z, y, x) in place."""
    signal += share * (values - signal)


def contrast(look: Traits, settings: TraitSettings) -> np.ndarray:
    """Tumour's signal relative to liver, shape (3,): above 1 in AP, below 1 after."""
    early, late = settings.washout
    change = (
        settings.enhancement * look.enhancement,
        -early * look.washout,
        -late * look.washout,
    )
    low, high = np.array(settings.contrast_limits).T
    return np.clip(np.array(settings.contrast) + change, low, high)


def add_tumour(
    signal: np.ndarray,
    liver: np.ndarray,
    subject: Subject,
    shape: Form,
    look: Traits,
    settings: Generator,
) -> None:
    """Paint the tumour and what surrounds it into `signal` (3, z, y, x), in place.

    Args:
        liver: signal of the liver's parenchyma, shape (3,).
    """
    part, numbers = signal[(slice(None), *shape.box)], settings.lesion
    per_phase = liver[:, None, None, None]
    if subject.peritumoral_enhancement:
        patch = lesion.halo(subject.rng(Part.HALO), shape, numbers) * inside(
            -shape.distance_mm, 1.0
        )
        part[0] += patch * np.float32(numbers.peritumoral_signal * liver[0])
    values = per_phase * relative_signal(subject, shape, look, settings)
    blend(part, inside(shape.distance_mm, numbers.margin_mm), values.astype(np.float32))
    if shape.satellite_mm is not None:
        flat = per_phase * contrast(look, settings.traits)[:, None, None, None]
        blend(part, inside(shape.satellite_mm, numbers.margin_mm), flat)
    if subject.encapsulation:
        width = min(numbers.capsule_mm, numbers.capsule_width * shape.radius_mm)
        shell = np.exp(-((shape.distance_mm / width) ** 2))
        part += shell * (liver * numbers.capsule_signal).astype(np.float32)[:, None, None, None]


def relative_signal(subject: Subject, shape: Form, look: Traits, settings: Generator) -> np.ndarray:
    """The tumour's signal relative to liver, shape (3, z, y, x) of the tumour's box."""
    numbers, shown = settings.lesion, settings.traits
    level = contrast(look, shown)[:, None, None, None]
    values = level * (1 + lesion.texture(subject.rng(Part.TEXTURE), shape, look, shown))
    values[0] += rim(shape, look, settings)
    if subject.hemorrhage:
        blood = lesion.core(subject.rng(Part.HEMORRHAGE), shape, numbers.hemorrhage_share, numbers)
        blend(values, blood, np.array(numbers.hemorrhage_signal)[:, None, None, None])
    if subject.necrosis:
        dead = lesion.core(subject.rng(Part.NECROSIS), shape, numbers.necrosis_share, numbers)
        blend(values, dead, np.array(numbers.necrosis_signal)[:, None, None, None])
    return values


def rim(shape: Form, look: Traits, settings: Generator) -> np.ndarray:
    """What the periphery enhances more than the centre in AP, relative to liver."""
    strength = max(settings.traits.rim + settings.traits.rim_slope * look.rim, 0.0)
    width = settings.lesion.rim_width * shape.radius_mm
    return strength * np.clip(1 + shape.distance_mm / width, 0, 1)
