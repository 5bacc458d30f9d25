"""The numbers of the generator: `generator.yaml` as one frozen model."""

from functools import cache
from importlib import resources
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.errors import InvalidFileError, field_problems

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Pair = tuple[float, float]
Point = tuple[float, float, float]
PerPhase = tuple[float, float, float]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class GridSettings(_Frozen):
    """Voxels, and where the table stood."""

    size: tuple[int, int, int]
    spacings_mm: tuple[Positive, ...]
    slice_mm: Positive
    centre_range_mm: Point


class MotionSettings(_Frozen):
    """Rigid shift of PVP and DP."""

    translation_sd_mm: Point
    largest_translation_mm: Positive
    rotation_sd_deg: float
    largest_rotation_deg: Positive


class BodySettings(_Frozen):
    """The trunk and what fills it."""

    radii_mm: Pair
    radii_sd: float
    exponent: Positive
    fat_mm: Pair
    muscle_mm: Positive
    edge_mm: Positive
    jitter_mm: Point
    organ_size: Pair
    bowel_length_mm: Positive
    bowel_signal: float


class Ellipsoid(_Frozen):
    """Centre and half axes."""

    centre_mm: Point
    radii_mm: Point


class Organ(Ellipsoid):
    """An ellipsoid of one tissue."""

    tissue: str


class LiverSettings(_Frozen):
    """The liver's form and texture, with and without cirrhosis."""

    lobes: tuple[Ellipsoid, ...]
    surface_mm: float
    surface_length_mm: Positive
    texture: float
    texture_length_mm: Positive
    nodule_surface_mm: float
    nodule_length_mm: Positive
    nodule_texture: float
    rim_mm: Positive
    wall_gap_mm: float
    deepest_mm: Positive


class VesselSettings(_Frozen):
    """Great vessels, and the trees inside the liver."""

    aorta_mm: Pair
    aorta_radius_mm: Positive
    cava_mm: Pair
    cava_radius_mm: Positive
    spine_mm: Pair
    spine_clearance_mm: Positive
    portal: tuple[tuple[Point, Point], ...]
    hepatic: tuple[tuple[Point, Point], ...]
    root_radius_mm: Positive
    branching: Annotated[int, Field(ge=0, le=6)]
    radius_ratio: Positive
    length_mm: Positive
    length_ratio: Positive
    bend: float


class LesionSettings(_Frozen):
    """The tumour's form and its parts."""

    margin_mm: Positive
    box: Positive
    axes: Pair
    smallest_length_mm: Positive
    form: float
    form_length: Positive
    lobulation: float
    lobulation_length: Positive
    irregularity: float
    irregularity_length: Positive
    satellite_share: Share
    satellite_drawn_share: Share
    satellite_radius_mm: Pair
    satellite_gap_mm: Pair
    necrosis_share: Pair
    necrosis_signal: PerPhase
    hemorrhage_share: Pair
    hemorrhage_signal: PerPhase
    core_form: float
    core_length: Positive
    capsule_mm: Positive
    capsule_width: Positive
    capsule_signal: PerPhase
    rim_width: Positive
    peritumoral_signal: float
    peritumoral_mm: Positive
    peritumoral_length: Positive


class Loadings(_Frozen):
    """How much of each trait is the latent aggressiveness; the rest is the patient's own."""

    enhancement: Share
    washout: Share
    heterogeneity: Share
    coarseness: Share
    irregularity: Share
    rim: Share


class TraitSettings(_Frozen):
    """How aggressiveness shows in the image."""

    loading: Loadings
    contrast: PerPhase
    enhancement: float
    washout: Pair
    contrast_limits: tuple[Pair, Pair, Pair]
    heterogeneity: float
    heterogeneity_slope: float
    texture_length_mm: Positive
    texture_length_slope: float
    mosaic_length: Positive
    mosaic: Share
    mosaic_sharpness: Positive
    phase_texture: Share
    irregularity_slope: float
    rim: float
    rim_slope: float


class FieldStrength(_Frozen):
    """What 1.5 T and 3.0 T differ in."""

    noise: float
    bias: float
    enhancement: Positive
    gain: Pair


class ScannerSettings(_Frozen):
    """The acquisition."""

    field_strengths: dict[str, FieldStrength]
    bias_length_mm: Positive
    phase_gain_sd: float
    blur_voxels: float
    largest: Annotated[int, Field(gt=0, le=4095)]


class Reader(_Frozen):
    """How far a reader's surface strays: smooth deformation and size, sd in tumour radii."""

    surface: float
    smallest_mm: float
    size_sd: float


class ContourSettings(_Frozen):
    """Delineations and their repeats."""

    readers: dict[str, Reader]
    length: Positive
    smallest_length_mm: Positive
    repeats: Annotated[int, Field(ge=0)]


class Generator(_Frozen):
    """All numbers of the image generator."""

    phases: tuple[str, str, str]
    grid: GridSettings
    motion: MotionSettings
    body: BodySettings
    liver: LiverSettings
    organs: tuple[Organ, ...]
    vessels: VesselSettings
    signals: dict[str, PerPhase]
    signal_sd: float
    lesion: LesionSettings
    traits: TraitSettings
    scanner: ScannerSettings
    contours: ContourSettings

    @model_validator(mode="after")
    def _known_tissues(self) -> "Generator":
        unknown = sorted({organ.tissue for organ in self.organs} - set(self.signals))
        if unknown:
            raise ValueError(f"organs: no signals for {', '.join(unknown)}")
        return self


@cache
def load_generator() -> Generator:
    """The generator's numbers as the package carries them.

    Raises:
        InvalidFileError: a field of `generator.yaml` is unknown, missing or not allowed.
    """
    text = (resources.files("hccer.synthetic") / "generator.yaml").read_text()
    try:
        return Generator.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        raise InvalidFileError("generator.yaml", field_problems(error)) from None
