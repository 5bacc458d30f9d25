"""Days from surgery: what the store keeps of the dates that a source has."""

from calendar import monthrange
from datetime import date, datetime

YEARS = range(1900, 2100)  # beyond them: a placeholder or a slip
FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


def read_day(text: str) -> date:
    """The day that a cell names, year first.

    Raises:
        ValueError: another order, which could be read in two ways, or no day at all. The
            message does not repeat the cell: it may be a birth date.
    """
    for form in FORMATS:
        try:
            day = datetime.strptime(text, form).date()
        except ValueError:
            continue
        # strptime reads 2021111 too, as one of two days
        if day.year in YEARS and len(text) >= 8:
            return day
    raise ValueError(f"is not a day written year-month-day, of {YEARS[0]} to {YEARS[-1]}")


def days_between(surgery: date, day: date) -> int:
    """Whole days from surgery to a day; negative before it."""
    return (day - surgery).days


def months_later(day: date, months: int) -> date:
    """The same day of the month some calendar months later, or that month's last day."""
    year, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + year, month + 1)[1]
    return date(day.year + year, month + 1, min(day.day, last))
