"""Dates of the built-in patients: MRI, surgery, recurrence, last follow-up."""

import numpy as np
import polars as pl
from scipy.stats import truncnorm

from hccer.synthetic.published import Assumptions, Months, Published


def draw_surgery(published: Published, patients: int, rng: np.random.Generator) -> pl.DataFrame:
    """Surgery on working days, each its own, and MRI before; the outcome plays no part.

    Returns:
        Columns `mri_date, surgery_date`.
    """
    first, last = np.datetime64(published.first_surgery), np.datetime64(published.last_surgery)
    days = np.arange(first, last + 1)
    surgery = rng.choice(days[np.is_busday(days)], patients, replace=False)
    before = rng.integers(1, published.longest_days_from_mri_to_surgery + 1, patients)
    return pl.DataFrame({"mri_date": surgery - before, "surgery_date": surgery})


def add_follow_up(
    frame: pl.DataFrame, published: Published, assumed: Assumptions, rng: np.random.Generator
) -> pl.DataFrame:
    """Recurrence and last follow-up, counted in calendar months from surgery.

    Args:
        frame: `surgery_date, early_recurrence`.
        published: median and range of the time to recurrence.
        assumed: spread of that time, last day of follow-up.
        rng: decides who recurs when.

    Returns:
        The frame with `recurrence_date` (null where none) and `last_follow_up_date`: at least 24
        months after surgery where there is no early recurrence.
    """
    recurs = frame["early_recurrence"].to_numpy() == 1
    months = np.zeros(frame.height, dtype=int)
    times = recurrence_months(
        published.recurrence_months, int(recurs.sum()), assumed.recurrence_spread
    )
    months[recurs] = rng.permutation(times)
    exact = np.isin(
        months, (published.recurrence_months.median, *published.recurrence_months.range)
    )
    days = np.where(exact, 0, rng.integers(0, 28, frame.height))
    share = rng.random(frame.height)
    drawn = frame.with_columns(_months=months, _days=days, _share=share)
    return _dated(drawn, published, assumed).drop("_months", "_days", "_share")


def recurrence_months(months: Months, patients: int, spread: float) -> np.ndarray:
    """Whole months to recurrence, ascending: quantiles of a log-normal distribution.

    Args:
        months: median and range.
        patients: how many.
        spread: standard deviation of the natural logarithm.

    Returns:
        Whole months (patients,) with exactly the median and range.
    """
    low, high = months.range
    a, b = np.log(low / months.median) / spread, np.log(high / months.median) / spread
    quantiles = np.exp(spread * truncnorm.ppf((np.arange(patients) + 0.5) / patients, a, b))
    middle = months.median + 0.5  # months are completed ones
    times = np.floor(middle * quantiles / np.median(quantiles)).astype(int)
    times = times.clip(low, high)
    times[0], times[-1] = low, high
    return times


def _dated(frame: pl.DataFrame, published: Published, assumed: Assumptions) -> pl.DataFrame:
    surgery = pl.col("surgery_date")
    recurs = pl.col("early_recurrence") == 1
    recurrence = surgery.dt.offset_by(pl.format("{}mo{}d", "_months", "_days"))
    latest = surgery.dt.offset_by(f"{assumed.longest_follow_up_months}mo")
    complete = surgery.dt.offset_by(f"{published.early_recurrence_within_months}mo")
    frame = frame.with_columns(
        recurrence_date=pl.when(recurs).then(recurrence),
        _from=pl.when(recurs).then(recurrence).otherwise(complete),
        _to=pl.min_horizontal(latest, pl.lit(assumed.last_census)),
    )
    span = (pl.col("_to") - pl.col("_from")).dt.total_days()
    days = (span * pl.col("_share")).cast(pl.Int64)
    followed = pl.col("_from") + pl.duration(days=days)
    return frame.with_columns(last_follow_up_date=followed).drop("_from", "_to")
