"""What is measured, how it is repeated, and how it is printed."""

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb
import psutil

HEAD = ("part", "what", "hccer", "beside it", "", "ratio", "note")
RIGHT = (2, 4, 5)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        ours: one measurement per repeat.
        other: the alternative, measured in the same repeats.
        theirs: its measurements; none where there is no alternative.
    """

    part: str
    what: str
    ours: Sequence[float]
    other: str = ""
    theirs: Sequence[float] = ()
    note: str = ""
    unit: str = "s"

    @property
    def ratio(self) -> str:
        """Theirs to ours, repeat by repeat: the median, and the range where there are several."""
        ratios = sorted(b / a for a, b in zip(self.ours, self.theirs, strict=False))
        if not ratios:
            return ""
        span = f" ({ratios[0]:.3g}-{ratios[-1]:.3g})" if len(ratios) > 1 else ""
        return f"{median(ratios):.3g}x{span}"

    def cells(self) -> tuple[str, ...]:
        """The texts of the line."""
        ours, theirs = _shown(self.ours, self.unit), _shown(self.theirs, self.unit)
        return (self.part, self.what, ours, self.other, theirs, self.ratio, self.note)


def _shown(values: Sequence[float], unit: str) -> str:
    return f"{median(values):,.{0 if median(values) >= 100 else 2}f} {unit}" if values else ""


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of some work."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def interleaved(repeats: int, *works: Callable[[], object]) -> list[list[float]]:
    """Seconds of each work in each round: what else the machine does then strikes all of them."""
    rounds = [[seconds(work) for work in works] for _ in range(repeats)]
    return [list(each) for each in zip(*rounds, strict=True)]


def print_table(rows: Sequence[Row]) -> None:
    """Print the rows in aligned columns."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    for line in lines:
        cells = [
            text.rjust(width) if column in RIGHT else text.ljust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def machine() -> str:
    """One line about where this was measured."""
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{_processor()}, {cores} cores, {memory:.0f} GiB, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
