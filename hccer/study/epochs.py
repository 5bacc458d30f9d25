"""How the training of a network is shown: a bar on a terminal, else a line now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hccer.parallel import SECONDS_BETWEEN_LINES


class Epoch(Protocol):
    """What is shown of an epoch."""

    epoch: int
    loss: float
    stopping_auc: float | None


@contextmanager
def shown(title: str, epochs: int, live: bool) -> Iterator[Callable[[Epoch], None]]:
    """Show the epochs of one network.

    Args:
        title: which network.
        epochs: at most so many.
        live: as a bar, where there is a terminal.

    Yields:
        A function that is called with each epoch.
    """
    console = Console(stderr=True)
    if not (live and console.is_terminal):
        yield _lines(console, title, epochs)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(title, total=epochs)
        yield lambda epoch: progress.update(
            bar, completed=epoch.epoch, description=f"{title}: {epoch_text(epoch)}"
        )


def epoch_text(epoch: Epoch) -> str:
    """Loss, and the AUC that is watched, in words."""
    watched = "" if epoch.stopping_auc is None else f", stopping AUC {epoch.stopping_auc:.3f}"
    return f"loss {epoch.loss:.3f}{watched}"


def _lines(console: Console, title: str, epochs: int) -> Callable[[Epoch], None]:
    started = time.monotonic()
    last = {"shown": started}

    def show(epoch: Epoch) -> None:
        now = time.monotonic()
        if now - last["shown"] > SECONDS_BETWEEN_LINES or epoch.epoch == epochs:
            last["shown"] = now
            seconds = now - started
            text = f"{title}: {epoch.epoch}/{epochs}, {epoch_text(epoch)}, {seconds:.0f} s"
            console.print(text, soft_wrap=True)

    return show
