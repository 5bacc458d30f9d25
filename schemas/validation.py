"""Settings of the radiomics chain from table to threshold, and of its nested cross-validation."""

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from schemas.modelling import Algorithm, Distinct, ModellingSettings, SelectionSettings, Share

ModelName = Literal["LR", "SVM", "KNN", "XGBoost", "MLP", "honest", "CR", "RCR"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ReliabilitySettings(_Frozen):
    """Which features are repeatable; the paper names neither form nor rule."""

    form: Literal["ICC(1)", "ICC(A,1)", "ICC(C,1)"] = "ICC(A,1)"
    threshold: float = Field(default=0.90, ge=0, lt=1, description="a feature is kept above it")
    rule: Literal["point", "lower"] = Field(
        default="point", description="the ICC itself, or the lower limit of its interval"
    )
    level: float = Field(default=0.95, gt=0, lt=1, description="coverage of that interval")
    fewest_repeats: int = Field(default=5, ge=2, description="training patients drawn again")


class ChainSettings(_Frozen):
    """Everything that decides the fitted chain but the patients.

    `leak` shows the test patients to screen and LASSO ("selection"), or to every step ("all"): the
    controls that must look good on noise, and are good for nothing else.
    """

    reliability: ReliabilitySettings = ReliabilitySettings()
    selection: SelectionSettings = SelectionSettings()
    modelling: ModellingSettings = ModellingSettings()
    factor_alpha: Share = Field(default=0.05, description="clinical factors are kept below this P")
    threshold_rule: Literal["youden", "closest_topleft"] = "youden"
    threshold_cut: Literal["observed", "midpoint"] = "observed"
    random_state: int = Field(default=0, ge=0, description="of the inner folds")
    leak: Literal["none", "selection", "all"] = "none"


class ValidationSettings(_Frozen):
    """Repeated nested cross-validation; each permutation is one cross-validation."""

    chain: ChainSettings = ChainSettings()
    n_splits: int = Field(default=5, ge=2)
    n_repeats: int = Field(default=20, ge=1)
    n_permutations: int = Field(default=100, ge=0)
    models: Annotated[tuple[ModelName, ...], Field(min_length=1), Distinct] | None = Field(
        default=None,
        description="radiomics classifiers, honest, CR, RCR; None: the radiomics classifier that "
        "the study reports, and CR and RCR where there are factors",
    )
    random_state: int = Field(default=0, ge=0, description="of outer folds and permutations")
    level: float = Field(default=0.95, gt=0, lt=1, description="of the interval over repeats")
