"""The dictionary: tables, views, macros and queries, from where each is declared."""

import inspect
from collections.abc import Iterator

import polars as pl
from sqlmodel import SQLModel

from schemas.tables import TABLES
from sql import SqlFile, load
from storage.home import Home
from storage.reading import NAMED, Reader
from storage.registry import MODELS

LISTED = ["kind", "name", "group", "description"]
REGISTRY = {str(model.__tablename__): model for model in MODELS}
KINDS = {"views": "view", "macros": "macro", "queries": "query", "report": "report"}
DUCKDB_TYPES = {"DATETIME": "TIMESTAMP"}


def listing() -> pl.DataFrame:
    """Everything that has a name, one row each."""
    rows = [("table", each.name, each.group, each.description) for each in TABLES.values()]
    rows += [("table", name, "registry", _text(model)) for name, model in REGISTRY.items()]
    rows += [(KINDS[folder], file.name, "", file.description)
             for folder in ("views", "macros", *NAMED)
             for file in load(folder).values() if file.name not in TABLES]  # fmt: skip
    return pl.DataFrame(rows, schema=LISTED, orient="row")


def columns(name: str) -> tuple[str, pl.DataFrame] | None:
    """What a table or view is, and its columns; None when there is none of that name."""
    if name in TABLES:
        return TABLES[name].description, pl.DataFrame(list(_declared(name)))
    if name in REGISTRY:
        return _text(REGISTRY[name]), pl.DataFrame(list(_registered(REGISTRY[name])))
    if name in load("views"):
        return load("views")[name].description, _of_view(name)
    return None


def statement(name: str) -> str | None:
    """The SQL of a macro or query, with its head; None when there is none of that name."""
    found: dict[str, SqlFile] = {}
    for folder in (*reversed(NAMED), "macros"):
        found |= load(folder)
    if name not in found:
        return None
    file = found[name]
    parameters = file.fields.get("parameters", "none")
    return f"-- {file.description}\n-- parameters: {parameters}\n{file.text}"


def _declared(name: str) -> Iterator[dict]:
    table = TABLES[name]
    for c in table.columns:
        yield {
            "column": c.name,
            "type": c.type,
            "unit": c.unit or "",
            "key": "key" if c.name in table.key else "",
            "required": "" if c.nullable else "yes",
            "made_from": ", ".join(c.sources),
            "description": c.description,
        }


def _registered(model: type[SQLModel]) -> Iterator[dict]:
    for c in model.__table__.columns:
        yield {
            "column": c.name,
            "type": DUCKDB_TYPES.get(str(c.type), str(c.type)),
            "key": "key" if c.primary_key else "",
            "required": "" if c.nullable else "yes",
        }


def _of_view(name: str) -> pl.DataFrame:
    found = Reader(Home.from_environment()).query(f"describe {name}")
    return found.select(column="column_name", type="column_type")


def _text(model: type[SQLModel]) -> str:
    return " ".join(inspect.getdoc(model).split())
