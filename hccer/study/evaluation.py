"""metric and the curves: what each fit is worth for each part of the patients."""

from collections.abc import Callable, Iterator

import numpy as np
from pydantic import BaseModel, ConfigDict

from hccer.evaluation.calibration import fit_recalibration, logistic_calibration
from hccer.evaluation.classification import classification, proportion
from hccer.evaluation.decision import decision_curve
from hccer.evaluation.delong import Auc
from hccer.evaluation.estimate import Estimate
from hccer.evaluation.reliability import (
    brier_score,
    calibration_bins,
    calibration_error,
    hosmer_lemeshow,
)
from hccer.evaluation.roc import Cut, roc_curve
from hccer.evaluation.smooth import smooth_calibration
from hccer.study.context import StudyContext
from hccer.study.predicted import Part, parts
from hccer.study.rows import finite, make_table
from schemas.analysis import EvaluationSettings
from schemas.errors import HccerError
from schemas.table import Table
from schemas.tables import CALIBRATION_CURVE, DECISION_CURVE, METRIC, ROC_CURVE
from storage.lineage import Outcome

VERSION = "evaluation-3"
NOTHING = Estimate(np.nan, np.nan, np.nan, np.nan)
RATES = ("accuracy", "sensitivity", "specificity", "ppv", "npv")
Rows = Callable[[Part, EvaluationSettings], list[dict]]


class RocSettings(BaseModel):
    """What decides the points of a ROC curve."""

    model_config = ConfigDict(frozen=True)

    cut: Cut


def make_metric(context: StudyContext) -> Outcome:
    """Discrimination, classification at the training threshold, and calibration."""
    return _make(context, METRIC, metric_rows)


def make_roc_curve(context: StudyContext) -> Outcome:
    """ROC curves of the parts that have both outcomes."""
    settings = RocSettings(cut=context.preset.validation.chain.threshold_cut)

    def rows() -> list[dict]:
        return [row for part in parts(context) if part.has_both
                for row in roc_rows(part, settings.cut)]  # fmt: skip

    return make_table(context, ROC_CURVE, VERSION, settings, rows)


def make_calibration_curve(context: StudyContext) -> Outcome:
    """Predicted against observed risk."""
    return _make(context, CALIBRATION_CURVE, calibration_rows)


def make_decision_curve(context: StudyContext) -> Outcome:
    """Net benefit at the preset's risks."""
    return _make(context, DECISION_CURVE, decision_rows)


def _make(context: StudyContext, table: Table, of_part: Rows) -> Outcome:
    settings = context.preset.evaluation
    return make_table(
        context, table, VERSION, settings,
        lambda: [row for part in parts(context) for row in of_part(part, settings)],
    )  # fmt: skip


def metric_rows(part: Part, settings: EvaluationSettings) -> list[dict]:
    """Rows of `metric` of one part; what is not defined is there without a value.

    External patients have two calibrations: of the model as it is, and (`recalibrated_*`) after
    its intercept and slope were fitted to these same patients, so that it is no validation.
    """
    found = dict(_discrimination(part, settings))
    found |= _calibration(part.y_true, part.y_prob, settings, part.role == "train")
    if part.role == "external":
        found |= _recalibrated(part, settings)
    return [
        {
            **part.named,
            "metric": name,
            "value": finite(estimate.value),
            "ci_low": finite(estimate.ci_low),
            "ci_high": finite(estimate.ci_high),
            "n": len(part.y_true),
        }
        for name, estimate in found.items()
    ]


def _discrimination(
    part: Part, settings: EvaluationSettings
) -> Iterator[tuple[str, Estimate | Auc]]:
    yield "auc", part.auc(settings.level) or NOTHING
    if part.role == "out_of_fold":
        yield "auc_within", _alone(part.auc_within(settings.level))
    above = (part.y_score >= part.threshold).astype(float)
    at = classification(part.y_true, above, 1.0, settings.level)
    for name in RATES:
        yield name, getattr(at, name)


def _calibration(
    y_true: np.ndarray, y_prob: np.ndarray, settings: EvaluationSettings, fitted: bool
) -> dict[str, Estimate]:
    line = logistic_calibration(y_true, y_prob, settings.level)
    test = hosmer_lemeshow(y_true, y_prob, settings.groups, fitted)
    smooth = smooth_calibration(y_true, y_prob, settings.smooth_share, settings.smooth_delta)
    return {
        "brier": _alone(brier_score(y_true, y_prob)),
        "calibration_slope": line.slope,
        "calibration_intercept": line.intercept,
        "calibration_in_the_large": line.in_the_large,
        "ece": _alone(calibration_error(y_true, y_prob, settings.bins)),
        "hosmer_lemeshow": _alone(test.chi2),
        "hosmer_lemeshow_p": _alone(test.p_value),
        "e_max": _alone(smooth.e_max),
        "e_avg": _alone(smooth.e_avg),
    }


def _recalibrated(part: Part, settings: EvaluationSettings) -> dict[str, Estimate]:
    try:
        y_prob = fit_recalibration(part.y_true, part.y_prob).apply(part.y_prob)
    except HccerError:
        return {}
    found = _calibration(part.y_true, y_prob, settings, fitted=True)
    return {f"recalibrated_{name}": estimate for name, estimate in found.items()}


def _alone(value: float) -> Estimate:
    """A value without an interval."""
    return Estimate(value, np.nan, np.nan, np.nan)


def roc_rows(part: Part, cut: Cut) -> list[dict]:
    """Rows of `roc_curve` of a part with both outcomes."""
    curve = roc_curve(part.y_true, part.y_score, cut)
    points = zip(curve.threshold, curve.sensitivity, curve.specificity, strict=True)
    return [
        {**part.named, "point": point, "threshold": finite(threshold),
         "sensitivity": float(sensitivity), "specificity": float(specificity)}
        for point, (threshold, sensitivity, specificity) in enumerate(points)
    ]  # fmt: skip


def calibration_rows(part: Part, settings: EvaluationSettings) -> list[dict]:
    """Rows of `calibration_curve`: groups of the patients by predicted risk."""
    found = calibration_bins(part.y_true, part.y_prob, settings.groups, "quantile")
    rows = []
    groups = zip(found.predicted, found.events, found.n, strict=True)
    for point, (predicted, events, n) in enumerate(groups):
        share = proportion(int(events), int(n), settings.level)
        rows.append({
            **part.named, "point": point, "predicted": float(predicted), "observed": share.value,
            "ci_low": share.ci_low, "ci_high": share.ci_high, "n": int(n),
        })  # fmt: skip
    return rows


def decision_rows(part: Part, settings: EvaluationSettings) -> list[dict]:
    """Rows of `decision_curve` at the preset's risks."""
    low, high = settings.lowest_risk, settings.highest_risk
    steps = round((high - low) / settings.risk_step)
    curve = decision_curve(part.y_true, part.y_prob, np.linspace(low, high, steps + 1).round(6))
    points = zip(curve.threshold, curve.net_benefit, curve.treat_all, strict=True)
    return [
        {**part.named, "point": point, "threshold": float(threshold),
         "net_benefit": float(benefit), "treat_all": float(treat_all)}
        for point, (threshold, benefit, treat_all) in enumerate(points)
    ]  # fmt: skip
