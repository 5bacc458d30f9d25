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


class IncompleteError(HccerError):
    """Some rows cannot be made; `rows` are those that can: they are stored, and made again."""

    def __init__(self, sentence: str, rows: list[dict]) -> None:
        super().__init__(sentence)
        self.rows = rows


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
        HccerError: they, or some of them, cannot be made; names the study.
    """
    key = study_key(context, table, version, settings_text(settings) if settings else "")
    stored = context.rows(f"select derivation from lake.{table.name} where study_id = $study")
    if len(stored) and (stored["derivation"] == key).all():
        return Outcome(table, 0, len(stored), 0, 0, context.store.snapshot(), version)
    made, failure = _made(context, make)
    # without a derivation: the next run tries again
    named = {"study_id": context.study_id, "derivation": "" if failure else key}
    rows = frame(table, [{**row, **named} for row in made]).fill_nan(None)
    where = f"study_id = '{context.study_id}'"
    change, reused = reconcile(context.store, table, rows, where)
    computed = 0 if change.insert is None else len(change.insert)
    text = f"{table.name} of {context.study_id}: {computed} new, {reused} unchanged"
    snapshot = context.store.commit([change], text, context.run_id)
    if failure:
        raise context.fail(str(failure))
    return Outcome(table, computed, reused, 0, 0, snapshot, version)


def _made(
    context: StudyContext, make: Callable[[], Rows]
) -> tuple[list[dict], IncompleteError | None]:
    try:
        return list(make()), None
    except IncompleteError as error:
        return error.rows, error
    except HccerError as error:
        raise context.fail(str(error)) from None
