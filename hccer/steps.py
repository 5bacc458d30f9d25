"""A step: how a table is made, and that its making is recorded."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from schemas.table import Table
from storage.lineage import Outcome, record, start_run
from storage.store import Store

Context = TypeVar("Context")


@dataclass(frozen=True)
class Step(Generic[Context]):
    """How a table is made, and the version of the code that makes it.

    Attributes:
        shows: views that are brought up to date with it.
    """

    make: Callable[[Context], Outcome]
    version: str
    shows: tuple[Table, ...] = ()


def run_step(
    step: Step[Context], context: Context, store: Store, run_id: str, partition: str
) -> Outcome:
    """Bring a step's table of one partition up to date, alone, and record what it was made from."""
    with store.activity(), store.alone(partition):
        start_run(store, run_id, partition)
        before = store.snapshot()
        outcome = step.make(context)
        for made in (outcome, *(replace(outcome, table=view) for view in step.shows)):
            record(store, made, run_id, partition, before)
        return outcome
