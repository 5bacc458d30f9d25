"""perturbation: tumours drawn again by a machine, as rows of `segmentation` of their own."""

from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import polars as pl
import SimpleITK as sitk

from hccer.agreement.overlap import dice
from hccer.imaging.nodules import component_count
from hccer.imaging.perturbation import evenly_chosen, perturbed
from hccer.imaging.quality import binary_mask
from hccer.ingest.lesion import measured_lesion
from hccer.ingest.volumes import UnusableError, read_volume, written
from hccer.parallel import CRASHED, map_tasks
from hccer.pipeline.context import Context
from hccer.pipeline.rows import Result, Writer
from hccer.pipeline.volumes import lost
from schemas.cohort_parts import Limits
from schemas.perturbation import PerturbationSettings
from schemas.preset import settings_text
from schemas.tables import PERTURBATION, SEGMENTATION
from storage.blobs import Blobs
from storage.lineage import Outcome
from storage.memory import derivation, plan

VERSION = " ".join(["perturbation-1", *(f"{name}-{version(name)}" for name in ("scipy", "numpy"))])
NOTHING_LEFT = "the tumour is so small that its perturbed surface encloses no voxel"


@dataclass(frozen=True)
class Task:
    """One delineation to make; `unit` is its row of the work list."""

    unit: dict
    settings: PerturbationSettings
    limits: Limits
    blobs: Blobs


def make_perturbation(context: Context) -> Outcome:
    """Move the surfaces that are wanted and not there; rows of both tables in one commit."""
    asked, limits, blobs = context.perturbations, context.cohort.limits, context.store.blobs
    references = _references(context)
    units = [unit for key, (_, settings) in asked.items()
             for unit in _units(key, settings, limits, references)]  # fmt: skip
    wanted = pl.DataFrame(units, schema=_schema(references))
    found = plan(context.store, PERTURBATION, wanted, context.cohort_id)
    writer = Writer(context, PERTURBATION, beside=SEGMENTATION)
    writer.begin(found, [])
    todo = pl.concat([found.todo, lost(context, PERTURBATION, "mask_sha256", wanted)])
    tasks = [Task(unit, asked[unit["settings_id"]][1], limits, blobs)
             for unit in todo.iter_rows(named=True)]  # fmt: skip
    for task, result in map_tasks(_perturb, tasks, f"perturbation of {context.cohort_id}"):
        writer.add(result or Result(task.unit, reason=CRASHED, transient=True))
    return writer.outcome(found, VERSION, tuple(sorted(asked)))


def _references(context: Context) -> pl.DataFrame:
    """Reference delineations, ordered by content: names decide nothing."""
    return context.store.rows(
        "select cohort_id, patient_id, phase, reader_id as reference_reader_id, "
        "session_id as reference_session_id, image_sha256, mask_sha256 as reference_sha256, "
        "label as reference_label, diameter_mm, source as path from lake.segmentation "
        "where cohort_id = ? and is_reference order by mask_sha256, image_sha256, patient_id",
        [context.cohort_id],
    )


def _schema(references: pl.DataFrame) -> dict:
    unit = {"settings_id": pl.String, "reader_id": pl.String, "session_id": pl.Int32,
            "derivation": pl.String}  # fmt: skip
    return {**references.schema, **unit}


def reader_of(settings_id: str) -> str:
    """Under which reader perturbed delineations are stored: one for each settings."""
    return f"perturbed-{settings_id}"


def _units(
    key: str, settings: PerturbationSettings, limits: Limits, references: pl.DataFrame
) -> list[dict]:
    """Work list of one settings: every repeat of every phase of the chosen patients."""
    sizes = references.group_by("patient_id", maintain_order=True).agg(pl.max("diameter_mm"))
    count = settings.patients or len(sizes)
    chosen = sizes[evenly_chosen(sizes["diameter_mm"].to_list(), count)]["patient_id"]
    how = "\n".join([settings_text(settings), settings_text(limits)])
    rows = []
    for reference in references.filter(pl.col("patient_id").is_in(chosen.implode())).to_dicts():
        inputs = [reference["image_sha256"], reference["reference_sha256"],
                  str(reference["reference_label"])]  # fmt: skip
        rows += [
            {**reference, "settings_id": key, "reader_id": reader_of(key), "session_id": session,
             "derivation": derivation([*inputs, str(session)], how, VERSION)}
            for session in range(1, settings.n_repeats + 1)
        ]  # fmt: skip
    return rows


def _perturb(task: Task) -> Result:
    unit = task.unit
    try:
        mask = read_volume(task.blobs.path(unit["reference_sha256"]))
    except UnusableError as error:
        return Result(unit, reason=f"its stored mask: {error}", transient=True)
    reference = binary_mask(mask, mask, unit["reference_label"])
    drawn = perturbed(reference, _random(unit, task.settings), task.settings)
    if not sitk.GetArrayViewFromImage(drawn).any():
        return Result(unit, reason=NOTHING_LEFT)
    try:
        return _result(task, reference, drawn)
    except UnusableError as error:
        return Result(unit, reason=f"its perturbed surface: {error}")


def _random(unit: dict, settings: PerturbationSettings) -> np.random.Generator:
    """By what is drawn on, so that neither names nor the order of rows decide anything."""
    content = [int(unit[name][:16], 16) for name in ("image_sha256", "reference_sha256")]
    return np.random.default_rng([settings.random_state, unit["session_id"], *content])


def _result(task: Task, reference: sitk.Image, drawn: sitk.Image) -> Result:
    lesion = measured_lesion(drawn, 1, task.limits)
    sha256 = task.blobs.put(written(drawn, task.limits))
    count = int(np.count_nonzero(lesion.voxels))
    both = [sitk.GetArrayViewFromImage(each) > 0 for each in (drawn, reference)]
    delineation = {
        "origin": "perturbed",
        "is_reference": False,
        "mask_sha256": sha256,
        "label": 1,
        "voxel_count": count,
        "volume_ml": count * float(np.prod(lesion.spacing_mm)) / 1000,
        "component_count": component_count(lesion.voxels),
        "diameter_mm": lesion.diameter_mm,
        "source": task.unit["path"],
    }
    row = {"mask_sha256": sha256, "dice": dice(*both)}
    return Result(task.unit, row, beside=delineation)
