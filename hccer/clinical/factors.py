"""Clinical-radiological factors, coded as declared in `factors.yaml`."""

from functools import cache
from importlib import resources

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from schemas.errors import HccerError


class Factor(BaseModel):
    """A factor and how it is coded: 1 above or at a cut-off, at a value, or as it is.

    It reads a clinical `column`, several of them (`any_of`), or an `item` of the readers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    column: str | None = None
    any_of: tuple[str, ...] = ()
    item: str | None = None
    above: float | None = None
    at_least: float | None = None
    equals: str | None = None
    one: str | None = None
    zero: str | None = None
    continuous: bool = False

    @model_validator(mode="after")
    def _one_source_one_coding(self) -> "Factor":
        if sum((self.column is not None, bool(self.any_of), self.item is not None)) != 1:
            raise ValueError("one of column, any_of and item is needed")
        codings = (self.above, self.at_least, self.equals, self.continuous or None)
        if sum(each is not None for each in codings) != (self.column is not None):
            raise ValueError("a column needs one of above, at_least, equals and continuous")
        if (self.item is None) != (self.one is None) or (self.one is None) != (self.zero is None):
            raise ValueError("an item needs one and zero, and nothing else has them")
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """Clinical columns that it needs."""
        return self.any_of or ((self.column,) if self.column else ())


@cache
def declared_factors() -> tuple[Factor, ...]:
    """The factors that the package carries, in the paper's order."""
    text = (resources.files("hccer.clinical") / "factors.yaml").read_text()
    return tuple(Factor.model_validate(each) for each in yaml.safe_load(text)["factors"])


def _clinical(factor: Factor) -> pl.Expr:
    if factor.any_of:
        return pl.any_horizontal(factor.any_of)
    column = pl.col(factor.column)
    if factor.equals is not None:
        return column == factor.equals
    column = column.cast(pl.Float64).fill_nan(None)
    if factor.above is not None:
        return column > factor.above
    return column >= factor.at_least if factor.at_least is not None else column


def _item(factor: Factor, readings: pl.DataFrame) -> pl.DataFrame:
    rows = readings.filter(pl.col("item") == factor.item)
    twice = rows.filter(pl.col("patient_id").is_duplicated())["patient_id"].to_list()
    if twice:
        raise HccerError(f"patient {twice[0]} has several readings of {factor.item}: keep one")
    known = pl.col("value").is_in([factor.one, factor.zero]) | pl.col("value").is_null()
    wrong = rows.filter(~known)
    if len(wrong):
        patient, value = wrong["patient_id"][0], wrong["value"][0]
        raise HccerError(
            f"{factor.item} of patient {patient} is {value!r}: "
            f"{factor.one} or {factor.zero} is meant"
        )
    coded = (pl.col("value") == factor.one).cast(pl.Float64)
    return rows.select("patient_id", coded.alias(factor.name))


def coded_factors(
    patients: pl.DataFrame,
    readings: pl.DataFrame | None = None,
    factors: tuple[Factor, ...] | None = None,
) -> pl.DataFrame:
    """Factors as numbers.

    Args:
        patients: one row each, `patient_id` and columns of `ClinicalRow`.
        readings: consensus, one row per patient and item: `patient_id, item, value`.
        factors: the declared ones where None.

    Returns:
        `patient_id` and one column of doubles per factor, null where its source is missing.

    Raises:
        HccerError: a column is not there, or a reading has an unknown value.
    """
    factors = declared_factors() if factors is None else factors
    absent = [name for each in factors for name in each.reads if name not in patients.columns]
    if absent:
        raise HccerError(f"the patients have no column {', '.join(absent)}")
    schema = {"patient_id": pl.String, "item": pl.String, "value": pl.String}
    readings = pl.DataFrame(schema=schema) if readings is None else readings
    clinical = [_clinical(each).cast(pl.Float64).alias(each.name) for each in factors if each.reads]
    coded = patients.select("patient_id", *clinical)
    for factor in factors:
        if factor.item:
            coded = coded.join(
                _item(factor, readings), on="patient_id", how="left", maintain_order="left"
            )
    return coded.select("patient_id", *[each.name for each in factors])
