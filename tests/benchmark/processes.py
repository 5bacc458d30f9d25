"""Commands as processes, timed whole: what a user at the shell waits for."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from tests.support import REPOSITORY

PROGRAMS = Path(sys.executable).parent
# addresses that would lead a command to another store or cluster than the one measured
FOREIGN = ("HCCER_CATALOG", "HCCER_REGISTRY", "HCCER_DASK", "DAGSTER_HOME")


@dataclass(frozen=True)
class Cost:
    """What a process took, with its own child processes: wall-clock and processor seconds."""

    wall: float
    processor: float


def run(command: list[str], **environment: str) -> Cost:
    """Run a command from the repository; it must succeed.

    Raises:
        RuntimeError: with the end of what it said.
    """
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    before, started = _processor_seconds(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY,
                          env={**kept, **environment})  # fmt: skip
    wall = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {(done.stdout + done.stderr)[-2000:]}")
    return Cost(wall, _processor_seconds() - before)


def _processor_seconds() -> float:
    usage = getrusage(RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
