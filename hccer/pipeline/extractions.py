"""extraction with its values: every delineation under every settings that is asked for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import polars as pl
import SimpleITK as sitk

from hccer.imaging.nodules import largest
from hccer.imaging.quality import binary_mask
from hccer.ingest.volumes import read_volume
from hccer.parallel import CRASHED, map_tasks
from hccer.pipeline.context import Context
from hccer.pipeline.rows import Result, Writer
from hccer.radiomics.extraction import Extraction, extract
from schemas.preset import RadiomicsSettings, settings_text
from schemas.tables import EXTRACTION, EXTRACTION_VALUE
from storage.blobs import Blobs
from storage.lineage import Outcome
from storage.memory import Plan, derivation, plan

_PACKAGES = ("pyradiomics", "simpleitk", "pywavelets")
VERSION = " ".join(["extraction-2 fast-1", *(f"{name}-{version(name)}" for name in _PACKAGES)])


@dataclass(frozen=True)
class Task:
    """Delineations of one image under one settings: read and filter the image once."""

    units: tuple[dict, ...]
    settings: RadiomicsSettings
    blobs: Blobs


def make_extraction(context: Context) -> Outcome:
    """Extract what is wanted and not there, on all cores; commit in chunks."""
    wanted = _wanted(context)
    found = _plan(context, wanted)
    writer = Writer(context, EXTRACTION, EXTRACTION_VALUE)
    writer.begin(found, [])
    tasks = _tasks(context, found.todo)
    for task, results in map_tasks(_extract, tasks, f"extraction of {context.cohort_id}"):
        for result in results or _crashed(task):
            writer.add(result)
    return writer.outcome(found, VERSION, tuple(sorted(context.asked)))


def _wanted(context: Context) -> pl.DataFrame:
    masks = context.store.rows(
        "select s.cohort_id, s.patient_id, s.phase, s.reader_id, s.session_id, s.image_sha256, "
        "s.mask_sha256, s.label, s.volume_ml, s.source as path, p.settings_id as perturbation_id "
        "from lake.segmentation s left join lake.perturbation p using "
        "(cohort_id, patient_id, phase, reader_id, session_id) where s.cohort_id = ? order by all",
        [context.cohort_id],
    )
    rows = [
        {**mask, "settings_id": key, "derivation": _derivation(mask, settings)}
        for key, (_, settings) in context.asked.items()
        for mask in masks.iter_rows(named=True)
        if mask["perturbation_id"] is None
        or (key, mask["perturbation_id"]) in context.asked_together
    ]
    schema = {**masks.schema, "settings_id": pl.String, "derivation": pl.String}
    return pl.DataFrame(rows, schema=schema)


def _derivation(mask: dict, settings: RadiomicsSettings) -> str:
    inputs = [mask["image_sha256"], mask["mask_sha256"], str(mask["label"])]
    return derivation(inputs, settings_text(settings), VERSION)


def _plan(context: Context, wanted: pl.DataFrame) -> Plan:
    listed = ", ".join(f"'{key}'" for key in context.asked)
    found = plan(context.store, EXTRACTION, wanted, context.cohort_id, f"settings_id in ({listed})")
    # under settings that nobody asks for any more, values stay as long as their mask does
    orphans = context.store.rows(
        f"select {', '.join(EXTRACTION.unit)} from lake.extraction as e "
        f"where cohort_id = ? and settings_id not in ({listed}) and not exists ("
        "select 1 from lake.segmentation as s where (s.cohort_id, s.patient_id, s.phase, "
        "s.reader_id, s.session_id, s.image_sha256, s.mask_sha256, s.label) = (e.cohort_id, "
        "e.patient_id, e.phase, e.reader_id, e.session_id, e.image_sha256, e.mask_sha256, "
        "e.label))",
        [context.cohort_id],
    )
    gone = pl.concat([found.gone, orphans])
    return Plan(found.todo, gone, found.reused, found.rejected)


def _tasks(context: Context, todo: pl.DataFrame) -> list[Task]:
    groups: dict[tuple, list[dict]] = defaultdict(list)
    for unit in todo.iter_rows(named=True):
        groups[unit["image_sha256"], unit["settings_id"]].append(unit)
    ordered = sorted(groups.values(), key=lambda units: -sum(u["volume_ml"] for u in units))
    return [
        Task(tuple(units), context.asked[units[0]["settings_id"]][1], context.store.blobs)
        for units in ordered
    ]


def _extract(task: Task) -> list[Result]:
    try:
        image = read_volume(task.blobs.path(task.units[0]["image_sha256"]))
        masks = [_mask(task, unit, image) for unit in task.units]
    except Exception as error:  # a blob that cannot be read is reported, and tried again
        return [Result(unit, reason=str(error), transient=True) for unit in task.units]
    found = extract(image, masks, task.settings)
    return [_result(unit, each) for unit, each in zip(task.units, found, strict=True)]


def _mask(task: Task, unit: dict, image: sitk.Image) -> sitk.Image:
    mask = read_volume(task.blobs.path(unit["mask_sha256"]))
    tumour = binary_mask(mask, image, unit["label"])
    if task.settings.nodules == "all":
        return tumour
    nodule = sitk.GetImageFromArray(largest(sitk.GetArrayViewFromImage(tumour)).astype(np.uint8))
    nodule.CopyInformation(tumour)
    return nodule


def _result(unit: dict, found: Extraction) -> Result:
    if found.reason is not None:
        return Result(unit, reason=found.reason)
    number = extraction_id(unit)
    row = {
        "extraction_id": number,
        "engine": found.engine,
        "bin_count": found.bin_count,
        "feature_count": len(found.values),
        "seconds": found.seconds,
    }
    values = pl.DataFrame(
        {"feature_name": list(found.values), "value": list(found.values.values())},
        schema={"feature_name": pl.String, "value": pl.Float64},
    )
    numbered = values.select(pl.lit(number, dtype=pl.Int64).alias("extraction_id"), pl.all())
    return Result(unit, row, children=numbered)


def extraction_id(unit: dict) -> int:
    """A 60-bit number that names a delineation, its settings and its derivation."""
    names = [str(unit[name]) for name in EXTRACTION.unit]
    return int(derivation(names, unit["settings_id"], unit["derivation"])[:15], 16)


def _crashed(task: Task) -> Iterable[Result]:
    return [Result(unit, reason=CRASHED, transient=True) for unit in task.units]
