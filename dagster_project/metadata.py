"""What the UI shows of a table, generated from its declaration and its rows."""

import re
from pathlib import Path

import dagster as dg
import polars as pl

import sql
from dagster_project.pages import link
from hccer.pipeline.contact_sheets import contact_sheet_file, contact_sheet_preview
from hccer.pipeline.context import Context
from hccer.study.report_files import report_page, report_preview_text
from schemas.study_file import StudyFile
from schemas.table import Column, Table
from schemas.tables import IMAGE_QUALITY, REPORT, TABLES
from storage.ddl import column_text
from storage.lineage import Outcome
from storage.store import Store

PREVIEW_ROWS = 8
CELL_WIDTH = 24
HASH_WIDTH = 8
HASH = re.compile("[0-9a-f]{8}[0-9a-f-]{28,56}")  # sha256, or the number of a run


def declared(table: Table) -> dict:
    """Metadata known before the first run: columns with sources, and column lineage."""
    return {
        "dagster/column_schema": dg.TableSchema([_column(table, c) for c in table.columns]),
        "dagster/column_lineage": _column_lineage(table),
        "dagster/table_name": table.name,
        "key": ", ".join(table.key),
        "column_sources": dg.MetadataValue.md(_sources(table)),
    }


def _column(table: Table, column: Column) -> dg.TableColumn:
    text = column_text(column)
    if column.sources:
        text += f" (from {', '.join(column.sources)})"
    limits = dg.TableColumnConstraints(nullable=column.nullable, unique=table.key == (column.name,))
    return dg.TableColumn(column.name, column.type, description=text, constraints=limits)


def _column_lineage(table: Table) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column.name: [
                dg.TableColumnDep(dg.AssetKey(source.split(".")[0]), source.split(".")[1])
                for source in column.sources
            ]
            for column in table.columns
            if column.sources
        }
    )


def _sources(table: Table) -> str:
    rows = [f"| {c.name} | {', '.join(c.sources)} |" for c in table.columns if c.sources]
    return (
        "\n".join(["| column | made from |", "|---|---|", *rows]) if rows else "given by the user"
    )


def relation(table: Table) -> str:
    """FROM clause of a table or view inside the store's own session."""
    if table.is_view:
        return f"({sql.load('views')[table.name].text})"
    return f"lake.{table.name}"


def observed(store: Store, table: Table, partition: str, outcome: Outcome, rows: int) -> dict:
    """Metadata of a materialisation: counts, snapshot, preview."""
    synthetic = _synthetic(store, table, partition)
    shown = store.rows(
        f"select {', '.join(table.content_columns)} from {relation(table)} "
        f"where {table.partition_column} = ? limit {PREVIEW_ROWS}",
        [partition],
    )
    return {
        "dagster/partition_row_count": rows,
        "computed": outcome.computed,
        "reused": outcome.reused,
        "rejected": outcome.rejected,
        "removed": outcome.removed,
        "lake_snapshot": outcome.snapshot,
        "images": "synthetic" if synthetic else "real",
        "preview": dg.MetadataValue.md(_markdown(shown.sort(table.unit))),
    }


def _synthetic(store: Store, table: Table, partition: str) -> bool:
    cohorts = [partition]
    if table.partition == "study":
        cohorts = StudyFile.model_validate_json(store.registry.study(partition).file_json).cohorts
    return any(store.registry.cohort(each).synthetic for each in cohorts)


def pictured(store: Store, table: Table, partition: str) -> dict:
    """What a table has to look at: a cohort's contact sheet, a study's report."""
    if table is REPORT:
        return {
            **_page("report", store, report_page(store.home, partition)),
            "report_preview": dg.MetadataValue.md(report_preview_text(store.home, partition)),
        }
    if table is not IMAGE_QUALITY:
        return {}
    context = Context(store, partition, "")
    return {
        **_page("contact_sheet", store, contact_sheet_file(context)),
        "contact_sheet_preview": dg.MetadataValue.md(contact_sheet_preview(context)),
    }


def _page(name: str, store: Store, file: Path) -> dict:
    return {
        name: dg.MetadataValue.url(link(store.home.reports, file)),
        f"{name}_file": dg.MetadataValue.path(file),
    }


def content(store: Store, table: Table, partition: str) -> tuple[int, str]:
    """Number of rows of a partition, and a hash of their content that no order of rows changes."""
    shown = TABLES["extraction"] if table.is_view else table
    columns = ", ".join(shown.content_columns)
    number = "coalesce(sum(feature_count), 0)::bigint" if table.is_view else "count(*)"
    count, value = store.rows(
        f"select {number} as n, bit_xor(hash({columns})) as h from lake.{shown.name} "
        f"where {table.partition_column} = ?",
        [partition],
    ).row(0)
    return count, f"{count}-{value or 0:016x}"


def _markdown(rows: pl.DataFrame) -> str:
    lines = ["| " + " | ".join(rows.columns) + " |", "|---" * rows.width + "|"]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows.iter_rows()]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
    # whole hashes would push every other column out of sight
    width = HASH_WIDTH if HASH.fullmatch(text) else CELL_WIDTH
    return (text if len(text) <= width else text[:width] + "…").replace("|", "\\|")
