"""Cohorts whose images know nothing of the outcome, or something: what the pipeline then says.

python -m tests.benchmark.null --seeds 10 --patients 165 --work FOLDER [--signal X]

Each seed is generated, stored, extracted, and put through nested cross-validation of every model.
Without a signal, which is the default, two controls that must look good follow: with screen and
LASSO shown the test patients too, and with every step shown them, the classifier one that learns by
heart. Beside each AUC stands how many features of the training patients are reliable and how many
the LASSO keeps. Features and folds stay in FOLDER, 20 MB a seed, so that a stopped command goes on
where it was; the images, 1.5 GB a seed, go once they are extracted.
"""

import argparse
import shutil
import sys
import time
from pathlib import Path

import polars as pl

from hccer.ingest.built_in import PATIENTS, Recipe, write_built_in
from hccer.pipeline import STEPS, Context, materialise
from hccer.study import STEPS as STUDY_STEPS
from hccer.study.context import StudyContext
from schemas.errors import HccerError
from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.tables import WORTH
from schemas.validation import ALGORITHMS
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.support import COHORTS, register

COHORT = "hcc_synthetic"
UNREAD = {"image_quality"}  # by nobody here, and it takes minutes
COHORT_FILE = COHORTS / COHORT / "cohort.toml"
HONEST = {"nested": ("none", (*ALGORITHMS, "honest", "CR", "RCR"))}  # leak of the chain, models
LEAKY = {"leaky-selection": ("selection", ("LR", "RCR")), "leaky-fit": ("all", ("XGBoost",))}
COUNTED = ("feature_reliability", "feature_screen", "feature_selection")
WORTH_STEPS = ("nested_prediction", "worth")
# in a small cohort few are drawn again, and few have each outcome
SMALL = {"reliability": {"fewest_repeats": 2}, "selection": {"n_splits": 3}}
CHANCE = 0.5


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.null")
    parser.add_argument("--seeds", type=int, default=10, help="cohorts")
    parser.add_argument("--patients", type=int, default=PATIENTS, help="patients of each")
    parser.add_argument("--repeats", type=int, default=5, help="repeats of the nested folds")
    parser.add_argument("--splits", type=int, default=5, help="nested folds")
    parser.add_argument("--signal", type=float, default=0.0, help="of the images (default: none)")
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
    """AUC of each model of each study of one cohort."""
    started = time.monotonic()
    folder = options.work / _named(options) / f"seed-{seed}"
    store = Store.open(Home(folder / "home"))
    studies = HONEST if options.signal else HONEST | LEAKY
    for name, (leak, models) in studies.items():
        _register_study(store, name, leak, models, options)
    if not (folder / "extracted").exists():
        _extract(store, folder, Recipe(options.patients, seed, signal=options.signal))
    found = [row for name in studies for row in _worth(store, name, seed)]
    store.close()
    print(f"seed {seed}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return found


def _named(options: argparse.Namespace) -> str:
    """The folder of cohorts of one kind."""
    signal = f"-signal-{options.signal:g}" if options.signal else ""
    return f"patients-{options.patients}{signal}"


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


def _register_study(
    store: Store, name: str, leak: str, models: tuple[str, ...], options: argparse.Namespace
) -> None:
    chain = {"leak": leak, **(SMALL if options.patients < PATIENTS else {})}
    validation = {"n_repeats": options.repeats, "n_splits": options.splits, "n_permutations": 0,
                  "models": models}  # fmt: skip
    file = StudyFile(
        id=name,
        preset=options.preset,
        endpoint="early_recurrence",
        phases=["AP", "PVP", "DP"],
        development=[COHORT],
        overrides={
            "deep": False,
            "evaluation": {"resamples": 0},
            "validation": {**validation, "chain": chain},
        },
    )
    json = file.model_dump_json()
    store.registry.put(Study(study_id=name, title="", preset=options.preset, file_json=json))


def _worth(store: Store, name: str, seed: int) -> list[dict]:
    context = StudyContext(store, name, "null")
    for step in ("split", *(COUNTED if name in HONEST else ()), *WORTH_STEPS):
        STUDY_STEPS[step].make(context)
    worth = context.own(WORTH).select("model", "auc", "by_prevalence")
    same = {"study": name, "seed": seed, **_counts(store, name)}
    return [{**row, **same} for row in worth.to_dicts()]


def _counts(store: Store, name: str) -> dict[str, float | None]:
    """Share of the features that are reliable, and how many are selected, in the given split."""
    if name not in HONEST:
        return {"reliable": None, "selected": None}
    steps = Reader(store.home).named("feature_attrition", {"study": name})
    extracted, _, reliable, _, selected = steps["features"]
    return {"reliable": 100 * reliable / extracted, "selected": float(selected)}


def table(found: pl.DataFrame) -> pl.DataFrame:
    """Each model over the seeds: AUC, how far from chance, and ranges of what the split keeps."""
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
            reliable_percent=_range("reliable"),
            selected=_range("selected"),
        )
        .sort("study", "model", descending=[True, False])
    )


def _range(name: str) -> pl.Expr:
    """Least to largest, as whole numbers; empty where it was not counted."""
    ends = [pl.col(name).min(), pl.col(name).max()]
    return pl.format("{}-{}", *(end.round().cast(pl.Int64) for end in ends))


if __name__ == "__main__":
    try:
        main()
    except HccerError as error:
        sys.exit(str(error))
