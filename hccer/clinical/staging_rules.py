"""The rules of `staging.yaml`, typed."""

from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Sourced(_Rule):
    source: str
    provenance: str


class Units(_Rule):
    """Conversions; alpha-fetoprotein in ug per international unit."""

    source: str
    afp_ug_per_iu: float


class Albi(_Sourced):
    """Coefficients, and the largest score of each grade but 3."""

    log10_bilirubin_umol_l: float
    albumin_g_l: float
    grades: dict[str, float]


class ChildPugh(_Sourced):
    """Two cut-offs per laboratory value, points per finding, the most points of each class."""

    bilirubin_umol_l: tuple[float, float]
    albumin_g_l: tuple[float, float]
    inr: tuple[float, float]
    ascites: dict[str, int]
    encephalopathy: dict[str, int]
    classes: dict[str, int]


class Bclc(_Sourced):
    """Cut-offs of the Barcelona stages."""

    stages: tuple[str, ...]
    end_stage_child_pugh: tuple[str, ...]
    end_stage_ecog: int
    advanced_ecog: int
    very_early_cm: float
    early_count: int
    early_cm: float


class Cnlc(_Sourced):
    """Cut-offs of the Chinese stages."""

    stages: tuple[str, ...]
    end_stage_child_pugh: tuple[str, ...]
    end_stage_ecog: int
    single_cm: float
    few_count: int
    few_cm: float


class Erasl(_Sourced):
    """Coefficients, and the largest score of each risk but high."""

    male: float
    albi_grade_2_or_3: float
    ln_afp_ug_l: float
    ln_diameter_cm: float
    number_class: float
    number_classes: tuple[int, int]
    risks: dict[str, float]


class Ratio(_Sourced):
    """Two columns; sign -1 where a low ratio is worse."""

    numerator: str
    denominator: str
    sign: int


class StagingRules(_Rule):
    """Everything in `staging.yaml`."""

    version: str
    units: Units
    albi: Albi = Field(alias="ALBI")
    child_pugh: ChildPugh = Field(alias="Child-Pugh")
    bclc: Bclc = Field(alias="BCLC")
    cnlc: Cnlc = Field(alias="CNLC")
    erasl: Erasl = Field(alias="ERASL-pre")
    nlr: Ratio = Field(alias="NLR")
    plr: Ratio = Field(alias="PLR")
    lmr: Ratio = Field(alias="LMR")


@cache
def staging_rules() -> StagingRules:
    """The rules that the package carries."""
    text = (resources.files("hccer.clinical") / "staging.yaml").read_text()
    return StagingRules.model_validate(yaml.safe_load(text))
