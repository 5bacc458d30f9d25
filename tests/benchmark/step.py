"""One step of a cohort as a process of its own, to be timed against another command line.

python -m tests.benchmark.step HOME COHORT STEP
"""

import sys
from pathlib import Path

from hccer.pipeline import Context, materialise
from storage.home import Home
from storage.store import Store

if __name__ == "__main__":
    home, cohort, step = sys.argv[1:]
    materialise(Context(Store.open(Home(Path(home))), cohort, "benchmark"), step)
