"""A whole radiomics study of a store that has its features, step by step.

python -m tests.benchmark whole --home FOLDER

FOLDER is the home of a store: of `hccer demo`, or `seed-N/home` of the null's, which has no masks
left to compare. It is copied, and the copy is given a study of the same cohorts, phases and
endpoint by the preset `paper` without networks. What is timed: every table but the nested ones and
the report; these tables again, with nothing to do; nested cross-validation; and its permutations.
"""

import shutil
import sys
from argparse import Namespace
from contextlib import closing
from pathlib import Path

from hccer.parallel import cores
from hccer.study import STEPS, StudyContext, materialise
from schemas.preset import load_preset
from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.tables import PREDICTION
from storage.home import Home
from storage.store import Store
from tests.benchmark.measure import Row, seconds

STUDY_ID, PRESET = "timed", "paper"
NESTED, APART = "nested_prediction", {"nested_prediction", "worth", "report"}
OF_MASKS = "delineation_agreement"


def measure(folder: Path, options: Namespace) -> list[Row]:
    """Seconds of the study's parts; none without a home."""
    if options.home is None:
        print("whole: skipped, no --home of a store with features", file=sys.stderr)
        return []
    shutil.copytree(options.home, folder / "home")
    with closing(Store.open(Home(folder / "home"))) as store:
        return _study(store)


def _study(store: Store) -> list[Row]:
    first = [seconds(lambda: _tables(_context(store, permutations=0)))]
    again = [seconds(lambda: _tables(_context(store, permutations=0)))]
    settings = load_preset(PRESET).validation
    nested = [seconds(lambda: materialise(_context(store, permutations=0), NESTED))]
    permuted = _context(store, settings.n_permutations)
    chance = [seconds(lambda: materialise(permuted, NESTED))]
    patients = permuted.own(PREDICTION)["patient_id"].n_unique()
    size, where = f"of {patients} patients", f"{cores()} cores"
    without = "" if _has_masks(store) else f", without {OF_MASKS}: the home has no masks"
    shape = f"{settings.n_repeats} x {settings.n_splits}"
    return [
        Row("whole", f"radiomics study {size}, without nested folds", first, note=where + without),
        Row("whole", "the same again, nothing to do", again, "its first run", first),
        Row("whole", f"nested cross-validation {shape} {size}", nested, note=where),
        Row("whole", f"{settings.n_permutations} permutations {size}", chance, note=where),
    ]


def _context(store: Store, permutations: int) -> StudyContext:
    """The study, registered with so many permutations."""
    like = StudyFile.model_validate_json(store.registry.studies()[0].file_json)
    overrides = {"deep": False, "validation": {"n_permutations": permutations}}
    file = like.model_copy(
        update={"id": STUDY_ID, "preset": PRESET, "external": [], "overrides": overrides}
    )
    json = file.model_dump_json()
    store.registry.put(Study(study_id=STUDY_ID, title="", preset=PRESET, file_json=json))
    return StudyContext(store, STUDY_ID, "benchmark")


def _tables(context: StudyContext) -> None:
    apart = APART if _has_masks(context.store) else APART | {OF_MASKS}
    for name in STEPS:
        if name not in apart:
            materialise(context, name)


def _has_masks(store: Store) -> bool:
    return any(store.home.blobs.rglob("*.nii.gz"))
