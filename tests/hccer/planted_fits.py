"""Studies of planted features, fitted and evaluated, that several files of tests read."""

import polars as pl

from hccer.study.comparisons import make_comparison, make_subgroup_metric
from hccer.study.context import StudyContext
from hccer.study.evaluation import (
    make_calibration_curve,
    make_decision_curve,
    make_metric,
    make_roc_curve,
)
from hccer.study.fits import make_model_fit
from hccer.study.predictions import make_prediction
from schemas.tables import METRIC, PREDICTION
from storage.home import Home
from storage.store import Store
from tests.hccer.planted import COHORT, plant_staging, planted_study

STEPS = (
    make_model_fit, make_prediction, make_metric, make_comparison, make_roc_curve,
    make_calibration_curve, make_decision_curve, make_subgroup_metric,
)  # fmt: skip


def staged(size: float) -> float:
    """A score of few values, and the lower the larger the tumour: it ranks the wrong way round."""
    return float(size < 5) - float(size > 8)


def metric(context: StudyContext, fit_id: str, role: str, cohort_id: str = COHORT) -> dict:
    rows = context.own(METRIC).filter(fit_id=fit_id, role=role, cohort_id=cohort_id)
    return {row["metric"]: row for row in rows.iter_rows(named=True)}


def scores(context: StudyContext, fit_id: str, **where: str) -> pl.DataFrame:
    return context.own(PREDICTION).filter(fit_id=fit_id, **where)


def fitted_study(home: Home) -> StudyContext:
    """The study `hcc` of a clinical store with three staging systems, every step done."""
    context = planted_study(Store.open(home), "hcc")
    patients = context.rows("from lake.patient where cohort_id in $cohorts order by patient_id")
    ids = patients["patient_id"].to_list()
    sizes = patients["diameter_cm"].cast(pl.Float64).to_list()
    scored = {**dict(zip(ids, sizes, strict=True)), ids[0]: None}
    plant_staging(context.store, "hcc", "BCLC", scored)
    plant_staging(context.store, "hcc", "CNLC", dict.fromkeys(ids))
    plant_staging(context.store, "hcc", "NLR", dict(zip(ids, map(staged, sizes), strict=True)))
    for step in STEPS:
        step(context)
    return context
