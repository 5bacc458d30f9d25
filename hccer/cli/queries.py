"""hccer sql | tables | history"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from polars import DataFrame

    from storage.reading import Reader


def sql(
    query: Annotated[str, typer.Argument(help="a SELECT, or the name of a query (hccer tables)")],
    parameter: Annotated[list[str] | None, typer.Option("-p", help="name=value")] = None,
    as_of: Annotated[int | None, typer.Option(help="snapshot to look at")] = None,
    out: Annotated[Path | None, typer.Option(help=".csv, .json or .parquet file")] = None,
) -> None:
    """Query the store; read-only, also while a run is writing."""
    from hccer.cli.show import show, write
    from storage.home import Home
    from storage.reading import Reader

    reader = Reader(Home.from_environment(), as_of)
    reader.check_not_empty()
    rows = _rows(reader, query, _parameters(parameter or []))
    if out is None:
        show(rows)
    else:
        write(rows, out)


def _rows(reader: "Reader", query: str, given: dict[str, str]) -> "DataFrame":
    from sql import load
    from storage.asked import check_parameters, check_query
    from storage.reading import NAMED

    check_query(reader, query)
    if not any(query in load(folder) for folder in NAMED):
        return reader.query(query, given)
    check_parameters(reader, given)
    return reader.named(query, given)


def _parameters(given: list[str]) -> dict[str, str]:
    from schemas.errors import HccerError

    wrong = [each for each in given if "=" not in each]
    if wrong:
        raise HccerError(f"-p takes name=value (given: {', '.join(wrong)})")
    return dict(each.split("=", 1) for each in given)


def tables(
    table: Annotated[str | None, typer.Argument(help="one table; all when left out")] = None,
) -> None:
    """The dictionary of tables, views, macros and queries, from their declarations."""
    import polars as pl

    from hccer.cli.show import show
    from schemas.errors import HccerError
    from schemas.tables import TABLES
    from sql import load
    from storage.reading import NAMED

    if table is None:
        rows = [("table", each.name, each.group, each.description) for each in TABLES.values()]
        rows += [(folder.rstrip("s").replace("querie", "query"), file.name, "", file.description)
                 for folder in ("views", "macros", *NAMED)
                 for file in load(folder).values() if file.name not in TABLES]  # fmt: skip
        show(pl.DataFrame(rows, schema=["kind", "name", "group", "description"], orient="row"))
    elif table in TABLES:
        show(_columns(table))
    else:
        raise HccerError(f"there is no table {table!r}: `hccer tables` lists them")


def _columns(name: str) -> object:
    import polars as pl

    from schemas.tables import TABLES

    table = TABLES[name]
    rows = [
        {
            "column": c.name,
            "type": c.type,
            "unit": c.unit or "",
            "key": "key" if c.name in table.key else "",
            "required": "" if c.nullable else "yes",
            "made_from": ", ".join(c.sources),
            "description": c.description,
        }
        for c in table.columns
    ]
    return pl.DataFrame(rows)


def history(limit: Annotated[int, typer.Option(help="newest snapshots shown")] = 20) -> None:
    """Snapshots of the lake: when, which run, what changed."""
    from hccer.cli.show import show
    from schemas.errors import HccerError
    from storage.home import Home
    from storage.reading import Reader

    if limit < 1:
        raise HccerError(f"--limit takes a number of snapshots from 1 (given: {limit})")
    show(Reader(Home.from_environment()).query(f"from snapshot limit {limit}"))


COMMANDS = (sql, tables, history)
