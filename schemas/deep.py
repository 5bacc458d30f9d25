"""Settings of the deep models: registration, crops, networks, training, attribution."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Network = Literal["ResNet-10", "ResNet-18", "ResNet-34", "ResNet-10-128"]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Range = Annotated[float, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RegistrationSettings(_Frozen):
    """Rigid registration of every other phase to the study's first one; ANTs' names."""

    type_of_transform: Literal["QuickRigid"] = "QuickRigid"
    initial_transform: Literal["Identity"] = "Identity"
    bins: Count = Field(default=32, description="of the joint histogram of Mattes' metric")
    sampling: Share = Field(default=0.2, description="share of the voxels that ANTs' metric reads")
    coarse: Count = Field(
        default=4, description="shrink factor in plane at which mirrored images are compared"
    )
    mirror_gain: Range = Field(
        default=0.1, description="share by which one must fit better to refuse the image as it is"
    )
    random_state: int = Field(default=42, ge=0)
    fewest_overlap: Share = Field(
        default=0.5, description="share of the tumour's voxels that the moved image must cover"
    )


class CropSettings(_Frozen):
    """The tumour as the networks see it; the paper names neither margin nor intensity scale."""

    nodules: Literal["largest", "all"] = Field(
        default="largest", description="of a mask in several parts, the largest is the tumour"
    )
    slices: Count = Field(default=3, description="consecutive, around the largest tumour area")
    margin_mm: Range = Field(default=10.0, description="around the tumour's box in these slices")
    size: Annotated[int, Field(ge=16)] = Field(default=256, description="pixels of a side")
    clip_sd: Positive = Field(
        default=3.0, description="z-scores of the volume are cut here, and divided by it"
    )


class ImagingSettings(_Frozen):
    """What decides the value of every crop."""

    registration: RegistrationSettings = RegistrationSettings()
    crop: CropSettings = CropSettings()


class RegistrationRecipe(_Frozen):
    """What decides a registration, beside the images: two studies may fix different phases."""

    registration: RegistrationSettings
    fixed_phase: str


class CropRecipe(_Frozen):
    """What decides a crop, beside the images: phases are channels, the first one is cut."""

    imaging: ImagingSettings
    phases: Annotated[tuple[str, ...], Field(min_length=1)]

    @property
    def registration(self) -> RegistrationRecipe:
        """How its later phases are moved onto the first."""
        return RegistrationRecipe(
            registration=self.imaging.registration, fixed_phase=self.phases[0]
        )


class AugmentationSettings(_Frozen):
    """Random changes of a training sample, drawn anew in every epoch; 0 or false switches off."""

    rotation_deg: Range = 15.0
    scale: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.1, description="1 - s to 1 + s")
    shift: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.05, description="of the side")
    flip: bool = True


class TrainingSettings(_Frozen):
    """Stochastic gradient descent as published; what the paper leaves open is named here."""

    epochs: Count = 200
    batch_size: Count = 64
    learning_rate: Positive = 1e-4
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: Range = 1e-4
    class_weighted: bool = True
    stopping_share: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        default=0.2, description="of the training patients, watched for early stopping"
    )
    patience: Count = Field(default=20, description="epochs without a lower stopping loss")
    keep: Literal["best", "last"] = Field(
        default="best", description="weights of the epoch of the lowest stopping loss, or the last"
    )
    augmentation: AugmentationSettings = AugmentationSettings()
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="auto: bfloat16 on CUDA, float32 elsewhere"
    )
    compile: bool = Field(default=False, description="by torch.compile, on CUDA")
    threads: Count = Field(
        default=1, description="of a processor for one network: the bits depend on it"
    )
    random_state: int = Field(default=0, ge=0)


class AttributionSettings(_Frozen):
    """Score-CAM."""

    margin_mm: Range = Field(default=5.0, description="around the tumour, counted apart")
    fewest_pixels: Count = Field(
        default=7,
        description="side of the maps that are weighted: the deepest stage of the network with at "
        "least these; 7 is the side of the last maps of a ResNet at its usual 224 pixels",
    )
    patients: int = Field(default=0, ge=0, description="how many; 0: all")


class DeepSettings(_Frozen):
    """Which networks are trained, on what, and how slices become patients.

    `fusion`: early, the phases are channels of one input (Figure 3), or late, one branch per phase
    whose vectors are joined (Methods). `out_of_fold`: fits that are trained again without each fold
    of the training patients. `joint`: the network of the fusion model DLRCR.
    """

    networks: tuple[Network, ...] = ("ResNet-10", "ResNet-18", "ResNet-34", "ResNet-10-128")
    joint: Network = "ResNet-10"
    fusion: Literal["early", "late"] = "early"
    slices: Literal["samples", "channels"] = "samples"
    aggregate: Literal["mean", "max"] = Field(
        default="mean", description="slice scores to the patient's score"
    )
    out_of_fold: tuple[Literal[Network, "DLRCR"], ...] = (
        "ResNet-10", "ResNet-18", "ResNet-34", "ResNet-10-128", "DLRCR",
    )  # fmt: skip
    training: TrainingSettings = TrainingSettings()
    attribution: AttributionSettings = AttributionSettings()

    @model_validator(mode="after")
    def _names_are_trained(self) -> "DeepSettings":
        for field, names in (("networks", self.networks), ("out_of_fold", self.out_of_fold)):
            if twice := sorted({each for each in names if names.count(each) > 1}):
                raise ValueError(f"{field} names {', '.join(twice)} more than once")
        given = f"networks has {', '.join(self.networks) or 'nothing'}: add it, or change "
        if self.joint not in self.networks:
            # Score-CAM explains the network of the images alone
            raise ValueError(f"joint is {self.joint}, but {given}joint")
        known = {*self.networks, "DLRCR"}
        if lacking := [each for each in self.out_of_fold if each not in known]:
            raise ValueError(f"out_of_fold names {', '.join(lacking)}, but {given}out_of_fold")
        return self
