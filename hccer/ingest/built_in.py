"""Write the built-in cohort, synthetic, as the files that a research group would hand in."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import SimpleITK as sitk

from hccer.imaging.perturbation import evenly_chosen
from hccer.ingest.dicom_writing import SeriesHeader, write_series
from hccer.parallel import CRASHED, map_tasks
from hccer.synthetic.clinical import ACQUISITION, MR_FEATURES, built_in_patients, small
from hccer.synthetic.exclusions import built_in_exclusions
from hccer.synthetic.generator import load_generator
from hccer.synthetic.readings import built_in_readings
from hccer.synthetic.subject import Subject
from hccer.synthetic.volumes import Volume, repeats, volumes
from schemas.errors import HccerError

PATIENTS = 165
VERSION = "built-in-1"
RECEIPT = "generated.json"
# where AP's points lie in each phase: what registration should find
TRUTH = "true_shifts.csv"
SECONDS_AFTER_INJECTION = {"AP": 40, "PVP": 70, "DP": 90}
# what the images show, and the generator knows: not for the clinical file
HIDDEN = (*MR_FEATURES, *ACQUISITION, "aggressiveness", "early_recurrence", "mri_date")
PRESENT = {"present", "multifocal", "non_smooth"}


@dataclass(frozen=True)
class Recipe:
    """What decides every byte of the cohort."""

    patients: int = PATIENTS
    seed: int = 0
    signal: float = 1.0
    version: str = VERSION


@dataclass(frozen=True)
class _Patient:
    root: Path
    row: dict
    number: int
    seed: int
    again: bool


def write_built_in(root: Path, recipe: Recipe) -> bool:
    """Write DICOM images, masks, repeated masks and tables below `root`, with progress.

    Args:
        root: folder, made if it is not there; what another recipe left in it is replaced.
        recipe: same recipe, same bytes on one machine.

    Returns:
        False when the folder holds exactly this cohort already.

    Raises:
        HccerError: a patient could not be generated.
    """
    receipt = root / RECEIPT
    if receipt.exists() and json.loads(receipt.read_text()) == asdict(recipe):
        return False
    if root.exists():
        shutil.rmtree(root)
    root.mkdir(parents=True)
    patients = cohort_patients(recipe)
    write_tables(root, patients, recipe)
    tasks = list(_tasks(root, patients, recipe))
    shifts: list[dict] = []
    for task, made in map_tasks(_write, tasks, "generating synthetic images"):
        if not isinstance(made, list):
            raise HccerError(f"patient {task.row['patient_id']} is not made: {made or CRASHED}")
        shifts += made
    pl.DataFrame(shifts).sort("patient_id", "phase").write_csv(root / TRUTH)
    receipt.write_text(json.dumps(asdict(recipe)))
    return True


def cohort_patients(recipe: Recipe) -> pl.DataFrame:
    """The patients of a recipe with everything that the generator knows of them."""
    patients = built_in_patients(recipe.seed, recipe.signal)
    return patients if recipe.patients == PATIENTS else small(patients, recipe.patients)


def write_tables(root: Path, patients: pl.DataFrame, recipe: Recipe) -> None:
    """Write clinical rows, readings and exclusions."""
    patients.drop(HIDDEN).write_csv(root / "clinical.csv")
    built_in_readings(patients, recipe.seed).write_csv(root / "readings.csv")
    built_in_exclusions(recipe.seed).write_csv(root / "exclusions.csv")


def _tasks(root: Path, patients: pl.DataFrame, recipe: Recipe) -> Iterator[_Patient]:
    published = load_generator().contours.repeats
    count = published if recipe.patients == PATIENTS else min(published, recipe.patients // 2)
    again = set(evenly_chosen(patients["diameter_cm"].to_list(), count))
    for place, row in enumerate(patients.iter_rows(named=True)):
        number = int(row["patient_id"].rsplit("_", 1)[1])
        yield _Patient(root, row, number, recipe.seed, place in again)


def subject_of(row: dict, number: int, seed: int) -> Subject:
    """What the images show of a patient."""
    shown = {field.name for field in fields(Subject)} & set(MR_FEATURES)
    return Subject(
        number,
        seed,
        row["diameter_cm"],
        row["aggressiveness"],
        row["field_strength_t"],
        non_smooth_margin=row["tumour_margin"] in PRESENT,
        multifocal=row["tumour_number"] in PRESENT,
        **{name: row[name] in PRESENT for name in shown},
    )


def _write(task: _Patient) -> list[dict] | str:
    """The true shifts of the phases; or why the patient could not be written."""
    try:
        subject = subject_of(task.row, task.number, task.seed)
        made = volumes(subject)
        for place, volume in enumerate(made):
            _write_phase(task, subject, volume, place)
        return [_shift(task, volume) for volume in made]
    except (OSError, RuntimeError, ValueError) as error:
        return str(error)


def _shift(task: _Patient, volume: Volume) -> dict:
    names = ("angle_x_rad", "angle_y_rad", "angle_z_rad", "x_mm", "y_mm", "z_mm")
    centre = dict(zip(("centre_x_mm", "centre_y_mm", "centre_z_mm"), volume.shift.GetCenter(),
                      strict=True))  # fmt: skip
    moved = dict(zip(names, volume.shift.GetParameters(), strict=True))
    return {"patient_id": task.row["patient_id"], "phase": volume.phase, **moved, **centre}


def _write_phase(task: _Patient, subject: Subject, volume: Volume, place: int) -> None:
    patient_id = task.row["patient_id"]
    header = _header(task.row, volume.phase, place, task.number, task.seed)
    write_series(volume.image, task.root / "dicom" / patient_id / f"series_{place + 1}", header)
    _write_mask(volume.mask, task.root / "masks" / f"{patient_id}_{volume.phase}.nii.gz")
    for (reader, session), mask in (repeats(subject, volume) if task.again else {}).items():
        name = f"{patient_id}_{volume.phase}_{reader}_{session}.nii.gz"
        _write_mask(mask, task.root / "repeats" / name)


def _write_mask(mask: sitk.Image, file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    sitk.WriteImage(mask, str(file), useCompression=True)


def _header(row: dict, phase: str, place: int, number: int, seed: int) -> SeriesHeader:
    day: date = row["mri_date"]
    injected = datetime.combine(day, time(8 + number % 8, number % 60))
    acquired = injected + timedelta(seconds=SECONDS_AFTER_INJECTION[phase])
    return SeriesHeader(
        patient_id=row["patient_id"],
        patient_name=f"SYNTHFAMILY{number:03d}^SYNTHGIVEN{number:03d}",
        birth_date=day - timedelta(days=round(365.25 * (row["age_years"] + 0.5))),
        sex="M" if row["sex"] == "male" else "F",
        study_time=injected - timedelta(minutes=12),
        series_time=acquired,
        acquisition_time=acquired,
        injection_time=injected,
        series_description=f"SYNTHETIC LAVA {phase}",
        series_number=place + 1,
        manufacturer="hccer synthetic scanner",
        sequence_name="fspgr",
        field_strength_t=row["field_strength_t"],
        repetition_time_ms=row["repetition_time_ms"],
        echo_time_ms=row["echo_time_ms"],
        flip_angle_deg=row["flip_angle_deg"],
        uid_seed=f"{seed}/{row['patient_id']}",
    )
