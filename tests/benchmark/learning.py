"""Whether networks learn what is in the images, and nothing where there is nothing.

python -m tests.benchmark.learning --seeds 5 [--signal 0] [--states 3] --work FOLDER

Cohorts of the generator, the training patients of each: crops as the preset cuts them, a network
trained without each fold as the study does, from each random state. The phases lie where the
generator put them; what registration would leave of their shift is a tenth of a voxel. Crops stay
in FOLDER, 7 MB a cohort at 32 pixels, 400 MB at 256.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from hccer.deep.device import choose_device, in_words
from hccer.deep.samples import Samples
from hccer.deep.scoring import score
from hccer.deep.training import train
from hccer.imaging.crop import crop
from hccer.ingest.built_in import Recipe, cohort_patients, subject_of
from hccer.parallel import map_tasks
from hccer.study.on_device import map_on_device
from hccer.synthetic.volumes import volumes
from hccer.validation.folds import folds
from schemas.deep import CropSettings, DeepSettings, Network
from schemas.preset import load_preset

CHANCE = 0.5


@dataclass(frozen=True)
class _Patient:
    number: int
    row: dict
    seed: int
    settings: CropSettings


@dataclass(frozen=True, eq=False)
class _Fold:
    fold: np.ndarray
    samples: Samples
    network: Network
    settings: DeepSettings


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.learning")
    parser.add_argument("--seeds", type=int, default=5, help="cohorts")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--states", type=int, default=1, help="random states of each network")
    parser.add_argument("--signal", type=float, default=1.0, help="0: images know no outcome")
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--network", default="ResNet-10")
    parser.add_argument("--work", type=Path, required=True, help="folder that is kept")
    return parser.parse_args()


def main() -> None:
    """Every cohort, one after another; then the table."""
    options = _options()
    seeds = range(options.first, options.first + options.seeds)
    found = pl.DataFrame(_said(row for seed in seeds for row in _of_seed(seed, options)))
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        print(found)
    print(in_words(choose_device(), load_preset(options.preset).deep.training))
    for name in ("auc", "auc_within"):
        mean, sd = found[name].mean(), found[name].std() or 0.0  # one training has none
        print(f"{name}: mean {mean:.3f} of {len(found)} trainings, SD {sd:.3f}, "
              f"{mean - CHANCE:+.3f} from chance")  # fmt: skip


def _said(rows: Iterable[dict]) -> Iterator[dict]:
    for row in rows:  # as they come: what a stopped command has measured is not lost
        print(*(f"{name} {value}" for name, value in row.items()), sep=", ", flush=True)
        yield row


def _of_seed(seed: int, options: argparse.Namespace) -> Iterator[dict]:
    """AUC of the training patients' scores, each by the network that did not see them."""
    preset = load_preset(options.preset)
    samples = _samples(seed, options, preset.imaging.crop)
    chosen = preset.validation
    (fold,) = folds(samples.keys.tolist(), samples.y_true, 1, chosen.n_splits, chosen.random_state)
    for state in range(options.states):
        started = time.monotonic()
        training = preset.deep.training.model_copy(update={"random_state": state})
        settings = preset.deep.model_copy(update={"training": training})
        tasks = [_Fold(fold == each, samples, options.network, settings)
                 for each in np.unique(fold)]  # fmt: skip
        y_score = np.full(len(samples), np.nan)
        for task, scores in map_on_device(_left_out, tasks, f"seed {seed}, state {state}"):
            y_score[task.fold] = scores
        within = [roc_auc_score(samples.y_true[each.fold], y_score[each.fold]) for each in tasks]
        yield {"seed": seed, "state": state,
               "auc": round(roc_auc_score(samples.y_true, y_score), 3),
               "auc_within": round(float(np.mean(within)), 3),
               "seconds": round(time.monotonic() - started)}  # fmt: skip


def _left_out(task: _Fold) -> np.ndarray:
    trained = train(task.samples.at(~task.fold), task.network, task.settings)
    return score(trained.weights, task.samples.at(task.fold)).y_score


def _samples(seed: int, options: argparse.Namespace, settings: CropSettings) -> Samples:
    name = sha256(settings.model_dump_json().encode()).hexdigest()[:8]
    file = options.work / f"{name}-signal-{options.signal:g}-seed-{seed}.npz"
    if not file.exists():
        arrays = _generated(Recipe(seed=seed, signal=options.signal), settings)
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, **arrays)
    with np.load(file) as arrays:
        return Samples(joined=None, **arrays)


def _generated(recipe: Recipe, settings: CropSettings) -> dict[str, np.ndarray]:
    tasks = list(_training(recipe, settings))
    title = f"images of seed {recipe.seed}"
    made = {task.number: cut for task, cut in map_tasks(_crop, tasks, title)}
    cut = [made[task.number] for task in tasks]
    tensors, masks = (np.stack(each) for each in zip(*cut, strict=True))
    keys = [sha256(each.tobytes()).hexdigest() for each in tensors]
    y_true = [task.row["early_recurrence"] for task in tasks]
    return {"tensors": tensors, "masks": masks, "y_true": np.array(y_true), "keys": np.array(keys)}


def _training(recipe: Recipe, settings: CropSettings) -> Iterator[_Patient]:
    for row in cohort_patients(recipe).filter(given_split="training").iter_rows(named=True):
        number = int(row["patient_id"].rsplit("_", 1)[1])
        yield _Patient(number, row, recipe.seed, settings)


def _crop(task: _Patient) -> tuple[np.ndarray, np.ndarray]:
    made = volumes(subject_of(task.row, task.number, task.seed))
    images, shifts = [each.image for each in made], [each.shift for each in made]
    cut = crop(images, shifts, made[0].mask, task.settings)
    return cut.tensor, cut.mask


if __name__ == "__main__":
    sys.exit(main())
