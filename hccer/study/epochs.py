"""How the training of a network is shown: a bar on a terminal, else a line now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
        now = time.monotonic()
        lines = _Lines(console, title, epochs, started=now, shown=now)
        yield lines
        lines.end()
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


@dataclass
class _Lines:
    """A line now and then, and one of the last epoch, whichever that is."""

    console: Console
    title: str
    epochs: int
    started: float
    shown: float
    waiting: Epoch | None = None

    def __call__(self, epoch: Epoch) -> None:
        """Show an epoch if the last line is long enough ago."""
        self.waiting = epoch
        if time.monotonic() - self.shown > SECONDS_BETWEEN_LINES:
            self.end()

    def end(self) -> None:
        """Show the epoch that was not shown."""
        if self.waiting is None:
            return
        self.shown = time.monotonic()
        text = f"{self.title}: {self.waiting.epoch}/{self.epochs}, {epoch_text(self.waiting)}"
        self.console.print(f"{text}, {self.shown - self.started:.0f} s", soft_wrap=True)
        self.waiting = None
