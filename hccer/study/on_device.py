"""Work of networks: on a GPU one task after the other in this process, else on all cores."""

from collections.abc import Callable, Iterator, Sequence

from hccer.parallel import Result, Task, map_here, map_tasks


def uses_gpu() -> bool:
    """Whether networks are computed on a GPU."""
    from hccer.deep.device import uses_gpu  # importing torch takes seconds

    return uses_gpu()


def map_on_device(
    function: Callable[[Task], Result], tasks: Sequence[Task], title: str, own_bar: bool = False
) -> Iterator[tuple[Task, Result | None]]:
    """Run a function over tasks where networks are computed; each process has a GPU context.

    Args:
        function: module-level function of one task; it should return its own failures.
        tasks: the work.
        title: shown beside the progress bar.
        own_bar: on a GPU the function shows its progress itself.

    Yields:
        Each task with its result; None where a worker process died over it.
    """
    if not tasks:
        return  # before torch is imported
    if not uses_gpu():
        yield from map_tasks(function, tasks, title)
    elif own_bar:
        yield from ((task, function(task)) for task in tasks)
    else:
        yield from map_here(function, tasks, title)


def reason(error: Exception) -> str:
    """An error as one line: those of torch go on for many."""
    return str(error).partition("\n")[0] or type(error).__name__
