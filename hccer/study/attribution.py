"""attribution: Score-CAM of the study's network, with all phases and with each phase alone."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from hccer.parallel import CRASHED
from hccer.study.context import StudyContext
from hccer.study.crop_samples import cropped
from hccer.study.crops import study_crops
from hccer.study.features import role_rows
from hccer.study.network_fits import Fit
from hccer.study.on_device import map_on_device, reason
from hccer.study.units import Units
from schemas.deep import AttributionSettings
from schemas.errors import HccerError
from schemas.preset import settings_text
from schemas.tables import ATTRIBUTION, NETWORK
from storage.blobs import Blobs
from storage.lineage import Outcome
from storage.memory import derivation

if TYPE_CHECKING:  # importing torch takes seconds
    from hccer.deep.attribution import Explained

VERSION = "attribution-1"
UNIT = ("fit_id", "cohort_id", "patient_id")
PATIENTS_PER_COMMIT = 32
# who is looked at first where only some are
ORDER = {"validation": 0, "external": 1, "train": 2}
ALL = "all"
WEIGHTS = {"trained": False, "random": True}
SHARES = ("share_tumour", "share_margin", "share_outside", "reason")


@dataclass(frozen=True, eq=False)
class Task:
    """One patient, and the network that is explained; the worker reads its weights.

    tensor: (slices, channels, rows, cols) that enter together; mask: (rows, cols) of the slice at
    `position`.
    """

    unit: dict
    tensor: np.ndarray
    mask: np.ndarray
    spacing_mm: float
    position: int
    phases: tuple[str, ...]
    weights: Blobs
    sha256: str
    settings: AttributionSettings


def make_attribution(context: StudyContext) -> Outcome:
    """Explain the network `joint` of all training patients, on the slice of the largest area.

    A patient without a map is there with the reason, and is tried again by the next run.
    """
    units = Units(context, (ATTRIBUTION,), UNIT)
    network = _network(context)
    patients = _patients(context) if network else []
    wanted = [_unit(context, network, each) for each in patients]
    todo, gone, reused = units.plan(wanted)
    units.put(gone.to_dicts(), f"{len(gone)} patients taken out")
    tasks = _tasks(context, network, patients, todo)
    done: list[tuple[dict, list[dict]]] = []
    try:
        for task, rows in map_on_device(_explain, tasks, f"attribution of {context.study_id}"):
            done.append((task.unit, rows or _without_map(task, CRASHED)))
            if len(done) >= PATIENTS_PER_COMMIT:
                _commit(units, done)
    finally:
        _loaded.cache_clear()  # the memory of a GPU is wanted by others
        _commit(units, done)
    return units.outcome(len(todo), reused, len(gone), VERSION)


def _commit(units: Units, done: list[tuple[dict, list[dict]]]) -> None:
    rows = [row for _, of_patient in done for row in of_patient]
    units.put([unit for unit, _ in done], f"{len(done)} patients explained", rows)
    done.clear()


def _network(context: StudyContext) -> dict | None:
    """The row of `network` that is explained; None where it is not trained."""
    deep = context.preset.deep
    if deep is None:
        return None
    chosen = Fit("DL", deep.joint, 0)
    rows = context.own(NETWORK).filter(fit_id=chosen.fit_id, fold=0)
    return None if rows.is_empty() else rows.row(0, named=True)


def _patients(context: StudyContext) -> list[dict]:
    everyone = cropped(context, role_rows(context, *ORDER))
    return sample(everyone, context.preset.deep.attribution.patients).to_dicts()


def sample(patients: pl.DataFrame, count: int) -> pl.DataFrame:
    """Patients who are explained: with and without the event as often as there are, by content.

    Args:
        patients: `role, y_true, content_sha256`.
        count: how many; 0 for all. Validation patients come first, then external, then training
            ones; within each the events are spread evenly.
    """
    if count == 0:
        return patients
    within = ["role", "y_true"]
    return (
        patients.sort("content_sha256")
        .with_columns(share=(pl.int_range(pl.len()) + 0.5).over(within) / pl.len().over(within))
        .sort(
            pl.col("role").replace_strict(ORDER), "share", "y_true", descending=[False, False, True]
        )
        .head(count)
        .drop("share")
    )


def _unit(context: StudyContext, network: dict, patient: dict) -> dict:
    chosen = context.preset.deep.attribution.model_copy(update={"patients": 0})
    inputs = [network["weights_sha256"], patient["crop_sha256"]]
    return {
        "fit_id": network["fit_id"],
        "cohort_id": patient["cohort_id"],
        "patient_id": patient["patient_id"],
        "derivation": derivation(inputs, settings_text(chosen), VERSION),
    }


def _tasks(
    context: StudyContext, network: dict | None, patients: list[dict], todo: list[dict]
) -> list[Task]:
    if not todo:
        return []
    deep = context.preset.deep
    crops = study_crops(context, pl.DataFrame(todo, schema=dict.fromkeys(todo[0], pl.String)))
    same = {
        "phases": tuple(context.file.phases),
        "weights": context.store.weights,
        "sha256": network["weights_sha256"],
        "settings": deep.attribution,
    }
    tasks = []
    for row, (unit, at) in enumerate(zip(todo, crops.area_mm2.argmax(axis=1), strict=True)):
        entering = slice(None) if deep.slices == "channels" else slice(at, at + 1)
        seen = crops.tensors[row, entering], crops.masks[row, at], crops.spacing_mm[row]
        tasks.append(Task(unit, *seen, int(at) + 1, **same))
    return tasks


def _explain(task: Task) -> list[dict]:
    """Rows of one patient: a map, or the reason why there is none."""
    try:
        network = _loaded(task.weights, task.sha256)
        return [row for channel in (None, *range(len(task.phases)))
                for row in _of_channel(task, network, channel)]  # fmt: skip
    except (HccerError, RuntimeError, MemoryError) as error:
        return _without_map(task, reason(error))


@lru_cache(maxsize=1)
def _loaded(weights: Blobs, sha256: str) -> "Explained":
    """The network, built once for the patients of a process."""
    from hccer.deep.attribution import explained

    return explained(weights.get(sha256))


def _without_map(task: Task, why: str) -> list[dict]:
    # without a derivation: the next run tries again
    row = {**task.unit, "derivation": "", "position": task.position, "channel": ALL}
    return [{**row, "weights": name, "reason": why} for name in WEIGHTS]


def _of_channel(task: Task, network: "Explained", channel: int | None) -> Iterator[dict]:
    from hccer.deep.attribution import attribution

    seen = task.tensor, task.mask, task.spacing_mm, task.settings, channel
    named = {"position": task.position, "channel": ALL if channel is None else task.phases[channel]}
    found = {name: attribution(network, *seen, randomised)
             for name, randomised in WEIGHTS.items()}  # fmt: skip
    for name, each in found.items():
        yield {
            **task.unit,
            **named,
            "weights": name,
            **{share: getattr(each, share) for share in SHARES},
            "correlation": _correlation(found["trained"].map, each.map),
            **_stored(each.map),
        }


def _stored(found: np.ndarray | None) -> dict:
    if found is None:
        return {}
    content = np.ascontiguousarray(found, dtype="<f4").tobytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return {"map": content, "map_sha256": sha256, "shape": list(found.shape)}


def _correlation(trained: np.ndarray | None, other: np.ndarray | None) -> float | None:
    if trained is None or other is None:
        return None
    if trained is other:
        return 1.0
    return float(spearmanr(trained.ravel(), other.ravel()).statistic)
