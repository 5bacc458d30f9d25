"""An upper abdomen: trunk, liver, organs and vessels as layers of tissue."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hccer.imaging.fields import smooth_field
from hccer.synthetic.fields import Box, Grid, ellipsoid, inside
from hccer.synthetic.generator import BodySettings, Generator, LiverSettings, Organ
from hccer.synthetic.vessels import tree, tubes

FAR_MM = 1e3
EVERYWHERE: Box = (slice(None), slice(None), slice(None))


@dataclass(frozen=True)
class Trunk:
    """The body's outline.

    Attributes:
        skin_mm: distance to the skin, negative inside, shape (1, y, x).
        cavity_mm: the same to the inner side of the abdominal wall.
        fat_mm: thickness of the fat under the skin.
    """

    grid: Grid
    skin_mm: np.ndarray
    cavity_mm: np.ndarray
    fat_mm: float


@dataclass(frozen=True)
class Layer:
    """One tissue and its share of each voxel of a box; `texture` is its relative signal."""

    tissue: str
    box: Box
    share: np.ndarray
    texture: np.ndarray | float = 0.0


def trunk(rng: np.random.Generator, grid: Grid, settings: BodySettings) -> Trunk:
    """Outline of a patient's body."""
    x, y, _ = grid.axes()
    width, depth = np.array(settings.radii_mm) * (1 + settings.radii_sd * rng.standard_normal(2))
    fat = rng.uniform(*settings.fat_mm)
    n = settings.exponent
    scaled = (np.abs(x / width) ** n + np.abs(y / depth) ** n) ** (1 / n)
    skin = ((scaled - 1) * depth).astype(np.float32)
    return Trunk(grid, skin, skin + np.float32(fat + settings.muscle_mm), fat)


def liver_surface(
    rng: np.random.Generator, body: Trunk, settings: LiverSettings, cirrhosis: bool
) -> np.ndarray:
    """Distance (mm) to the liver's surface, negative inside; nodular in cirrhosis."""
    axes = body.grid.axes()
    distance = np.float32(FAR_MM)
    for lobe in settings.lobes:
        distance = np.minimum(distance, ellipsoid(axes, lobe.centre_mm, lobe.radii_mm))
    distance += settings.surface_mm * smooth_field(rng, axes, settings.surface_length_mm)
    if cirrhosis:
        distance += settings.nodule_surface_mm * smooth_field(rng, axes, settings.nodule_length_mm)
    return np.maximum(distance, body.cavity_mm + settings.wall_gap_mm)


def tumour_site(
    rng: np.random.Generator, body: Trunk, liver_mm: np.ndarray, radius_mm: float, room: Generator
) -> np.ndarray:
    """Where a tumour lies: deep enough in the liver and clear of the spine, at random.

    Args:
        liver_mm: distance to the liver's surface.
        radius_mm: the tumour's radius.

    Returns:
        Its centre (x, y, z) in mm about the grid's centre; for a tumour that fits nowhere whole,
        one of the deepest places.
    """
    x, y, z = body.grid.axes()
    spine_x, spine_y = room.vessels.spine_mm
    spine = room.vessels.spine_clearance_mm - np.hypot(x - spine_x, y - spine_y)
    ends = np.abs(z) - (float(z.max()) - body.grid.spacing_mm[2])
    walls = np.maximum(np.maximum(body.cavity_mm, spine), ends) + radius_mm + room.liver.rim_mm
    depth = -np.maximum(liver_mm + min(radius_mm, room.liver.deepest_mm), walls)
    allowed = np.flatnonzero(depth >= min(0.0, float(depth.max()) - 1.0))
    place = np.unravel_index(rng.choice(allowed), depth.shape)
    return np.array([x[0, 0, place[2]], y[0, place[1], 0], z[place[0], 0, 0]], dtype=float)


def layers(
    rng: np.random.Generator,
    body: Trunk,
    liver_mm: np.ndarray,
    settings: Generator,
    cirrhosis: bool,
) -> Iterator[Layer]:
    """Tissues from the outside in, each painted over those before it."""
    grid, edge, vessels = body.grid, settings.body.edge_mm, settings.vessels
    yield Layer("fat", EVERYWHERE, inside(body.skin_mm, edge))
    yield Layer("muscle", EVERYWHERE, inside(body.skin_mm + body.fat_mm, edge))
    bowel = settings.body.bowel_signal * smooth_field(
        rng, grid.axes(), settings.body.bowel_length_mm
    )
    yield Layer("background", EVERYWHERE, inside(body.cavity_mm, edge), bowel)
    for organ in settings.organs:
        yield _organ(rng, body, organ, settings.body)
    yield _great_vessel("cava", grid, vessels.cava_mm, vessels.cava_radius_mm, edge)
    liver = inside(liver_mm, edge)
    texture = parenchyma(rng, grid, settings.liver, cirrhosis)
    yield Layer("liver", EVERYWHERE, liver, texture)
    for tissue, roots in (("hepatic", vessels.hepatic), ("portal", vessels.portal)):
        walls = tubes(grid, tree(rng, roots, vessels), edge)
        yield Layer(tissue, EVERYWHERE, inside(walls, edge) * liver)
    yield _great_vessel("aorta", grid, vessels.aorta_mm, vessels.aorta_radius_mm, edge)


def _great_vessel(
    tissue: str, grid: Grid, xy_mm: tuple[float, float], radius_mm: float, edge_mm: float
) -> Layer:
    half = grid.size[2] * grid.spacing_mm[2] / 2
    low = np.array([*xy_mm, -half]) - radius_mm - edge_mm
    high = np.array([*xy_mm, half]) + radius_mm + edge_mm
    box = grid.box(low, high)
    x, y, z = grid.axes_in(box)
    wall = np.hypot(x - np.float32(xy_mm[0]), y - np.float32(xy_mm[1])) - np.float32(radius_mm)
    return Layer(tissue, box, np.repeat(inside(wall, edge_mm), z.size, axis=0))


def parenchyma(
    rng: np.random.Generator, grid: Grid, settings: LiverSettings, cirrhosis: bool
) -> np.ndarray:
    """Relative signal of the liver's own structure (z, y, x); nodules in cirrhosis."""
    axes = grid.axes()
    texture = settings.texture * smooth_field(rng, axes, settings.texture_length_mm)
    if cirrhosis:
        nodules = np.tanh(2 * smooth_field(rng, axes, settings.nodule_length_mm))
        texture += settings.nodule_texture * nodules
    return texture


def _organ(rng: np.random.Generator, body: Trunk, organ: Organ, settings: BodySettings) -> Layer:
    centre = np.array(organ.centre_mm) + np.array(settings.jitter_mm) * rng.standard_normal(3)
    radii = np.array(organ.radii_mm) * rng.uniform(*settings.organ_size, 3)
    box = body.grid.box(centre - radii - settings.edge_mm, centre + radii + settings.edge_mm)
    distance = ellipsoid(body.grid.axes_in(box), centre, radii)
    wall = body.skin_mm[:, box[1], box[2]] + np.float32(body.fat_mm + settings.edge_mm)
    return Layer(organ.tissue, box, inside(np.maximum(distance, wall), settings.edge_mm))
