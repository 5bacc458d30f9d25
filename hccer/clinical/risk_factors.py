"""Which factors carry independent risk: one by one, then together, then the model of the rest."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from hccer.clinical.logistic import LogisticFit, logistic_fit
from schemas.errors import HccerError


@dataclass(frozen=True)
class OddsRatio:
    """One factor of a logistic model; `reason` says why it has no numbers."""

    factor: str
    odds_ratio: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    n: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class RiskFactors:
    """The analysis of the paper's Table 3.

    univariate: every factor. multivariate: those with P < alpha, in one model. independent: those
    with P < alpha in it, none where no final model was fitted. final: the model refitted on these
    alone, its `model` the fit. `reason` says why there is no final model.
    """

    univariate: tuple[OddsRatio, ...]
    multivariate: tuple[OddsRatio, ...]
    independent: tuple[str, ...]
    final: tuple[OddsRatio, ...]
    model: LogisticFit | None
    reason: str | None = None


def odds_ratios(fit: LogisticFit, names: list[str], confidence: float) -> tuple[OddsRatio, ...]:
    """The columns of a fit as rows."""
    columns = (*fit.odds_ratios(confidence), fit.p_value[1:])
    return tuple(
        OddsRatio(name, *map(float, numbers), fit.n)
        for name, *numbers in zip(names, *columns, strict=True)
    )


def _fit(coded: pl.DataFrame, y_true: np.ndarray, names: list[str]) -> LogisticFit:
    """A model of the patients who have all the named factors."""
    X = coded.select(names).to_numpy().astype(np.float64)
    there = np.isfinite(X).all(axis=1)
    if not there.any():
        raise HccerError(f"no patient of {len(X)} has {', '.join(names)}")
    return logistic_fit(X[there], np.asarray(y_true)[there], names)


def _univariate(coded: pl.DataFrame, y_true: np.ndarray, name: str, confidence: float) -> OddsRatio:
    try:
        return odds_ratios(_fit(coded, y_true, [name]), [name], confidence)[0]
    except HccerError as error:
        return OddsRatio(name, reason=str(error))


def _significant(rows: tuple[OddsRatio, ...], alpha: float) -> list[str]:
    return [row.factor for row in rows if row.p_value is not None and row.p_value < alpha]


def risk_factors(
    coded: pl.DataFrame,
    y_true: np.ndarray,
    alpha: float = 0.05,
    confidence: float = 0.95,
) -> RiskFactors:
    """Univariate, then multivariate logistic regression, then the model of independent factors.

    Args:
        coded: `patient_id` and one column per factor, from `coded_factors`; training rows only.
        y_true: outcome (n,), 0 or 1.
        alpha: level of both selections.
        confidence: of Wald's intervals.

    Returns:
        Each model over the patients who have its factors. What cannot be fitted has a reason.
    """
    names = [name for name in coded.columns if name != "patient_id"]
    single = tuple(_univariate(coded, y_true, name, confidence) for name in names)
    entered = _significant(single, alpha)
    if not entered:
        p = [row.p_value for row in single if row.p_value is not None]
        least = f"smallest P {min(p):.3g}" if p else "none could be fitted"
        reason = f"none of {len(names)} factors has P < {alpha:g} alone ({least})"
        return RiskFactors(single, (), (), (), None, reason)
    together: tuple[OddsRatio, ...] = ()
    try:
        together = odds_ratios(_fit(coded, y_true, entered), entered, confidence)
        independent = _significant(together, alpha)
        if not independent:
            reason = f"none of {', '.join(entered)} has P < {alpha:g} in the model of all of them"
            return RiskFactors(single, together, (), (), None, reason)
        model = _fit(coded, y_true, independent)
    except HccerError as error:
        return RiskFactors(single, together, (), (), None, str(error))
    final = odds_ratios(model, independent, confidence)
    return RiskFactors(single, together, tuple(independent), final, model)
