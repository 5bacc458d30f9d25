"""crop: the tumour of every patient as a tensor, under every settings that is asked for."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import polars as pl
import SimpleITK as sitk

from hccer.imaging.crop import Crop, crop
from hccer.imaging.quality import binary_mask
from hccer.imaging.registration import read_transform
from hccer.ingest.volumes import UnusableError, read_volume
from hccer.parallel import CRASHED, map_tasks
from hccer.pipeline.context import Context
from hccer.pipeline.rows import Result, Writer
from schemas.deep import CropRecipe
from schemas.errors import HccerError
from schemas.preset import settings_id, settings_text
from schemas.tables import CROP
from storage.blobs import Blobs
from storage.lineage import Outcome
from storage.memory import derivation, plan

VERSION = f"crop-1 simpleitk-{version('simpleitk')}"
PIXEL = np.dtype("<f4")
UNIT = dict.fromkeys(["cohort_id", "patient_id", "settings_id", "path", "derivation"], pl.String)
# a row for each phase wanted of each patient who has an image of one
CHANNELS = """
select p.patient_id, w.position, w.phase, i.image_sha256, i.source as path, s.mask_sha256, s.label,
    r.fixed_sha256, r.transform
from (select distinct patient_id from lake.image where cohort_id = $cohort and phase in $phases) p
cross join (select unnest($phases) as phase, unnest(range(len($phases))) as position) w
left join lake.image i
    on (i.cohort_id, i.patient_id, i.phase) = ($cohort, p.patient_id, w.phase)
left join lake.segmentation s
    on (s.cohort_id, s.patient_id, s.phase, s.image_sha256)
        = ($cohort, p.patient_id, w.phase, i.image_sha256) and s.is_reference
left join lake.registration r
    on (r.cohort_id, r.patient_id, r.phase, r.image_sha256, r.settings_id)
        = ($cohort, p.patient_id, w.phase, i.image_sha256, $registration)
order by p.patient_id, w.position
"""


@dataclass(frozen=True)
class Task:
    """One patient to cut under one settings.

    Attributes:
        unit: its row of the work list.
        channels: rows of CHANNELS, the one that is cut first.
    """

    unit: dict
    recipe: CropRecipe
    channels: tuple[dict, ...]
    blobs: Blobs


def make_crop(context: Context) -> Outcome:
    """Cut what is wanted and not there, on all cores; commit in chunks."""
    tasks = {(task.unit["patient_id"], task.unit["settings_id"]): task for task in _tasks(context)}
    wanted = pl.DataFrame([task.unit for task in tasks.values()], schema=UNIT)
    found = plan(context.store, CROP, wanted, context.cohort_id)
    writer = Writer(context, CROP)
    writer.begin(found, [])
    todo = [tasks[key] for key in found.todo.select("patient_id", "settings_id").iter_rows()]
    for task, result in map_tasks(_crop, todo, f"crop of {context.cohort_id}"):
        writer.add(result or Result(task.unit, reason=CRASHED, transient=True))
    return writer.outcome(found, VERSION, tuple(sorted(context.crops)))


def _tasks(context: Context) -> Iterator[Task]:
    for key, (_, recipe) in context.crops.items():
        rows = context.store.rows(CHANNELS, {
            "cohort": context.cohort_id,
            "phases": list(recipe.phases),
            "registration": settings_id(recipe.registration),
        })  # fmt: skip
        for of_patient in rows.partition_by("patient_id", maintain_order=True):
            channels = tuple(of_patient.to_dicts())
            yield Task(_unit(context, key, recipe, channels), recipe, channels, context.store.blobs)


def _unit(context: Context, key: str, recipe: CropRecipe, channels: tuple[dict, ...]) -> dict:
    inputs = [f"{each['image_sha256']} {each['transform']}" for each in channels]
    mask = f"{channels[0]['mask_sha256']} {channels[0]['label']}"
    return {
        "cohort_id": context.cohort_id,
        "patient_id": channels[0]["patient_id"],
        "settings_id": key,
        "path": next(each["path"] for each in channels if each["path"]),
        "derivation": derivation([*inputs, mask], settings_text(recipe), VERSION),
    }


def _lacks(channels: tuple[dict, ...]) -> str | None:
    """What a patient has not, in words."""
    first, *later = channels
    if absent := [each["phase"] for each in channels if each["image_sha256"] is None]:
        return f"no image of {' and '.join(absent)}"
    if first["mask_sha256"] is None:
        return f"no reference delineation of {first['phase']}"
    still = [each["phase"] for each in later if each["fixed_sha256"] != first["image_sha256"]]
    return f"{' and '.join(still)} not registered to {first['phase']}" if still else None


def _crop(task: Task) -> Result:
    unit, first = task.unit, task.channels[0]
    if lacks := _lacks(task.channels):
        return Result(unit, reason=lacks)
    try:
        images = [read_volume(task.blobs.path(each["image_sha256"])) for each in task.channels]
        mask = read_volume(task.blobs.path(first["mask_sha256"]))
    except UnusableError as error:
        return Result(unit, reason=f"its stored volume: {error}", transient=True)
    moved = [read_transform(each["transform"]) for each in task.channels[1:]]
    try:
        tumour = binary_mask(mask, images[0], first["label"])
        identity = sitk.AffineTransform(3)
        found = crop(images, [identity, *moved], tumour, task.recipe.imaging.crop)
    except (HccerError, RuntimeError, MemoryError) as error:
        return Result(unit, reason=f"not cut: {error}")
    row, *more = _rows(found, task.recipe)
    return Result(unit, row, more=tuple(more))


def _rows(found: Crop, recipe: CropRecipe) -> Iterator[dict]:
    parts = zip(found.tensor, found.mask, found.slice_indices, found.area_mm2, strict=True)
    for position, (tensor, mask, slice_index, area_mm2) in enumerate(parts, 1):
        pixels, drawn = tensor.astype(PIXEL).tobytes(), mask.astype(np.uint8).tobytes()
        yield {
            "position": position,
            "phases": ",".join(recipe.phases),
            "slice_index": slice_index,
            "tensor": pixels,
            "tensor_sha256": hashlib.sha256(pixels + drawn).hexdigest(),
            "mask": drawn,
            "shape": list(tensor.shape),
            "dtype": PIXEL.name,
            "spacing_mm": found.spacing_mm,
            "area_mm2": area_mm2,
        }
