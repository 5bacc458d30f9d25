"""Measured speed, as ratios to what people use otherwise: all parts, or those named.

python -m tests.benchmark [extraction] [noop] [store] [loader] [study] [whole --home FOLDER]
    [--cases N] [--patients N] [--repeats N]
"""

import argparse
import importlib
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmark.measure import machine, print_table

PARTS = ("extraction", "noop", "store", "loader", "study", "whole")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--cases", type=int, help="real cases to use (default: all)")
    parser.add_argument("--jobs", type=int, nargs="+",
                        help="processes of pyradiomics (default: the cores, and 4)")  # fmt: skip
    parser.add_argument("--patients", type=int, default=10_000, help="patients of the store")
    parser.add_argument("--home", type=Path, help="store with features, of which `whole` is")
    parser.add_argument("--repeats", type=int, default=3, help="rounds of each comparison")
    return parser.parse_args()


def main() -> None:
    """Run the parts one after another, each in a folder that is deleted, and print one table."""
    options, rows = _options(), []
    for name in options.parts or PARTS:
        part = importlib.import_module(f"tests.benchmark.{name}")
        with tempfile.TemporaryDirectory(prefix=f"benchmark-{name}-") as folder:
            started = time.perf_counter()
            rows += part.measure(Path(folder), options)
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    print_table(rows)
    print("ratio: the alternative's figure divided by hccer's, round by round; medians (range)")
    print(machine())


if __name__ == "__main__":
    main()
