"""Hand a command over to the Dagster project, as a process: `hccer` itself imports no Dagster."""

import os
import signal
import subprocess
import sys

from storage.home import Home

UI_PORT = 3000


def run_dagster(*arguments: str) -> int:
    """Run `python -m dagster_project ...` on the same store; returns its exit code."""
    with subprocess.Popen(_command(arguments), env=_environment()) as process:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it has its own answer to Ctrl-C
        try:
            return process.wait()
        finally:
            signal.signal(signal.SIGINT, before)


def become_dagster(*arguments: str) -> None:
    """Replace this process by `python -m dagster_project ...`, so that signals reach it."""
    sys.stdout.flush()
    os.execve(sys.executable, _command(arguments), _environment())


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "dagster_project", *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "HCCER_HOME": str(Home.from_environment().path)}
