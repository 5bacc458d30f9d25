"""The whole chain, fitted on some patients: reliability, screen, LASSO, classifier, threshold."""

from collections.abc import Sequence

from hccer.modelling.model import logistic_model
from hccer.validation.choice import best_algorithm
from hccer.validation.fitted import NONE, FittedModel, fitted
from hccer.validation.patients import Patients
from hccer.validation.steps import Steps
from schemas.modelling import Algorithm
from schemas.validation import ChainSettings, ModelName


def fit_chain(
    train: Patients,
    settings: ChainSettings,
    models: Sequence[ModelName],
    selected_on: Patients | None = None,
) -> dict[ModelName, FittedModel]:
    """Fit models on some patients, from their features, repeats, factors and outcome alone.

    LR, SVM, KNN, XGBoost and MLP read the selected features; `honest` is the one of these five
    that `best_algorithm` chooses; CR is the logistic model of the independent clinical factors,
    RCR the logistic regression on the selected features and these factors.

    Args:
        train: the training patients; their order does not matter.
        settings: of every step.
        models: which to fit; the steps they share are done once.
        selected_on: on whom screen and LASSO are fitted; the training patients where None.

    Raises:
        HccerError: too few patients of a class or with repeats; no factors for CR or RCR.
    """
    train, selected_on = train.in_order(), (selected_on or train).in_order()
    steps = Steps(train, selected_on, settings)
    found = {name: _clinical(steps) if name == "CR" else _radiomic(name, steps) for name in models}
    return {name: model.with_threshold(train, settings) for name, model in found.items()}


def _clinical(steps: Steps) -> FittedModel:
    risk, model = steps.risk, None
    if risk.model is not None:
        model = logistic_model(list(risk.independent), risk.model.coefficients)
    return FittedModel(
        features=NONE,
        factors=steps.independent,
        model=model,
        prevalence=steps.prevalence,
        algorithm="logistic",
        kept=steps.factors_kept,
        reason=risk.reason,
    )


def _algorithm(name: ModelName, steps: Steps) -> Algorithm:
    if name == "honest":
        return best_algorithm(steps)
    return "LR" if name == "RCR" else name


def _radiomic(name: ModelName, steps: Steps) -> FittedModel:
    algorithm = _algorithm(name, steps)
    selection, kept, factors = steps.selection, steps.selection.kept, NONE
    if name == "RCR":
        factors, kept = steps.independent, kept | steps.factors_kept
    columns = (selection.features, factors)
    model, reason = fitted(algorithm, steps.train, *columns, steps.foldid, steps.settings)
    return FittedModel(
        *columns,
        model=model,
        prevalence=steps.prevalence,
        algorithm=algorithm,
        kept=kept,
        reason=selection.reason or reason,
    )
