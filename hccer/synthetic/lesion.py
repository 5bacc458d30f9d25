"""The tumour: its form, and where its parts lie."""

from dataclasses import dataclass

import numpy as np

from hccer.imaging.fields import smooth_field
from hccer.synthetic.contours import fitted_level, main_part
from hccer.synthetic.fields import Box, Grid, ellipsoid, inside
from hccer.synthetic.generator import LesionSettings, Loadings, TraitSettings
from hccer.synthetic.subject import Subject


@dataclass(frozen=True)
class Traits:
    """How a tumour looks; each about standard normal, partly aggressiveness, partly its own."""

    enhancement: float
    washout: float
    heterogeneity: float
    coarseness: float
    irregularity: float
    rim: float


def traits(rng: np.random.Generator, aggressiveness: float, loading: Loadings) -> Traits:
    """A patient's traits: `loading * aggressiveness + sqrt(1 - loading^2) * N(0, 1)` each."""
    return Traits(
        **{
            name: float(share * aggressiveness + np.sqrt(1 - share**2) * rng.standard_normal())
            for name, share in loading.model_dump().items()
        }
    )


@dataclass(frozen=True)
class Form:
    """Where the tumour and its satellite lie, in a box of the grid.

    Attributes:
        radius_mm: half of the largest axial diameter.
        distance_mm: about the distance to the tumour's surface, negative inside.
        satellite_mm: the same for the satellite nodule, or None.
        satellite_drawn: whether readers count the satellite to the tumour.
    """

    grid: Grid
    box: Box
    radius_mm: float
    distance_mm: np.ndarray
    satellite_mm: np.ndarray | None
    satellite_drawn: bool

    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Coordinates (mm) of the box."""
        return self.grid.axes_in(self.box)


def form(
    rng: np.random.Generator,
    subject: Subject,
    grid: Grid,
    centre_mm: np.ndarray,
    liver_mm: np.ndarray,
    irregularity: float,
    settings: LesionSettings,
) -> Form:
    """The tumour's form, scaled so that its largest axial diameter is the patient's.

    Args:
        centre_mm: of the tumour, about the grid's centre.
        liver_mm: distance to the liver's surface, negative inside, whole grid.
        irregularity: relative to the radius, sd of the fine undulation of the margin.
    """
    radius = 5 * subject.diameter_cm
    reach = (
        settings.box * radius + settings.satellite_gap_mm[1] + 2 * settings.satellite_radius_mm[1]
    )
    box = grid.box(centre_mm - reach, centre_mm + reach)
    axes = grid.axes_in(box)
    distance = _ovoid(rng, axes, centre_mm, radius, settings)
    for size, length in _undulations(subject, irregularity, settings):
        distance += radius * size * smooth_field(rng, axes, _at_least(length * radius, settings))
    distance -= fitted_level(distance, grid.spacing_mm[0], 2 * radius)
    satellite = None
    if subject.multifocal and rng.random() < settings.satellite_share:
        satellite = _satellite(rng, axes, distance, liver_mm[box], settings)
    drawn = bool(rng.random() < settings.satellite_drawn_share)
    return Form(grid, box, radius, distance, satellite, drawn)


def _undulations(
    subject: Subject, irregularity: float, settings: LesionSettings
) -> list[tuple[float, float]]:
    lobulation = settings.lobulation * subject.non_smooth_margin
    return [
        (settings.form, settings.form_length),
        (lobulation, settings.lobulation_length),
        (irregularity, settings.irregularity_length),
    ]


def _ovoid(
    rng: np.random.Generator,
    axes: tuple[np.ndarray, np.ndarray, np.ndarray],
    centre_mm: np.ndarray,
    radius_mm: float,
    settings: LesionSettings,
) -> np.ndarray:
    shorter, height = rng.uniform(*settings.axes, 2)
    turn = rng.uniform(0, np.pi)
    x, y = axes[0] - np.float32(centre_mm[0]), axes[1] - np.float32(centre_mm[1])
    along = x * np.cos(turn) + y * np.sin(turn)
    across = y * np.cos(turn) - x * np.sin(turn)
    radii = radius_mm * np.array([1, shorter, height])
    return ellipsoid((along, across, axes[2]), (0, 0, centre_mm[2]), radii).astype(np.float32)


def _at_least(length_mm: float, settings: LesionSettings) -> float:
    return max(length_mm, settings.smallest_length_mm)


def _satellite(
    rng: np.random.Generator,
    axes: tuple[np.ndarray, np.ndarray, np.ndarray],
    distance_mm: np.ndarray,
    liver_mm: np.ndarray,
    settings: LesionSettings,
) -> np.ndarray | None:
    """Distance to a nodule beside the tumour, or None where the liver has no room for one."""
    radius = rng.uniform(*settings.satellite_radius_mm)
    nearest, farthest = settings.satellite_gap_mm
    gap = distance_mm - radius
    places = np.flatnonzero((gap > nearest) & (gap < farthest) & (liver_mm < -radius))
    if not places.size:
        return None
    place = np.unravel_index(rng.choice(places), distance_mm.shape)
    centre = [axis.ravel()[i] for axis, i in zip(axes, reversed(place), strict=True)]
    nodule = ellipsoid(axes, centre, np.full(3, radius))
    return np.maximum(nodule, nearest - distance_mm)  # never grown together with the tumour


def drawn_parts(distance_mm: np.ndarray, satellite_mm: np.ndarray | None) -> np.ndarray:
    """Boolean array of the tumour, with its satellite where the distance to it is given."""
    tumour = main_part(distance_mm < 0)
    return tumour if satellite_mm is None else tumour | (satellite_mm < 0)


def texture(
    rng: np.random.Generator, shape: Form, look: Traits, settings: TraitSettings
) -> np.ndarray:
    """Relative signal of the tumour's texture in the three phases, shape (3, z, y, x).

    Fine structure and a coarser mosaic of compartments, shared by the phases in part.
    """
    axes = shape.axes()
    length = settings.texture_length_mm * np.exp(settings.texture_length_slope * look.coarseness)
    fine = smooth_field(rng, axes, length)
    patches = smooth_field(rng, axes, settings.mosaic_length * length)
    mosaic = np.tanh(settings.mosaic_sharpness * patches)
    mosaic /= mosaic.std()
    shared = np.sqrt(1 - settings.mosaic) * fine + np.sqrt(settings.mosaic) * mosaic
    own = np.stack([smooth_field(rng, axes, length) for _ in range(3)])
    both = np.sqrt(1 - settings.phase_texture) * shared + np.sqrt(settings.phase_texture) * own
    spread = settings.heterogeneity * np.exp(settings.heterogeneity_slope * look.heterogeneity)
    return spread * both


def core(
    rng: np.random.Generator, shape: Form, share: tuple[float, float], settings: LesionSettings
) -> np.ndarray:
    """Share (0 to 1) of each voxel in an irregular region in the tumour's depth, such as necrosis.

    Args:
        share: range of the region's part of the tumour's volume.
    """
    length = _at_least(settings.core_length * shape.radius_mm, settings)
    ragged = settings.core_form * smooth_field(rng, shape.axes(), length)
    depth = shape.distance_mm / shape.radius_mm + ragged
    within = shape.distance_mm < 0
    level = np.quantile(depth[within], rng.uniform(*share))
    region = inside((depth - level) * shape.radius_mm, 2 * settings.margin_mm)
    return region * inside(shape.distance_mm + 2 * settings.margin_mm, settings.margin_mm)


def halo(rng: np.random.Generator, shape: Form, settings: LesionSettings) -> np.ndarray:
    """Share (0 to 1) of each voxel in a patch of tissue around one side of the tumour."""
    length = _at_least(settings.peritumoral_length * shape.radius_mm, settings)
    side = smooth_field(rng, shape.axes(), length)
    reach = settings.peritumoral_mm * np.clip(side, 0, 1.5)
    return inside(shape.distance_mm - reach, 3 * settings.margin_mm)
