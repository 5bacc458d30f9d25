"""DICOM whose headers and folders name patients, through the command: no name in the store."""

import datetime
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from hccer.ingest.dicom_writing import write_series
from hccer.pipeline import Context, materialise
from storage.home import Home
from storage.identity import Identity
from storage.leaks import search
from storage.retention import remove_patient
from storage.store import Store
from tests.hccer.dicom_files import series_header
from tests.storage.test_retention import files_naming
from tests.support import hccer_command, hccer_here

COHORT = """
id = "centre"
title = "A centre that hands in what the scanner wrote"
phases = ["AP", "PVP"]
[images]
layout = "dicom"
[[images.rules]]
phase = "AP"
series_description = "(?i)arterial"
[[images.rules]]
phase = "PVP"
series_description = "(?i)venous"
[masks]
pattern = "masks/{patient}_{phase}.nii.gz"
[clinical]
file = "patients.csv"
patient = "Number"
surgery = "Operated"
columns = { "Age" = "age_years" }
[endpoint]
name = "early_recurrence"
column = "Recurrence"
"""
STUDY = """
id = "quick"
endpoint = "early_recurrence"
phases = ["AP", "PVP"]
development = ["centre"]
[overrides.radiomics]
featureClass = ["firstorder"]
[overrides.radiomics.imageType]
Wavelet = false
LoG = false
"""
# patient id, name, birth date
PATIENTS = (
    ("KH-00471108", "Meyerhold^Annegret", datetime.date(1950, 1, 31)),
    ("KH-00471109", "Öztürk^Çağla Su", datetime.date(1961, 12, 3)),
)
NAMED = ("KH-0047110", "Meyerhold", "MEYERHOLD", "Annegret", "Öztürk", "19500131", "31.01.1950")


def _volume(seed: int) -> sitk.Image:
    voxels = np.random.default_rng(seed).integers(0, 900, (6, 24, 24), dtype=np.int16)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((1.5, 1.5, 3.0))
    return image


def _mask(image: sitk.Image) -> sitk.Image:
    mask = image * 0
    mask[6:18, 6:18, 1:5] = 1
    return sitk.Cast(mask, sitk.sitkUInt8)


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    """What a centre hands in: folders named after patients, their names in every header."""
    root = tmp_path / "scanner"
    (root / "masks").mkdir(parents=True)
    rows = ["Number,Name,Operated,Age,Recurrence"]
    for number, (patient_id, name, birth_date) in enumerate(PATIENTS):
        folder = root / name.replace("^", "_")
        for place, phase in enumerate(("Arterial", "Venous")):
            image = _volume(10 * number + place)
            header = series_header(
                f"{phase} phase", patient_id=patient_id, patient_name=name, series_number=place,
                birth_date=birth_date, uid_seed=patient_id,
            )  # fmt: skip
            write_series(image, folder / phase, header)
            short = {"Arterial": "AP", "Venous": "PVP"}[phase]
            sitk.WriteImage(_mask(image), str(root / "masks" / f"{patient_id}_{short}.nii.gz"))
        rows.append(f'{patient_id},"{name}",31.01.2021,61,{number}')
    whole = root / "Meyerhold_Annegret" / "Arterial" / "IM00001.dcm"
    torn = root / "Meyerhold_Annegret" / "Scout" / "Meyerhold.dcm"
    torn.parent.mkdir()
    torn.write_bytes(whole.read_bytes()[:700])
    (root / "patients.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.mark.long
def test_names_in_headers_and_folders_reach_no_table_log_or_page(
    handed_in: Path, home: Home, tmp_path: Path
):
    for name, text in (("cohort.toml", COHORT), ("study.toml", STUDY)):
        (tmp_path / name).write_text(text)
    hccer_command("cohort", "add", str(tmp_path / "cohort.toml"), "--root", str(handed_in))
    hccer_here("study", "add", str(tmp_path / "study.toml"))
    done = hccer_command("run", "--cohort", "centre")
    assert not [name for name in NAMED if name in done.stdout + done.stderr]
    store = Store.open(home)
    counts = {table: len(store.rows(f"from lake.{table}"))
              for table in ("patient", "image", "segmentation", "extraction")}  # fmt: skip
    assert counts == {"patient": 2, "image": 4, "segmentation": 4, "extraction": 4}
    _check_nothing_names(store)
    remove_patient(store, "centre", Identity(home).stored_patient("centre", PATIENTS[0][0]))
    materialise(Context(store, "centre", "later"), "source_file")
    for name in (PATIENTS[0][0], "Meyerhold", "MEYERHOLD", "Annegret", "19500131"):
        assert files_naming(home, name) == [], name


def _check_nothing_names(store: Store) -> None:
    identity = Identity(store.home)
    kinds = {each.kind: each.value for each in identity.values("centre")}
    assert set(kinds) == {"patient_id", "patient_name", "birth_date", "path"}
    found = search(store)
    assert (found.leaks, found.skipped, found.short) == ((), (), 0)
    for name in NAMED:
        assert set(files_naming(store.home, name)) <= {str(identity.file)}, name
    refused = store.rows("select reason, source from lake.rejected where source is not null")
    assert len(refused) >= 1, "the torn file"
