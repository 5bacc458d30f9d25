"""hccer audit"""

import sys
from pathlib import Path
from typing import Annotated

import typer


def audit(
    file: Annotated[
        Path | None, typer.Argument(help=".csv with one printed number per row; without: the paper")
    ] = None,
    out: Annotated[Path | None, typer.Option(help=".csv, .json or .parquet file")] = None,
) -> None:
    """Which printed numbers of a paper cannot all be true; exit code 1 where some cannot.

    The columns of the file are table, row, level, group, outcome, statistic and printed. The
    module hccer/audit/numbers.py explains them; the published study, in hccer/audit/paper.csv, is
    an example.
    """
    from hccer.audit.auditing import audit as findings_of
    from hccer.audit.auditing import paper_numbers
    from hccer.cli.show import show, write

    numbers = paper_numbers() if file is None else _read(file)
    found = findings_of(numbers)
    if found.is_empty():
        print(f"{len(numbers)} numbers agree with one another")
        return
    if out is not None:
        write(found, out)
    elif sys.stdout.isatty():
        show(found.select("places", "claim", "printed"))
        _explain(found)
    else:
        show(found)
    raise typer.Exit(1)


def _explain(found: object) -> None:
    # whole sentences, which a table in a terminal would cut off
    for place, row in enumerate(found.iter_rows(named=True), 1):
        fits = f"; what would fit: {row['fits']}" if row["fits"] else ""
        print(f"{place:2}. {row['claim']} ({row['places']}): {row['reason']}{fits}")


def _read(file: Path) -> object:
    import polars as pl

    from schemas.errors import HccerError

    try:
        return pl.read_csv(file.read_bytes(), infer_schema=False, comment_prefix="#")
    except OSError as error:
        raise HccerError(f"{file} cannot be read: {error.strerror or error}") from None
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise HccerError(f"{file} is not a CSV table: {reason}") from None


COMMANDS = (audit,)
