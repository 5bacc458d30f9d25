"""Every number of the science, as one frozen model; the values are in `presets/*.yaml`."""

import hashlib
import json
from functools import cache
from importlib import resources
from typing import Annotated, Literal, get_args

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from schemas.analysis import EvaluationSettings, ExternalSettings, PublishedChoice, SplitSettings
from schemas.deep import DeepSettings, ImagingSettings
from schemas.errors import HccerError, InvalidFileError, field_problems
from schemas.modelling import Distinct
from schemas.perturbation import PerturbationSettings
from schemas.validation import ValidationSettings

FeatureClass = Literal["firstorder", "shape", "glcm", "glrlm", "glszm", "gldm", "ngtdm"]
Positive = Annotated[float, Field(gt=0)]
Interpolator = Literal[
    "sitkNearestNeighbor", "sitkLinear", "sitkBSpline", "sitkGaussian", "sitkLabelGaussian",
    "sitkHammingWindowedSinc", "sitkCosineWindowedSinc", "sitkWelchWindowedSinc",
    "sitkLanczosWindowedSinc", "sitkBlackmanWindowedSinc",
]  # fmt: skip
Norm = Literal["euclidean", "manhattan", "infinity", "no_weighting"]
# 0 keeps the image's own spacing along that axis (pyradiomics, resampledPixelSpacing)
Spacing = Annotated[float, Field(ge=0)]


Distance = Annotated[int, Field(ge=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Optional(_Frozen):
    """Fields that `false` switches off: TOML has no word for nothing."""

    @model_validator(mode="before")
    @classmethod
    def _false_is_off(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        switches = {name for name, field in cls.model_fields.items() if bool in _kinds(field)}
        return {name: None if value is False and name not in switches else value
                for name, value in given.items()}  # fmt: skip


def _kinds(field: FieldInfo) -> tuple:
    return get_args(field.annotation)


class Setting(_Optional):
    """pyradiomics' `setting` section, its names verbatim; None leaves its own default."""

    binWidth: Positive | None = None
    binCount: int | None = Field(default=None, ge=1)
    normalize: bool | None = None
    normalizeScale: Positive | None = None
    removeOutliers: Positive | None = None
    resampledPixelSpacing: tuple[Spacing, Spacing, Spacing] | None = None
    interpolator: Interpolator | None = None
    preCrop: bool | None = None
    padDistance: int | None = Field(default=None, ge=0)
    distances: Annotated[tuple[Distance, ...], Field(min_length=1), Distinct] | None = None
    force2D: bool | None = None
    force2Ddimension: int | None = Field(default=None, ge=0, le=2)
    resegmentRange: tuple[float, ...] | None = None
    resegmentMode: Literal["absolute", "relative", "sigma"] | None = None
    resegmentShape: bool | None = None
    voxelArrayShift: int | None = None
    symmetricalGLCM: bool | None = None
    weightingNorm: Norm | None = None
    gldm_a: int | None = Field(default=None, ge=0)
    minimumROIDimensions: int | None = Field(default=None, ge=1, le=3)
    minimumROISize: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_discretisation(self) -> "Setting":
        if self.binWidth is not None and self.binCount is not None:
            raise ValueError("binWidth and binCount exclude each other")
        return self


class OriginalImage(_Frozen):
    """The image as it is."""


class WaveletFilter(_Frozen):
    """Stationary wavelet decomposition, one level, 8 sub-bands."""

    wavelet: str | None = None

    @field_validator("wavelet")
    @classmethod
    def _known_wavelet(cls, name: str | None) -> str | None:
        import pywt  # only where a study names a wavelet

        if name is not None and name not in pywt.wavelist(kind="discrete"):
            raise ValueError("is no discrete wavelet of PyWavelets, for example coif1 or db2")
        return name


class LoGFilter(_Frozen):
    """Laplacian of Gaussian, one image per sigma (mm)."""

    sigma: Annotated[tuple[Positive, ...], Field(min_length=1), Distinct]


class Filter(_Frozen):
    """A voxel-wise filter without parameters."""


class ImageTypes(_Optional):
    """pyradiomics' `imageType` section, its names verbatim."""

    Original: OriginalImage | None = None
    Wavelet: WaveletFilter | None = None
    LoG: LoGFilter | None = None
    Square: Filter | None = None
    SquareRoot: Filter | None = None
    Logarithm: Filter | None = None
    Exponential: Filter | None = None
    Gradient: Filter | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> "ImageTypes":
        if not self.model_dump(exclude_none=True):
            raise ValueError("at least one image type is needed")
        return self


class RadiomicsSettings(_Frozen):
    """What decides the value of every radiomics feature.

    `nodules`: of a mask in several parts, the largest is the tumour, or all are.
    """

    engine: Literal["fast", "pyradiomics"]
    nodules: Literal["largest", "all"]
    imageType: ImageTypes
    featureClass: Annotated[tuple[FeatureClass, ...], Field(min_length=1), Distinct]
    setting: Setting

    def parameters(self) -> dict:
        """The same as pyradiomics' own parameter structure."""
        chosen = self.model_dump(mode="json", exclude_none=True)
        return {
            "setting": {**chosen["setting"], "label": 1},
            "imageType": chosen["imageType"],
            "featureClass": {name: [] for name in chosen["featureClass"]},
        }


class Preset(_Optional):
    """All numbers of one way to run the science."""

    radiomics: RadiomicsSettings
    imaging: ImagingSettings = ImagingSettings()
    deep: DeepSettings | None = None
    perturbation: PerturbationSettings | None = None
    split: SplitSettings = SplitSettings()
    validation: ValidationSettings = ValidationSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    external: ExternalSettings = ExternalSettings()
    published: PublishedChoice | None = None


def settings_text(settings: BaseModel) -> str:
    """Canonical JSON of a settings model: sorted keys, unset fields left out."""
    chosen = settings.model_dump(mode="json", exclude_none=True)
    return json.dumps(chosen, sort_keys=True, separators=(",", ":"))


def settings_id(settings: BaseModel) -> str:
    """First 16 hex digits of the sha256 of the canonical JSON."""
    return hashlib.sha256(settings_text(settings).encode()).hexdigest()[:16]


def preset_names() -> list[str]:
    """The presets that the package carries."""
    folder = resources.files("schemas") / "presets"
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir())


def load_preset(name: str, overrides: dict | None = None, source: str = "study.toml") -> Preset:
    """A preset by name, with some of its fields replaced.

    Args:
        name: one of `preset_names()`.
        overrides: nested like the preset; values replace the preset's.
        source: file named in the error.

    Raises:
        HccerError: no such preset.
        InvalidFileError: an override names an unknown field or a value that is not allowed.
    """
    if name not in preset_names():
        raise HccerError(f"there is no preset {name!r}: choose one of {', '.join(preset_names())}")
    try:
        return Preset.model_validate(_merge(_given(name), overrides or {}))
    except ValidationError as error:
        problems = [f"overrides.{problem}" for problem in field_problems(error)]
        raise InvalidFileError(source, problems) from None


@cache
def _given(name: str) -> dict:
    """The fields of a preset; those that `like` another one are that one's."""
    text = (resources.files("schemas") / "presets" / f"{name}.yaml").read_text()
    fields = yaml.safe_load(text)
    like = fields.pop("like", None)
    return _merge(_given(like), fields) if like else fields


def _merge(base: dict, overrides: dict) -> dict:
    merged = dict(base)
    for name, value in overrides.items():
        both = isinstance(value, dict) and isinstance(base.get(name), dict)
        merged[name] = _merge(base[name], value) if both else value
    return merged
