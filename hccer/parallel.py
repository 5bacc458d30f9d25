"""Work over patients: processes on this machine, or a Dask cluster by address."""

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.errors import HccerError

Task = TypeVar("Task")
Result = TypeVar("Result")
CRASHED = "the worker process died (out of memory, or killed)"
SECONDS_BETWEEN_LINES = 30.0
SECONDS_BETWEEN_LOOKS = 1.0


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def map_tasks(
    function: Callable[[Task], Result], tasks: Sequence[Task], title: str
) -> Iterator[tuple[Task, Result | None]]:
    """Run a function over tasks in parallel, in the order in which they end, with progress.

    Args:
        function: module-level function of one task; it should return its own failures.
        tasks: the work, costliest first for an even end.
        title: shown beside the progress bar.

    Yields:
        Each task with its result; None where the worker process died over it.
    """
    with _progress(title, len(tasks)) as advance:
        left, begun = dict(enumerate(tasks)), set()
        # never fewer than two: one job would run in this process, and take it along
        jobs = max(2, min(cores(), len(tasks)))
        while left:
            try:
                for number, result in _parallel(function, left, jobs, begun):
                    advance()
                    yield left.pop(number), result
            except BrokenProcessPool:
                # those begun one by one: the task that kills its worker is then known
                for number in sorted(begun & left.keys()):
                    advance()
                    task = left.pop(number)
                    yield task, _alone(function, number, task)


def map_here(
    function: Callable[[Task], Result], tasks: Sequence[Task], title: str
) -> Iterator[tuple[Task, Result]]:
    """Run a function over tasks one after the other in this process, with progress."""
    with _progress(title, len(tasks)) as advance:
        for task in tasks:
            result = function(task)
            advance()
            yield task, result


def _parallel(
    function: Callable[[Task], Result], tasks: dict[int, Task], jobs: int, begun: set[int]
) -> Iterator[tuple[int, Result]]:
    with _backend(), warnings.catch_warnings():
        # loky renews a worker whose memory has grown; a caller that fails leaves tasks behind
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        warnings.filterwarnings("ignore", r"\d+ tasks which were", UserWarning)
        work = Parallel(n_jobs=jobs, return_as="generator_unordered",
                        batch_size=1, pre_dispatch="3*n_jobs")  # fmt: skip
        yield from work(_begin(function, dict(tasks), begun))


def _begin(
    function: Callable[[Task], Result], tasks: dict[int, Task], begun: set[int]
) -> Iterator[tuple]:
    for number, task in tasks.items():
        begun.add(number)
        yield delayed(_numbered)(function, number, task)


def _numbered(function: Callable[[Task], Result], number: int, task: Task) -> tuple[int, Result]:
    return number, function(task)


def _alone(function: Callable[[Task], Result], number: int, task: Task) -> Result | None:
    try:
        return next(_parallel(function, {number: task}, 2, set()))[1]
    except BrokenProcessPool:
        return None


def end_with(parent: int) -> None:
    """End this process soon after its parent, even one that was killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _backend() -> Iterator[None]:
    address = os.environ.get("HCCER_DASK")
    if not address:
        # else the workers of a killed run idle for minutes, or wait for ever on a full pipe
        with parallel_config(backend="loky", inner_max_num_threads=1,
                             initializer=end_with, initargs=(os.getpid(),)):  # fmt: skip
            yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise HccerError("HCCER_DASK needs Dask: pip install 'dask[distributed]'") from None

    try:
        client = Client(address, timeout="5s")
    except (OSError, ValueError) as error:
        raise HccerError(f"no Dask scheduler answers at {address}: {error}") from None
    with client, parallel_config(backend="dask"):
        yield


@contextmanager
def _progress(title: str, total: int) -> Iterator[Callable[[], None]]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(title, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(title, total=total)
        yield lambda: progress.advance(bar)


def _lines(title: str, total: int) -> Callable[[], None]:
    console, started = Console(stderr=True), time.monotonic()
    state = {"done": 0, "shown": started}

    def advance() -> None:
        state["done"] += 1
        now = time.monotonic()
        if now - state["shown"] > SECONDS_BETWEEN_LINES or state["done"] == total:
            state["shown"] = now
            console.print(f"{title}: {state['done']}/{total}, {now - started:.0f} s")

    return advance
