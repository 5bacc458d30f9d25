"""characteristic, risk_factor, staging_score: what is known without features."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import polars as pl

from hccer.clinical.factors import Factor, declared_factors
from hccer.clinical.risk_factors import risk_factors
from hccer.clinical.staging import SYSTEMS, staging_score
from hccer.selection.group_tests import CONSTANT, group_tests, table_test
from hccer.study.context import StudyContext
from hccer.study.features import clinical_rows, coded, role_rows
from hccer.study.rows import make_table
from schemas.modelling import Share
from schemas.tables import CHARACTERISTIC, RISK_FACTOR, STAGING_SCORE
from storage.lineage import Outcome

CHARACTERISTIC_VERSION = "characteristic-2"
RISK_VERSION = "risk-factor-2"
STAGING_VERSION = "staging-score-1"
EVENT = {1: "event", 0: "none"}
MEASURED = "years"  # level of a factor that is measured, not counted


def make_characteristic(context: StudyContext) -> Outcome:
    """Table 1: every factor by event within each part, and between the parts."""
    selection = context.preset.validation.chain.selection
    return make_table(
        context, CHARACTERISTIC, CHARACTERISTIC_VERSION, selection,
        lambda: _characteristics(context, selection.normality_alpha),
    )  # fmt: skip


def _characteristics(context: StudyContext, normality_alpha: float) -> list[dict]:
    patients = role_rows(context, "train", "validation")
    return [*_counted(context, patients), *_measured(context, patients, normality_alpha)]


def _counted(context: StudyContext, patients: pl.DataFrame) -> list[dict]:
    worded = _in_words(context, patients)
    levels = {name: worded[name].drop_nulls().unique().sort().to_list() for name in worded.columns}
    rows = []
    for part in ("train", "validation"):
        inside = (patients["role"] == part).to_numpy()
        event = (patients["y_true"] == 1).to_numpy()[inside]
        rows += _compared(worded.filter(inside), event, levels, part)
    worded = worded.with_columns(event=patients["y_true"].replace_strict(EVENT))
    levels["event"] = sorted(EVENT.values())
    return rows + _compared(worded, (patients["role"] == "train").to_numpy(), levels, "split")


def _measured(
    context: StudyContext, patients: pl.DataFrame, normality_alpha: float
) -> Iterator[dict]:
    """Continuous factors between the same groups, by the rule of the features."""
    values, names = coded(context, patients)
    training = (patients["role"] == "train").to_numpy()
    event = (patients["y_true"] == 1).to_numpy()
    groups = {"train": (training, event), "validation": (~training, event),
              "split": (np.full(len(event), True), training)}  # fmt: skip
    for factor in (each for each in declared_factors() if each.continuous):
        column = values[:, names.index(factor.name)]
        if not np.isfinite(column).any():
            continue
        for comparison, (inside, first) in groups.items():
            known = inside & np.isfinite(column)
            yield {"factor": factor.name, "level": MEASURED, "comparison": comparison,
                   **_between(column[known], first[known], normality_alpha)}  # fmt: skip


def _between(values: np.ndarray, first: np.ndarray, normality_alpha: float) -> dict:
    sizes = {"a": int(first.sum()), "b": int((~first).sum())}
    row = {f"{kind}_{name}": size for name, size in sizes.items() for kind in ("n", "total")}
    if not all(sizes.values()):
        return {**row, "test": None, "p_value": None}
    found = group_tests(values[:, None], first.astype(int), normality_alpha)
    if found.test[0] == CONSTANT:
        return {**row, "test": None, "p_value": None}
    return {**row, "test": found.test[0], "p_value": float(found.p_value[0])}


def _in_words(context: StudyContext, patients: pl.DataFrame) -> pl.DataFrame:
    """Level of each categorical factor, one row per patient; empty where it is not known."""
    values, _ = coded(context, patients)
    clinical = clinical_rows(context, patients)
    columns = [
        _levels(factor, values[:, place], clinical).alias(factor.name)
        for place, factor in enumerate(declared_factors())
        if not factor.continuous
    ]
    return pl.DataFrame(columns)


def _levels(factor: Factor, coded_values: np.ndarray, clinical: pl.DataFrame) -> pl.Series:
    if factor.equals is not None:
        return clinical[factor.column]
    words = dict(enumerate(_words(factor)))
    return pl.Series(coded_values).fill_nan(None).replace_strict(words, return_dtype=pl.String)


def _words(factor: Factor) -> tuple[str, str]:
    """What the codes 0 and 1 mean."""
    if factor.item is not None:
        return factor.zero, factor.one
    if factor.above is not None:
        return f"<= {factor.above:g}", f"> {factor.above:g}"
    if factor.at_least is not None:
        return f"< {factor.at_least:g}", f">= {factor.at_least:g}"
    return "negative", "positive"


def _compared(
    worded: pl.DataFrame, first: np.ndarray, levels: dict[str, list[str]], comparison: str
) -> list[dict]:
    """Counts of each level in the first group and in the others, with the test between them."""
    rows = []
    for factor, words in levels.items():
        values = worded[factor]
        groups = (values.filter(first), values.filter(~first))
        counts = np.array([[(group == word).sum() for group in groups] for word in words])
        counts = counts.reshape(-1, 2)
        test = table_test(counts)
        same = {
            "factor": factor, "comparison": comparison, "p_value": test.p_value,
            "test": None if test.p_value is None else test.test,
            "total_a": int(counts[:, 0].sum()), "total_b": int(counts[:, 1].sum()),
        }  # fmt: skip
        rows += [
            {**same, "level": word, "n_a": int(a), "n_b": int(b)}
            for word, (a, b) in zip(words, counts, strict=True)
        ]
    return rows


def make_risk_factor(context: StudyContext) -> Outcome:
    """Table 3: univariate, multivariate and final logistic models, over training patients."""
    chain = context.preset.validation.chain
    return make_table(
        context, RISK_FACTOR, RISK_VERSION, chain, lambda: _risks(context, chain.factor_alpha)
    )


def _risks(context: StudyContext, alpha: Share) -> list[dict]:
    patients = role_rows(context, "train")
    values, names = coded(context, patients)
    frame = pl.DataFrame(values, schema=list(names))
    found = risk_factors(frame, patients["y_true"].to_numpy(), alpha)
    rows = [
        {"analysis": analysis, **asdict(row)}
        for analysis in ("univariate", "multivariate", "final")
        for row in getattr(found, analysis)
    ]
    if found.reason is not None:
        rows.append({"analysis": "final", "factor": "none", "n": 0, "reason": found.reason})
    return rows


def make_staging_score(context: StudyContext) -> Outcome:
    """Every staging system and blood index of everyone whom the models score."""
    return make_table(context, STAGING_SCORE, STAGING_VERSION, None, lambda: _scores(context))


def _scores(context: StudyContext) -> list[dict]:
    patients = role_rows(context, "train", "validation", "external")
    return [
        _score(row, system)
        for row in clinical_rows(context, patients).iter_rows(named=True)
        for system in SYSTEMS
    ]


def _score(row: dict, system: str) -> dict:
    found = asdict(staging_score(system, row))
    inputs = json.dumps(found.pop("inputs"), sort_keys=True)
    return {"cohort_id": row["cohort_id"], "patient_id": row["patient_id"], **found,
            "inputs": inputs}  # fmt: skip
