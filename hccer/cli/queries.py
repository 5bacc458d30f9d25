"""hccer sql | tables | history"""

import sys
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
    from hccer.cli.interrupt import end_at_once
    from hccer.cli.show import show, write
    from storage.home import Home
    from storage.reading import Reader

    end_at_once()
    reader = Reader(Home.from_environment(), as_of)
    reader.check_not_empty()
    rows = _rows(reader, query, _parameters(parameter or []))
    if out is None:
        show(rows, rest="--out FILE, or a narrower select, shows all")
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
    table: Annotated[str | None, typer.Argument(help="one of them; all when left out")] = None,
) -> None:
    """The dictionary of tables, views, macros and queries, from their declarations."""
    from hccer.cli.dictionary import columns, listing, statement
    from hccer.cli.show import show
    from schemas.errors import HccerError

    if table is None:
        show(listing())
    elif described := columns(table):
        text, frame = described
        print(end=f"{text}\n" if sys.stdout.isatty() else "")
        show(frame)
    elif text := statement(table):
        print(text)
    else:
        raise HccerError(f"there is no table {table!r}: `hccer tables` lists them")


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
