"""registration: every later phase onto the first one, under every settings that is asked for."""

import time
from dataclasses import dataclass
from importlib.metadata import version

import polars as pl

from hccer.imaging.quality import binary_mask
from hccer.imaging.registration import register, transform_text
from hccer.ingest.volumes import UnusableError, read_volume
from hccer.parallel import CRASHED, map_tasks
from hccer.pipeline.context import Context
from hccer.pipeline.rows import Result, Writer
from hccer.rigid import ants_search
from schemas.deep import RegistrationSettings
from schemas.errors import HccerError
from schemas.preset import settings_text
from schemas.tables import REGISTRATION
from storage.blobs import Blobs
from storage.lineage import Outcome
from storage.memory import derivation, plan

VERSION = f"registration-1 antspyx-{version('antspyx')} simpleitk-{version('simpleitk')}"
READ = "image_sha256", "fixed_sha256", "mask_sha256", "label"


@dataclass(frozen=True)
class Task:
    """One image to move; `unit` is its row of the work list."""

    unit: dict
    settings: RegistrationSettings
    blobs: Blobs


def make_registration(context: Context) -> Outcome:
    """Register what is wanted and not there, on all cores; commit in chunks."""
    asked = context.registrations
    found = plan(context.store, REGISTRATION, _wanted(context), context.cohort_id)
    writer = Writer(context, REGISTRATION)
    writer.begin(found, [])
    tasks = [Task(unit, asked[unit["settings_id"]][1].registration, context.store.blobs)
             for unit in found.todo.iter_rows(named=True)]  # fmt: skip
    for task, result in map_tasks(_register, tasks, f"registration of {context.cohort_id}"):
        writer.add(result or Result(task.unit, reason=CRASHED, transient=True))
    return writer.outcome(found, VERSION, tuple(sorted(asked)))


def _wanted(context: Context) -> pl.DataFrame:
    """Images to be moved, each with the reference delineation of the phase that stays."""
    pairs = context.store.rows(
        "select m.cohort_id, m.patient_id, m.phase, s.phase as fixed_phase, m.image_sha256, "
        "s.image_sha256 as fixed_sha256, s.mask_sha256, s.label, m.source as path "
        "from lake.image m join lake.segmentation s using (cohort_id, patient_id) "
        "where m.cohort_id = ? and s.is_reference and m.phase != s.phase order by all",
        [context.cohort_id],
    )
    rows = [
        {**pair, "settings_id": key, "derivation": _derivation(pair, settings_text(recipe))}
        for key, (_, recipe) in context.registrations.items()
        for pair in pairs.filter(
            pl.col("fixed_phase") == recipe.fixed_phase,
            pl.col("phase").is_in(context.moved_phases(recipe)),
        ).iter_rows(named=True)
    ]
    schema = {**pairs.schema, "settings_id": pl.String, "derivation": pl.String}
    return pl.DataFrame(rows, schema=schema)


def _derivation(pair: dict, settings: str) -> str:
    return derivation([str(pair[name]) for name in READ], settings, VERSION)


def _register(task: Task) -> Result:
    unit, started = task.unit, time.perf_counter()
    try:
        moving, fixed, mask = (read_volume(task.blobs.path(unit[name])) for name in READ[:3])
    except UnusableError as error:
        return Result(unit, reason=f"its stored volume: {error}", transient=True)
    try:
        tumour = binary_mask(mask, fixed, unit["label"])
        found = register(fixed, moving, tumour, task.settings, ants_search)
    except (HccerError, RuntimeError, MemoryError) as error:
        return Result(unit, reason=f"not registered to {unit['fixed_phase']}: {error}")
    measured = {name: value for name, value in vars(found).items() if name != "transform"}
    return Result(unit, {
        **measured,
        "transform": transform_text(found.transform),
        "seconds": time.perf_counter() - started,
    })  # fmt: skip
