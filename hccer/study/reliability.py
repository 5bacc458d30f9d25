"""feature_reliability: which features a second delineation reproduces."""

import numpy as np
import polars as pl

from hccer.agreement.icc import icc
from hccer.study.context import StudyContext
from hccer.study.features import delineations, feature_names, redrawn, role_rows, study_patients
from hccer.study.rows import make_table
from hccer.validation.patients import Patients
from hccer.validation.reliability import READINGS, reliability
from schemas.errors import HccerError
from schemas.tables import FEATURE_RELIABILITY
from schemas.validation import ReliabilitySettings
from storage.lineage import Outcome

VERSION = "feature-reliability-1"


def make_feature_reliability(context: StudyContext) -> Outcome:
    """ICC of every feature within the reader and between readers, over training patients."""
    settings = context.preset.validation.chain.reliability
    return make_table(
        context, FEATURE_RELIABILITY, VERSION, settings, lambda: _rows(context, settings)
    )


def _rows(context: StudyContext, settings: ReliabilitySettings) -> list[dict]:
    everyone = role_rows(context, "train")
    train, finite = study_patients(context, everyone)
    drawn = delineations(context)
    names = pl.DataFrame(feature_names(context), schema=["phase", "feature_name"], orient="row")
    rows = []
    for name in READINGS:
        try:
            measured = _comparison(train, name, settings)
        except HccerError as error:
            raise context.fail(str(error)) from None
        columns = {key: _placed(values, finite) for key, values in measured.items()}
        repeats = getattr(train, name)
        same = names.with_columns(
            comparison=pl.lit(name),
            icc_form=pl.lit(settings.form),
            n=pl.lit(0 if repeats is None else len(repeats.rows)),
            origin=pl.lit(_origin(redrawn(context, drawn, name), everyone)),
        )
        rows += same.with_columns(**columns).to_dicts()
    return rows


def _comparison(train: Patients, name: str, settings: ReliabilitySettings) -> dict[str, np.ndarray]:
    """ICC with interval (p,) and whether it passes; where nobody was drawn again, what varies."""
    varies = np.ptp(train.X, axis=0) > 0
    repeats = getattr(train, name)
    if repeats is None:
        return {"kept": varies}
    passes = reliability(train, repeats, settings, name) > settings.threshold
    found = icc(repeats.beside(train.X), settings.form, settings.level)
    return {
        "icc": found.icc, "ci_low": found.ci_low, "ci_high": found.ci_high, "kept": varies & passes
    }  # fmt: skip


def _placed(values: np.ndarray, finite: np.ndarray) -> np.ndarray:
    """Values of the finite features among all of them: NaN, or false, for the others."""
    everywhere = np.full(len(finite), False if values.dtype == bool else np.nan)
    everywhere[finite] = values
    return everywhere


def _origin(again: pl.DataFrame, patients: pl.DataFrame) -> str:
    """How the repeats of these patients were made."""
    keys = ["cohort_id", "patient_id"]
    found = again.join(patients, on=keys, how="semi")["origin"].unique().to_list()
    return "none" if not found else found[0] if len(found) == 1 else "mixed"
