"""image_quality: numbers of every reference delineation and its image."""

from dataclasses import dataclass

import polars as pl
import SimpleITK as sitk

from hccer.imaging.measures import measures
from hccer.imaging.quality import best_overlap, binary_mask
from hccer.ingest.volumes import UnusableError, read_volume
from hccer.parallel import CRASHED, map_tasks
from hccer.pipeline.contact_sheets import write_contact_sheet
from hccer.pipeline.context import Context
from hccer.pipeline.rows import Result, Writer
from schemas.tables import IMAGE_QUALITY
from storage.blobs import Blobs
from storage.lineage import Outcome
from storage.memory import derivation, plan

VERSION = "image-quality-1"
UNIT_SCHEMA = {
    **dict.fromkeys(["cohort_id", "patient_id", "phase"], pl.String),
    "position": pl.Int32,
    **dict.fromkeys(["image_sha256", "mask_sha256"], pl.String),
    "label": pl.Int32,
    **dict.fromkeys(["path", "derivation"], pl.String),
}


@dataclass(frozen=True)
class Task:
    """One image with its reference mask, and those of the patient's other phases."""

    unit: dict
    others: tuple[dict, ...]
    blobs: Blobs


def make_image_quality(context: Context) -> Outcome:
    """One row per reference delineation, and the contact sheet; other phases' masks count too."""
    tasks = _tasks(context)
    wanted = pl.DataFrame([task.unit for task in tasks], schema=UNIT_SCHEMA)
    found = plan(context.store, IMAGE_QUALITY, wanted, context.cohort_id)
    writer = Writer(context, IMAGE_QUALITY)
    writer.begin(found, [])
    new = set(found.todo["derivation"])
    todo = [task for task in tasks if task.unit["derivation"] in new]
    for task, result in map_tasks(_measure, todo, f"image_quality of {context.cohort_id}"):
        writer.add(result or Result(task.unit, reason=CRASHED, transient=True))
    outcome = writer.outcome(found, VERSION)
    write_contact_sheet(context)
    return outcome


def _tasks(context: Context) -> list[Task]:
    masks = context.store.rows(
        "select cohort_id, patient_id, phase, image_sha256, mask_sha256, label, source as path "
        "from lake.segmentation where cohort_id = ? and is_reference order by all",
        [context.cohort_id],
    )
    tasks = []
    for of_patient in masks.partition_by("patient_id", maintain_order=True):
        units = of_patient.to_dicts()
        for unit in units:
            others = tuple(each for each in units if each is not unit)
            tasks.append(Task(_planned(context, unit, others), others, context.store.blobs))
    return tasks


def _planned(context: Context, unit: dict, others: tuple[dict, ...]) -> dict:
    phases, contrast = context.cohort.phases, context.cohort.contrast
    position = phases.index(unit["phase"]) + 1 if contrast else None
    masks = [f"{each['mask_sha256']} {each['label']}" for each in (unit, *others)]
    made = derivation([unit["image_sha256"], *masks], f"position {position}", VERSION)
    return {**unit, "position": position, "derivation": made}


def _measure(task: Task) -> Result:
    try:
        mask, *others = [_mask(task.blobs, each) for each in (task.unit, *task.others)]
        image = read_volume(task.blobs.path(task.unit["image_sha256"]))
    except UnusableError as error:
        return Result(task.unit, reason=f"its stored volume: {error}", transient=True)
    try:
        voxels, tumour = _axial(image), _axial(mask)
        found = measures(sitk.GetArrayViewFromImage(voxels),
                         sitk.GetArrayViewFromImage(tumour) > 0, voxels.GetSpacing())  # fmt: skip
        return Result(task.unit, {**found, **_overlaps(mask, others)})
    except (RuntimeError, ValueError, MemoryError) as error:
        return Result(task.unit, reason=f"its quality cannot be measured: {error}")


def _mask(blobs: Blobs, unit: dict) -> sitk.Image:
    mask = read_volume(blobs.path(unit["mask_sha256"]))
    return binary_mask(mask, mask, unit["label"])


def _axial(image: sitk.Image) -> sitk.Image:
    return sitk.DICOMOrient(image, "LPS")


def _overlaps(mask: sitk.Image, others: list[sitk.Image]) -> dict:
    found = [best_overlap(mask, other) for other in others]
    return {
        "overlap": max((each.dice for each in found), default=None),
        "overlap_flipped": max((each.dice_flipped for each in found), default=None),
    }
