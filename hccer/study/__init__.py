"""What each table of a study is made from, its report included; no Dagster, no interface."""

from hccer.steps import Step, run_step
from hccer.study import (
    agreement,
    attribution,
    clinical,
    coefficients,
    comparisons,
    contributions,
    embeddings,
    evaluation,
    fits,
    nested,
    networks,
    predictions,
    reliability,
    report,
    selecting,
    settings,
    splitting,
    worth,
)
from hccer.study.context import StudyContext
from storage.lineage import Outcome

__all__ = ["STEPS", "StudyContext", "materialise"]


STEPS: dict[str, Step] = {
    "split": Step(splitting.make_split, splitting.VERSION),
    "study_setting": Step(settings.make_study_setting, settings.VERSION),
    "reader_agreement": Step(agreement.make_reader_agreement, agreement.READER_VERSION),
    "delineation_agreement": Step(
        agreement.make_delineation_agreement, agreement.DELINEATION_VERSION
    ),
    "feature_reliability": Step(reliability.make_feature_reliability, reliability.VERSION),
    "feature_screen": Step(selecting.make_feature_screen, selecting.SCREEN_VERSION),
    "feature_selection": Step(selecting.make_feature_selection, selecting.SELECTION_VERSION),
    "characteristic": Step(clinical.make_characteristic, clinical.CHARACTERISTIC_VERSION),
    "risk_factor": Step(clinical.make_risk_factor, clinical.RISK_VERSION),
    "staging_score": Step(clinical.make_staging_score, clinical.STAGING_VERSION),
    "network": Step(networks.make_network, networks.VERSION, networks.SHOWN),
    "model_fit": Step(fits.make_model_fit, fits.VERSION),
    "prediction": Step(predictions.make_prediction, predictions.VERSION),
    "model_coefficient": Step(coefficients.make_model_coefficient, coefficients.VERSION),
    "contribution": Step(contributions.make_contribution, contributions.VERSION),
    "embedding": Step(embeddings.make_embedding, embeddings.VERSION),
    "attribution": Step(attribution.make_attribution, attribution.VERSION),
    "metric": Step(evaluation.make_metric, evaluation.VERSION),
    "comparison": Step(comparisons.make_comparison, comparisons.VERSION),
    "roc_curve": Step(evaluation.make_roc_curve, evaluation.VERSION),
    "calibration_curve": Step(evaluation.make_calibration_curve, evaluation.VERSION),
    "decision_curve": Step(evaluation.make_decision_curve, evaluation.VERSION),
    "subgroup_metric": Step(comparisons.make_subgroup_metric, comparisons.VERSION),
    "nested_prediction": Step(nested.make_nested_prediction, nested.VERSION),
    "worth": Step(worth.make_worth, worth.WORTH_VERSION),
    "choice_optimism": Step(worth.make_choice_optimism, worth.OPTIMISM_VERSION),
    "report": Step(report.make_report, report.VERSION),
}


def materialise(context: StudyContext, name: str) -> Outcome:
    """Bring one table of one study up to date, and record what it was made from.

    Args:
        context: store, study and run.
        name: key of STEPS.

    Returns:
        What was done.
    """
    return run_step(STEPS[name], context, context.store, context.run_id, context.study_id)
