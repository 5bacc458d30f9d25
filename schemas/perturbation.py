"""Settings of delineations by contour perturbation, for cohorts in which nobody drew again."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
Range = Annotated[float, Field(ge=0)]


class PerturbationSettings(BaseModel):
    """How a tumour is drawn again by a machine, in place of the reader's second session.

    `surface`: the reference surface moves outwards by a Gaussian random field, as smooth as a hand,
    and by one distance for the whole tumour. After Zwanenburg et al. (Sci Rep 2019;9:614), who take
    and leave supervoxels and grow or shrink the mask; here a field does both, without looking at
    the image. It cannot know where readers disagree: what rests on it has the origin `perturbed`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    method: Literal["surface"] = "surface"
    sd_mm: Positive = Field(default=1.0, description="of the surface about its mean displacement")
    length_mm: Positive = Field(default=10.0, description="over which the displacement correlates")
    size_sd_mm: Range = Field(default=0.5, description="of the displacement of the whole surface")
    smoothing_voxels: Range = Field(
        default=0.8, description="of the distance to the surface, or layers of voxels would flip"
    )
    n_repeats: int = Field(default=1, ge=1, description="perturbed delineations of a tumour")
    patients: int = Field(default=0, ge=0, description="evenly over the tumour sizes; 0: all")
    random_state: int = Field(default=0, ge=0)
