"""A finished cohort run again from the shell, beside the first run that made it."""

from argparse import Namespace
from pathlib import Path

from sqlmodel import Session, select

from schemas.registry import LineageEdge
from storage.home import Home
from storage.store import Store
from tests.benchmark.cases import copy_cases
from tests.benchmark.measure import Row
from tests.benchmark.processes import PROGRAMS, Cost, run
from tests.phantom import write_phantom
from tests.support import PHANTOM_FILE, STS_FILE, missing_group

PHANTOM_PATIENTS = 6


def measure(folder: Path, options: Namespace) -> list[Row]:
    """Seconds of `hccer run` with nothing to do; says so should it do anything."""
    cohort, file, root = _cohort(folder, options.cases)
    home = folder / "home"
    _hccer(home, "cohort", "add", str(file), "--root", str(root))
    first = _hccer(home, "run", "--cohort", cohort)
    snapshot, edges = _state(home)
    again = [_hccer(home, "run", "--cohort", cohort) for _ in range(options.repeats)]
    now, then = _state(home)
    computed = sum(then.values()) - sum(edges.values())
    note = f"computed {computed}, new snapshots {now - snapshot}"
    return _rows(f"hccer run of finished {cohort}", again, [first] * len(again), note)


def _rows(what: str, again: list[Cost], first: list[Cost], note: str) -> list[Row]:
    wall = [[each.wall for each in costs] for costs in (again, first)]
    work = [[each.processor for each in costs] for costs in (again, first)]
    return [
        Row("noop", what, wall[0], "its first run", wall[1], note),
        Row("noop", "the same, processor time", work[0], "its first run", work[1]),
    ]


def _cohort(folder: Path, cases: int | None) -> tuple[str, Path, Path]:
    root = folder / "cases"
    if missing_group("sts") is None:
        copy_cases(root, cases)
        return "sts", STS_FILE, root
    write_phantom(root, PHANTOM_PATIENTS)
    return "phantom", PHANTOM_FILE, root


def _hccer(home: Path, *arguments: str) -> Cost:
    return run([str(PROGRAMS / "hccer"), *arguments], HCCER_HOME=str(home))


def _state(home: Path) -> tuple[int, dict[tuple, int]]:
    """Latest snapshot, and what each edge of lineage says was computed."""
    store = Store.open(Home(home))
    with Session(store.registry.engine) as session:
        edges = {(e.run_id, e.asset, e.input): e.computed
                 for e in session.exec(select(LineageEdge))}  # fmt: skip
    found = store.snapshot(), edges
    store.session.close()
    return found
