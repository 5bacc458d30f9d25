"""From a table's declaration: DDL, comments, and the checks on rows about to be written."""

import duckdb

from schemas.errors import HccerError
from schemas.table import Column, Table
from schemas.tables import TABLES

STORED = tuple(table for table in TABLES.values() if not table.is_view)


def create_missing(con: duckdb.DuckDBPyConnection) -> None:
    """Create declared tables and columns that the attached `lake` lacks, in one commit."""
    found = con.execute(
        "select table_name, column_name from duckdb_columns() where database_name = 'lake'"
    ).fetchall()
    there = {table.name: {column for name, column in found if name == table.name}
             for table in STORED}  # fmt: skip
    statements = [each for table in STORED for each in _missing(table, there[table.name])]
    if not statements:
        return
    con.execute("begin")
    for statement in statements:
        con.execute(statement)
    con.execute("call lake.set_commit_message('hccer', 'tables declared')")
    con.execute("commit")


def _missing(table: Table, found: set[str]) -> list[str]:
    if not found:
        return _create(table)
    new = [column for column in table.columns if column.name not in found]
    return [f"alter table lake.{table.name} add column {c.name} {c.type}" for c in new]


def _create(table: Table) -> list[str]:
    columns = ", ".join(f"{c.name} {c.type}{'' if c.nullable else ' not null'}"
                        for c in table.columns)  # fmt: skip
    made = [f"create table lake.{table.name} ({columns})"]
    made.append(f"comment on table lake.{table.name} is {_quoted(table.description)}")
    made += [
        f"comment on column lake.{table.name}.{c.name} is {_quoted(column_text(c))}"
        for c in table.columns
    ]
    if table.sorted_by:
        made.append(f"alter table lake.{table.name} set sorted by ({', '.join(table.sorted_by)})")
    return made


def column_text(column: Column) -> str:
    """Description of a column with its unit."""
    return column.description + (f" [{column.unit}]" if column.unit else "")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def cast_list(table: Table) -> str:
    """SELECT list that casts a frame's columns to the declared types."""
    return ", ".join(f"cast({c.name} as {c.type}) as {c.name}" for c in table.columns)


def check_rows(con: duckdb.DuckDBPyConnection, table: Table, source: str) -> None:
    """Check rows about to be written against the declaration.

    Args:
        con: connection that sees `source`.
        table: declaration.
        source: name of the relation with the new rows.

    Raises:
        HccerError: a required value is missing, out of range, not allowed, or a key stands twice.
    """
    rules = [rule for column in table.columns for rule in _rules(column)]
    counts = ", ".join(f"count(*) filter ({condition})" for condition, _ in rules)
    found = con.execute(f"select {counts} from {source}").fetchone() if rules else ()
    for (_, text), count in zip(rules, found, strict=True):
        if count:
            raise HccerError(f"{table.name}: {text} in {count} new rows; nothing was written")
    _check_key(con, table, source)


def _rules(column: Column) -> list[tuple[str, str]]:
    rules = []
    if not column.nullable:
        rules.append((f"{column.name} is null", f"{column.name} is empty"))
    if column.allowed:
        allowed = ", ".join(_quoted(value) for value in column.allowed)
        rules.append(
            (f"{column.name} not in ({allowed})", f"{column.name} is not one of {allowed}")
        )
    if column.minimum is not None:
        text = f"{column.name} is below {column.minimum}"
        rules.append((f"{column.name} < {column.minimum}", text))
    if column.maximum is not None:
        text = f"{column.name} is above {column.maximum}"
        rules.append((f"{column.name} > {column.maximum}", text))
    return rules


def _check_key(con: duckdb.DuckDBPyConnection, table: Table, source: str) -> None:
    key = ", ".join(table.key)
    twice = con.execute(
        f"select {key} from {source} group by {key} having count(*) > 1 limit 1"
    ).fetchone()
    if twice is None and table.parent is None:
        match = " and ".join(f"n.{name} is not distinct from o.{name}" for name in table.key)
        twice = con.execute(
            f"select {', '.join('n.' + name for name in table.key)} from {source} n "
            f"where exists (select 1 from lake.{table.name} o where {match}) limit 1"
        ).fetchone()
    if twice is not None:
        named = ", ".join(f"{name}={value}" for name, value in zip(table.key, twice, strict=True))
        raise HccerError(f"{table.name}: the key {named} would stand twice; nothing was written")
