"""Target registration error on the built-in cohort of a store, by phase: what `hccer demo` made.

python -m tests.benchmark.registration --home HOME
"""

import argparse
from pathlib import Path

import polars as pl

from hccer.ingest.built_in_motion import in_words, registration_errors
from schemas.errors import HccerError
from storage.home import Home
from storage.store import Store

COHORT = "hcc_synthetic"


def main() -> None:
    """Print the errors of each phase, and of all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.registration")
    parser.add_argument("--home", type=Path, required=True, help="HCCER_HOME of the demo")
    home = Home(parser.parse_args().home)
    try:
        errors = registration_errors(Store.open(home), COHORT, home.path / "synthetic")
    except HccerError as error:
        raise SystemExit(str(error)) from None
    voxels = pl.col("after_mm") / pl.col("voxel_mm")
    found = errors.group_by("phase", maintain_order=True).agg(
        pl.len().alias("patients"),
        pl.col("before_mm", "after_mm").median(),
        voxels.median().alias("after_voxels"),
        (voxels >= 1).sum().alias("a_voxel_or_more"),
    )
    with pl.Config(tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        print(found)
    print(in_words(errors))


if __name__ == "__main__":
    main()
