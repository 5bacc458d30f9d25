"""A synthetic patient's three phases with their delineations."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from hccer.synthetic import anatomy, enhancement, lesion, scanner
from hccer.synthetic.contours import fitted_level, redrawn, surface_error
from hccer.synthetic.fields import Grid
from hccer.synthetic.generator import Generator, load_generator
from hccer.synthetic.lesion import Form
from hccer.synthetic.subject import Part, Subject

REFERENCE_READER = "reader_1"
REPEATS = (("reader_1", 2), ("reader_2", 1))


@dataclass(frozen=True)
class Volume:
    """One phase of a patient.

    Attributes:
        image: int16, 0 to 4095.
        mask: reference delineation, 8 bits, 0 or 1, on the image's grid.
        shift: where AP's points (mm) lie in this phase; identity for AP. Resampling the image
            onto AP's grid with it undoes the motion.
    """

    phase: str
    image: sitk.Image
    mask: sitk.Image
    shift: sitk.Euler3DTransform


def volumes(subject: Subject) -> list[Volume]:
    """Generate the phases of a patient; same seed and number, same voxels.

    Args:
        subject: the patient.

    Returns:
        AP, PVP and DP on one grid.
    """
    settings = load_generator()
    grid = patient_grid(subject, settings)
    signal, shape = scene(subject, grid, settings)
    strength = settings.scanner.field_strengths[str(float(subject.field_strength_t))]
    rng = subject.rng(Part.SCANNER)
    coil = scanner.sensitivity(rng, grid, strength, settings.scanner)
    gain = rng.uniform(*strength.gain)
    made = []
    for number, phase in enumerate(settings.phases):
        shift = _shift(subject, grid, number, settings)
        still = signal[number] if number == 0 else scanner.moved(signal[number], grid, shift)
        rng = subject.rng(Part.SCANNER, number)
        voxels = scanner.acquired(rng, still * coil, gain, strength, settings.scanner)
        drawn = reference_mask(subject, shape, shift, number, settings)
        made.append(Volume(phase, grid.image(voxels), grid.image(drawn), shift))
    return made


def repeats(subject: Subject, volume: Volume) -> dict[tuple[str, int], sitk.Image]:
    """The tumour of one phase drawn again, for agreement within and between readers.

    Returns:
        Mask by reader and session: reader 1 a second time, reader 2 once.
    """
    phase = load_generator().phases.index(volume.phase)
    return {
        (reader, session): redrawn(volume.mask, subject.rng(Part.CONTOURS, phase, number), reader)
        for number, (reader, session) in enumerate(REPEATS)
    }


def patient_grid(subject: Subject, settings: Generator) -> Grid:
    """The voxels of a patient's images."""
    rng, numbers = subject.rng(Part.GRID), settings.grid
    in_plane = float(rng.choice(numbers.spacings_mm))
    centre = rng.uniform(-1, 1, 3) * numbers.centre_range_mm
    spacing = (in_plane, in_plane, numbers.slice_mm)
    return Grid(numbers.size, spacing, tuple(float(value) for value in np.round(centre, 2)))


def scene(subject: Subject, grid: Grid, settings: Generator) -> tuple[np.ndarray, Form]:
    """Noise-free signal of the three phases in AP's position, and the tumour's form.

    Returns:
        Signal (3, z, y, x), float32, and the form.
    """
    cirrhosis = subject.radiological_cirrhosis
    rng = subject.rng(Part.ANATOMY)
    body = anatomy.trunk(rng, grid, settings.body)
    liver = anatomy.liver_surface(rng, body, settings.liver, cirrhosis)
    site = anatomy.tumour_site(rng, body, liver, 5 * subject.diameter_cm, settings)
    look = lesion.traits(subject.rng(Part.TRAITS), subject.aggressiveness, settings.traits.loading)
    ragged = settings.lesion.irregularity * np.exp(
        settings.traits.irregularity_slope * look.irregularity
    )
    rng_form = subject.rng(Part.FORM)
    shape = lesion.form(rng_form, subject, grid, site, liver, ragged, settings.lesion)
    bulge = shape.distance_mm - np.float32(settings.liver.rim_mm)
    np.minimum(liver[shape.box], bulge, out=liver[shape.box])
    strength = settings.scanner.field_strengths[str(float(subject.field_strength_t))]
    tissues = enhancement.tissue_signals(rng, strength.enhancement, settings)
    signal = np.empty((3, *liver.shape), dtype=np.float32)
    signal[:] = tissues["air"][:, None, None, None]
    for layer in anatomy.layers(rng, body, liver, settings, cirrhosis):
        enhancement.paint(signal, layer, tissues[layer.tissue])
    enhancement.add_tumour(signal, tissues["liver"], subject, shape, look, settings)
    return signal, shape


def reference_mask(
    subject: Subject,
    shape: Form,
    shift: sitk.Euler3DTransform,
    number: int,
    settings: Generator,
) -> np.ndarray:
    """The tumour of one phase as reader 1 draws it, with the patient's diameter; 0/1 (z, y, x)."""
    rng, grid = subject.rng(Part.CONTOURS, number), shape.grid
    axes = shape.axes()
    error = surface_error(rng, axes, shape.radius_mm, REFERENCE_READER, settings.contours)
    distance = _moved(shape, shape.distance_mm - error, shift)
    distance -= fitted_level(distance, grid.spacing_mm[0], 2 * shape.radius_mm)
    counted = shape.satellite_mm if shape.satellite_drawn else None
    satellite = None if counted is None else _moved(shape, counted, shift)
    return lesion.drawn_parts(distance, satellite).astype(np.uint8)


def _moved(shape: Form, distance_mm: np.ndarray, shift: sitk.Euler3DTransform) -> np.ndarray:
    whole = np.full(shape.grid.size[::-1], anatomy.FAR_MM, dtype=np.float32)
    whole[shape.box] = distance_mm
    return scanner.moved(whole, shape.grid, shift)


def _shift(subject: Subject, grid: Grid, number: int, settings: Generator) -> sitk.Euler3DTransform:
    if number == 0:
        still = sitk.Euler3DTransform()
        still.SetCenter(grid.centre_mm)
        return still
    return scanner.rigid_shift(subject.rng(Part.MOTION, number), grid.centre_mm, settings.motion)
