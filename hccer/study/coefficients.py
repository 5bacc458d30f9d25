"""model_coefficient: the stored logistic models in full, their scaling and coefficients."""

from collections.abc import Iterator

from hccer.modelling.model import Model
from hccer.study.context import StudyContext
from hccer.study.contributions import logistic_models
from hccer.study.rows import make_table
from schemas.tables import MODEL_COEFFICIENT
from storage.lineage import Outcome

VERSION = "model-coefficient-1"
INTERCEPT = "intercept"


def make_model_coefficient(context: StudyContext) -> Outcome:
    """One row per logistic model and input, and one of its intercept.

    Raises:
        HccerError: an artifact is lost or damaged.
    """
    return make_table(context, MODEL_COEFFICIENT, VERSION, None, lambda: _rows(context))


def _rows(context: StudyContext) -> Iterator[dict]:
    for fit_id, model in logistic_models(context).items():
        for row in coefficient_rows(model):
            yield {"fit_id": fit_id, **row}


def coefficient_rows(model: Model) -> Iterator[dict]:
    """The intercept, and the inputs in their order; without mean and scale where none is scaled."""
    classifier = model.classifier
    scaled = bool((model.mean != 0).any() or (model.scale != 1).any())
    yield {"position": 0, "input": INTERCEPT, "coefficient": classifier.intercept}
    for at, name in enumerate(model.feature_names):
        yield {
            "position": at + 1,
            "input": name,
            "mean": float(model.mean[at]) if scaled else None,
            "scale": float(model.scale[at]) if scaled else None,
            "coefficient": float(classifier.coefficients[at]),
        }
