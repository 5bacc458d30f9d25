"""Settings of the study: the split, what is reported, and what the paper chose on validation."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.deep import Network
from schemas.modelling import Algorithm, Share

Risk = Annotated[float, Field(gt=0, lt=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SplitSettings(_Frozen):
    """The split of cohorts that bring none: one of `parts` equal parts validates."""

    parts: int = Field(default=5, ge=2)
    random_state: int = Field(default=0, ge=0)


class EvaluationSettings(_Frozen):
    """What is reported of predictions."""

    level: Risk = Field(default=0.95, description="coverage of the intervals")
    bins: int = Field(default=10, ge=2, description="bins of the calibration error")
    groups: int = Field(default=10, ge=3, description="groups of Hosmer and Lemeshow's test")
    smooth_share: Share = Field(
        default=2 / 3, description="of the patients that a point of the smooth calibration is of"
    )
    smooth_delta: float = Field(
        default=0.01, ge=0, lt=1, description="share of the range within which it is interpolated"
    )
    lowest_risk: Risk = 0.01
    highest_risk: Risk = 0.99
    risk_step: Risk = 0.01
    alpha: Share = Field(default=0.05, description="of the smallest difference that is seen")
    power: Share = 0.8
    resamples: int = Field(default=50, ge=0, description="of the stability of the selection")
    field_strength_step: float = Field(
        default=0.5, gt=0, description="T; headers write 2.89 or 1.494 for a nominal 3 or 1.5"
    )
    choice_resamples: int = Field(
        default=2000, ge=1, description="of what choosing among the classifiers adds"
    )
    choice_random_state: int = Field(default=0, ge=0, description="of these resamples")


class ExternalSettings(_Frozen):
    """How far an external cohort may lie from development before it is refused."""

    unit_factor: float = Field(
        default=5, gt=1, description="between medians of a clinical column: beyond it, another unit"
    )
    fewest_values: int = Field(default=5, ge=1, description="values that make a median")
    spacing_factor: float = Field(
        default=1.5, gt=1, description="of the median voxel size, beyond development's range"
    )


class PublishedChoice(_Frozen):
    """What the paper chose by looking at the validation patients."""

    radiomics: Algorithm
    deep: Network | None = None
