"""The real cases: the files both sides read, and a store of them up to the extraction."""

import shutil
from pathlib import Path

from hccer.pipeline import STEPS, Context, materialise
from storage.home import Home
from storage.store import Store
from tests.support import SHARED, STS_FILE, register

STS = SHARED / "data" / "sts"
COHORT = "sts"


def copy_cases(root: Path, count: int | None) -> list[tuple[Path, Path]]:
    """Copy the first pairs of image and mask with the clinical rows; returns the copies."""
    root.mkdir(parents=True)
    shutil.copy(STS / "clinical.csv", root)
    masks = sorted((STS / "nifti").glob("*/*_mask.nii.gz"))[:count]
    return [(_copy(_image(mask), root), _copy(mask, root)) for mask in masks]


def _image(mask: Path) -> Path:
    return mask.with_name(mask.name.replace("_mask", "_image"))


def _copy(file: Path, root: Path) -> Path:
    target = root / file.relative_to(STS)
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(file, target))


def prepare_store(path: Path, root: Path) -> None:
    """A store with everything that the extraction reads, and no extraction."""
    store = Store.open(Home(path))
    register(store, STS_FILE, root)
    before = list(STEPS)[: list(STEPS).index("extraction")]
    for name in before:
        materialise(Context(store, COHORT, "prepare"), name)
    store.session.close()
    store.registry.engine.dispose()
