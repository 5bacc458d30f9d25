"""The command `hccer`. Modules are imported by the command that needs them, so it starts fast."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from hccer.cli import audit, cohorts, lineage, patients, queries, reports, runs, stores, studies
from schemas.errors import HccerError

app = typer.Typer(
    help="Feature store and cohort database for imaging studies of early recurrence of HCC.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cohorts.app, name="cohort")
app.add_typer(patients.app, name="patient")
app.add_typer(studies.app, name="study")
for module in (runs, queries, reports, lineage, stores, audit):
    for command in module.COMMANDS:
        app.command()(command)


@app.callback(invoke_without_command=True)
def _options(
    show_version: Annotated[bool, typer.Option("--version", help="Print it and leave.")] = False,
) -> None:
    if show_version:
        print(f"hccer {version('hccer')}")
        raise typer.Exit


def main() -> None:
    """Entry point: a problem that the user can act on is one sentence and exit code 1."""
    try:
        app()
    except HccerError as error:
        print(f"hccer: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # `hccer sql ... | head`
        sys.stderr.close()
        sys.exit(141)
