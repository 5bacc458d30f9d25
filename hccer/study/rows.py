"""How a study's tables are made: whole, and only when something they were made from changed."""

from collections.abc import Callable, Iterable

import numpy as np
from pydantic import BaseModel

from hccer.pipeline.rows import frame
from hccer.study.context import StudyContext
from schemas.errors import HccerError
from schemas.preset import settings_text
from schemas.table import Table
from storage.lineage import Outcome
from storage.memory import derivation, reconcile

Rows = Iterable[dict]


def finite(value: float) -> float | None:
    """A number as it is stored: nothing where it is not defined."""
    return float(value) if np.isfinite(value) else None


def study_key(context: StudyContext, table: Table, version: str, how: str) -> str:
    """Derivation of a study's rows of a table: the rows it is made from, the study, and how.

    Args:
        version: of the code that makes them.
        how: the settings that decide them, as text.
    """
    inputs = [context.content(name) for name in table.deps]
    chosen = [how, context.file.model_dump_json(exclude={"title", "overrides", "preset"})]
    return derivation([*inputs, *chosen], context.settings_id, version)


def make_table(
    context: StudyContext,
    table: Table,
    version: str,
    settings: BaseModel | None,
    make: Callable[[], Rows],
) -> Outcome:
    """Make a study's rows of a table equal to what `make` gives, unless they stand already.

    Args:
        version: of the code that makes them.
        settings: the part of the preset that decides them.
        make: the rows without `study_id` and `derivation`; NaN is stored as nothing.

    Raises:
        HccerError: they cannot be made; names the study.
    """
    key = study_key(context, table, version, settings_text(settings) if settings else "")
    stored = context.rows(f"select derivation from lake.{table.name} where study_id = $study")
    if len(stored) and (stored["derivation"] == key).all():
        return Outcome(table, 0, len(stored), 0, 0, context.store.snapshot(), version)
    named = {"study_id": context.study_id, "derivation": key}
    rows = frame(table, [{**row, **named} for row in _made(context, make)]).fill_nan(None)
    where = f"study_id = '{context.study_id}'"
    change, reused = reconcile(context.store, table, rows, where)
    computed = 0 if change.insert is None else len(change.insert)
    text = f"{table.name} of {context.study_id}: {computed} new, {reused} unchanged"
    snapshot = context.store.commit([change], text, context.run_id)
    return Outcome(table, computed, reused, 0, 0, snapshot, version)


def _made(context: StudyContext, make: Callable[[], Rows]) -> list[dict]:
    try:
        return list(make())
    except HccerError as error:
        raise context.fail(str(error)) from None
