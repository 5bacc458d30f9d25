"""Cohorts whose images know nothing of the outcome: what the pipeline then says it is worth.

python -m tests.benchmark.null --seeds 10 --patients 165 --work FOLDER

Each seed is generated without signal, stored, extracted and put through nested cross-validation,
once as it is and twice as a control that must look good: with screen and LASSO shown the test
patients too, and with every step shown them, the classifier one that learns by heart. Features and
folds stay in FOLDER, 20 MB a seed, so that a stopped command goes on where it was; the images,
1.5 GB a seed, go once they are extracted.
"""

import argparse
import shutil
import sys
import time
from pathlib import Path

import polars as pl

from hccer.ingest.built_in import PATIENTS, Recipe, write_built_in
from hccer.pipeline import STEPS, Context, materialise
from hccer.study.context import StudyContext
from hccer.study.nested import make_nested_prediction
from hccer.study.splitting import make_split
from hccer.study.worth import make_worth
from schemas.errors import HccerError
from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.tables import WORTH
from storage.home import Home
from storage.store import Store
from tests.support import COHORTS, register

COHORT = "hcc_synthetic"
UNREAD = {"image_quality"}  # by nobody here, and it takes minutes
COHORT_FILE = COHORTS / COHORT / "cohort.toml"
STUDIES = {  # leak of the chain, radiomics classifier
    "nested": ("none", "LR"),
    "leaky-selection": ("selection", "LR"),
    "leaky-fit": ("all", "XGBoost"),
}
# in a small cohort few are drawn again, and few have each outcome
SMALL = {"reliability": {"fewest_repeats": 2}, "selection": {"n_splits": 3}}
CHANCE = 0.5


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.null")
    parser.add_argument("--seeds", type=int, default=10, help="cohorts")
    parser.add_argument("--patients", type=int, default=PATIENTS, help="patients of each")
    parser.add_argument("--repeats", type=int, default=5, help="repeats of the nested folds")
    parser.add_argument("--splits", type=int, default=5, help="nested folds")
    parser.add_argument("--preset", default="paper")
    parser.add_argument("--work", type=Path, required=True, help="folder that is kept")
    return parser.parse_args()


def main() -> None:
    """Every seed, one after another; then the table."""
    options = _options()
    found = [row for seed in range(options.seeds) for row in _of_seed(seed, options)]
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=200,
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
    ):
        print(table(pl.DataFrame(found)))


def _of_seed(seed: int, options: argparse.Namespace) -> list[dict]:
    """AUC of each model of both studies of one cohort."""
    started = time.monotonic()
    folder = options.work / f"patients-{options.patients}" / f"seed-{seed}"
    store = Store.open(Home(folder / "home"))
    for name in STUDIES:
        _register_study(store, name, options)
    if not (folder / "extracted").exists():
        _extract(store, folder, Recipe(options.patients, seed, signal=0.0))
    found = [row for name in STUDIES for row in _worth(store, name, seed)]
    store.close()
    print(f"seed {seed}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return found


def _extract(store: Store, folder: Path, recipe: Recipe) -> None:
    """Generate a cohort and keep its features."""
    files = folder / "files"
    write_built_in(files, recipe)
    register(store, COHORT_FILE, files)
    for name in STEPS:
        if name not in UNREAD:
            materialise(Context(store, COHORT, "null"), name)
    shutil.rmtree(files)
    shutil.rmtree(store.home.blobs)
    (folder / "extracted").touch()


def _register_study(store: Store, name: str, options: argparse.Namespace) -> None:
    leak, radiomics = STUDIES[name]
    chain = {"leak": leak, **(SMALL if options.patients < PATIENTS else {})}
    validation = {"n_repeats": options.repeats, "n_splits": options.splits, "n_permutations": 0}
    file = StudyFile(
        id=name,
        preset=options.preset,
        endpoint="early_recurrence",
        phases=["AP", "PVP", "DP"],
        development=[COHORT],
        overrides={
            "deep": False,
            "published": {"radiomics": radiomics},
            "validation": {**validation, "chain": chain},
        },
    )
    json = file.model_dump_json()
    store.registry.put(Study(study_id=name, title="", preset=options.preset, file_json=json))


def _worth(store: Store, name: str, seed: int) -> list[dict]:
    context = StudyContext(store, name, "null")
    for make in (make_split, make_nested_prediction, make_worth):
        make(context)
    worth = context.own(WORTH).select("model", "auc", "by_prevalence")
    return worth.with_columns(study=pl.lit(name), seed=pl.lit(seed)).to_dicts()


def table(found: pl.DataFrame) -> pl.DataFrame:
    """Mean AUC over seeds of each model, how far it is from chance, and its SD between seeds."""
    auc = pl.col("auc")
    return (
        found.group_by("study", "model")
        .agg(
            seeds=pl.len(),
            mean_auc=auc.mean().round(3),
            from_chance=(auc.mean() - CHANCE).abs().round(3),
            sd=auc.std().round(3),
            least=auc.min().round(3),
            largest=auc.max().round(3),
            by_prevalence=pl.col("by_prevalence").mean().round(3),
        )
        .sort("study", "model", descending=[True, False])
    )


if __name__ == "__main__":
    try:
        main()
    except HccerError as error:
        sys.exit(str(error))
