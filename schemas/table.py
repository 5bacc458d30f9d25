"""How a table is declared: once, here; DDL, checks, Dagster schema and dictionary follow."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        type: DuckDB type name.
        unit: unit of the value, as printed in the dictionary.
        sources: upstream columns it is made of, as `table.column`.
        volatile: differs between two identical runs, so it is no part of the content hash.
        minimum, maximum: inclusive range, checked on write.
        allowed: the only values accepted, checked on write.
    """

    name: str
    type: str
    description: str
    unit: str | None = None
    sources: tuple[str, ...] = ()
    nullable: bool = False
    volatile: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] | None = None


def double(name: str, text: str, *sources: str, nullable: bool = True) -> Column:
    """A column of a number that need not be there, with its sources."""
    return Column(name, "DOUBLE", text, nullable=nullable, sources=sources)


@dataclass(frozen=True)
class Table:
    """One table of the lake: its name is also the Dagster asset key and the SQL name.

    Attributes:
        group: Dagster group, the layer of the asset.
        key: columns that identify a row.
        unit_columns: columns that name one unit of derived work, where that is not the key.
        deps: upstream tables.
        parent: table whose rows own these; a row without its parent row is an orphan.
        is_view: shown to SQL by `sql/views`, stored elsewhere.
        sorted_by: order of rows inside the data files.
        partition: the partition set that its rows belong to, `<partition>_id` in each.
    """

    name: str
    group: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    deps: tuple[str, ...] = ()
    parent: str | None = None
    is_view: bool = False
    unit_columns: tuple[str, ...] = ()
    sorted_by: tuple[str, ...] = ()
    partition: Literal["cohort", "study"] = "cohort"

    @property
    def partition_column(self) -> str:
        """Column that names the partition of a row."""
        return f"{self.partition}_id"

    @property
    def unit(self) -> tuple[str, ...]:
        """Columns that name one unit of derived work."""
        return self.unit_columns or self.key

    @property
    def column_names(self) -> list[str]:
        """Column names in declared order."""
        return [column.name for column in self.columns]

    @property
    def content_columns(self) -> list[str]:
        """Columns that two identical runs fill identically; a BLOB's hash stands beside it."""
        return [each.name for each in self.columns if not each.volatile and each.type != "BLOB"]

    def column(self, name: str) -> Column:
        """The declaration of one column; raises KeyError when there is none."""
        return {column.name: column for column in self.columns}[name]
