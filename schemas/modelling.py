"""Settings of feature selection and classifiers, named as scikit-learn and XGBoost name them."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
)

Algorithm = Literal["LR", "SVM", "KNN", "XGBoost", "MLP"]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


def _distinct(values: tuple) -> tuple:
    if len(set(values)) < len(values):
        raise ValueError("each value stands once")
    return values


Distinct = AfterValidator(_distinct)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SelectionSettings(_Frozen):
    """What decides which features are kept. The paper names neither family nor rule."""

    ddof: Literal[0, 1] = Field(default=0, description="the SD of the z-score divides by n - ddof")
    alpha: Share = Field(default=0.05, description="a feature is kept below this P value")
    normality_alpha: Share = Field(default=0.05, description="Shapiro-Wilk: t test from this P on")
    family: Literal["gaussian", "binomial"] = "gaussian"
    rule: Literal["min", "1se"] = "min"
    n_splits: int = Field(default=5, ge=2, description="folds that choose the penalty")


class LogisticSettings(_Frozen):
    """Logistic regression with an L2 penalty."""

    C: Positive = 1.0


class SvmSettings(_Frozen):
    """Support vector machine."""

    C: Positive = 1.0
    kernel: Literal["linear", "rbf"] = "rbf"
    gamma: Literal["scale", "auto"] | Positive = "scale"


class KnnSettings(_Frozen):
    """k nearest neighbours, Euclidean."""

    n_neighbors: Count = 5
    weights: Literal["uniform", "distance"] = "uniform"


class XgboostSettings(_Frozen):
    """Extreme gradient boosting."""

    n_estimators: Count = 100
    max_depth: Count = 6
    learning_rate: Positive = 0.3
    subsample: Share = 1.0
    colsample_bytree: Share = 1.0
    min_child_weight: float = Field(default=1.0, ge=0)
    reg_lambda: float = Field(default=1.0, ge=0)


class MlpSettings(_Frozen):
    """Multilayer perceptron, trained by Adam."""

    hidden_layer_sizes: Annotated[tuple[Count, ...], Field(min_length=1)] = (100,)
    activation: Literal["relu", "tanh"] = "relu"
    alpha: float = Field(default=1e-4, ge=0)
    learning_rate_init: Positive = 1e-3
    max_iter: Count = 200


class ModellingSettings(_Frozen):
    """Everything that decides a classifier but the data; the defaults are the libraries' own."""

    ddof: Literal[0, 1] = Field(default=0, description="the SD of the z-score divides by n - ddof")
    random_state: int = Field(default=0, ge=0)
    LR: LogisticSettings = LogisticSettings()
    SVM: SvmSettings = SvmSettings()
    KNN: KnnSettings = KnnSettings()
    XGBoost: XgboostSettings = XgboostSettings()
    MLP: MlpSettings = MlpSettings()
