"""What the command `hccer` asks of Dagster: `python -m dagster_project run|sync|forget|ui`."""

import argparse
import gc
import signal
import sys

from hccer.cli.dagster import UI_PORT
from schemas.errors import HccerError


def main() -> int:
    """Run one command; returns the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while Dagster loads, Ctrl-C ends at once
    from dagster_project.upkeep import forget_partitions, serve, synchronise

    parser = argparse.ArgumentParser(prog="dagster_project")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--cohort", action="append", default=[])
    run.add_argument("--study", action="append", default=[])
    run.add_argument("--select", default="*")
    commands.add_parser("sync")
    commands.add_parser("forget").add_argument("partition", nargs="+")
    commands.add_parser("ui").add_argument("--port", type=int, default=UI_PORT)
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        match given.command:
            case "run":
                from dagster_project.launch import run_partitions  # loads every asset

                return run_partitions(given.cohort, given.study, given.select)
            case "sync":
                synchronise()
            case "forget":
                forget_partitions(given.partition)
            case "ui":
                serve(given.port)
    except HccerError as error:
        print(f"hccer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("hccer: interrupted; the same command goes on where this one was", file=sys.stderr)
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    code = main()
    gc.freeze()  # else leaving takes a second: the collector walks all of Dagster once more
    sys.exit(code)
