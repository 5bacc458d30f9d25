"""A finished study of the planted cohort, as a report reads it."""

from pathlib import Path

import polars as pl

import sql
from hccer.study.agreement import make_reader_agreement
from hccer.study.clinical import make_characteristic, make_risk_factor
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
from storage.reading import Reader
from tests.hccer.planted import clinical_store, planted_study

STEPS = (
    make_reader_agreement, make_characteristic, make_risk_factor, make_model_fit,
    make_prediction, make_metric, make_comparison, make_roc_curve,
    make_calibration_curve, make_decision_curve, make_subgroup_metric,
)  # fmt: skip


class Report:
    """The queries of a report over one store."""

    def __init__(self, context: StudyContext) -> None:
        self.context = context
        self.reader = Reader(context.store.home)

    def query(self, name: str) -> pl.DataFrame:
        """Rows of a file of `sql/report`."""
        return self.reader.query(sql.load("report")[name].text, {"study": self.context.study_id})


def finished_study(folder: Path) -> Report:
    """165 patients with the published counts, 18 factors, planted features, every step done."""
    context = planted_study(clinical_store(folder), "hcc")
    for step in STEPS:
        step(context)
    return Report(context)
