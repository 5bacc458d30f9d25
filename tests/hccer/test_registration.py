"""Phases moved onto the first one: what is found, what is refused, and that it repeats itself."""

import gzip
import os
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import polars as pl
import pytest
import SimpleITK as sitk

from hccer import rigid
from hccer.imaging.registration import (
    mutual_information,
    read_transform,
    register,
    transform_text,
    voxel_centres_mm,
)
from hccer.ingest.built_in import TRUTH, _shift
from hccer.ingest.built_in_motion import in_words, registration_errors
from hccer.parallel import map_tasks
from hccer.rigid import ants_search
from hccer.synthetic.subject import Subject
from hccer.synthetic.volumes import Volume, volumes
from schemas.deep import RegistrationSettings
from schemas.errors import HccerError
from schemas.tables import REGISTRATION, SEGMENTATION
from storage.store import Store
from tests.hccer.planted import insert

SUBJECT = Subject(number=3, seed=5, diameter_cm=4.2, aggressiveness=0.3, field_strength_t=1.5)
SETTINGS = RegistrationSettings()
LATER = pytest.mark.parametrize("number", [1, 2], ids=["PVP", "DP"])


@cache
def phases() -> list[Volume]:
    return volumes(SUBJECT)


@cache
def found(number: int) -> sitk.AffineTransform:
    return ants_search(phases()[0].image, phases()[number].image, SETTINGS)


def stays(fixed: sitk.Image, moving: sitk.Image, settings: RegistrationSettings) -> sitk.Transform:
    """A search that finds nothing to move."""
    return sitk.AffineTransform(3)


def refused(moving: sitk.Image, search=stays, settings: RegistrationSettings = SETTINGS) -> str:
    first = phases()[0]
    with pytest.raises(HccerError) as caught:
        register(first.image, moving, first.mask, settings, search)
    return str(caught.value)


def errors_mm(transform: sitk.Transform, truth: sitk.Transform) -> np.ndarray:
    """Target registration error (mm) at the voxels of the tumour."""
    points = voxel_centres_mm(phases()[0].mask)
    return np.array([np.linalg.norm(np.subtract(transform.TransformPoint(point),
                                                truth.TransformPoint(point)))
                     for point in points.tolist()])  # fmt: skip


# ---- what is found


@LATER
def test_the_known_shift_is_found_within_a_voxel(number: int):
    moved = phases()[number]
    voxel_mm = moved.image.GetSpacing()[0]
    before = errors_mm(sitk.AffineTransform(3), moved.shift)
    after = errors_mm(found(number), moved.shift)
    print(f"{moved.phase}: {np.median(before):.2f} -> {np.median(after):.2f} mm")
    assert np.median(after) < min(voxel_mm, np.median(before))


@LATER
def test_what_is_found_is_measured(number: int):
    first, later = phases()[0], phases()[number]
    made = register(first.image, later.image, first.mask, SETTINGS, lambda *_: found(number))
    assert made.metric_after > made.metric_before > 0
    assert made.overlap == 1
    assert 0 < made.rotation_deg < 3
    assert abs(made.shift_mm - np.linalg.norm(later.shift.GetTranslation())) < 1


def test_the_error_on_the_built_in_cohort_is_told(store: Store, tmp_path: Path):
    """One phase as ANTs finds it, one that was not moved at all."""
    first, pvp, dp = phases()
    made = {"PVP": found(1), "DP": sitk.AffineTransform(3)}
    sitk.WriteImage(first.mask, str(tmp_path / "mask.nii.gz"))
    mask = store.blobs.put(gzip.decompress((tmp_path / "mask.nii.gz").read_bytes()))
    insert(store, SEGMENTATION, [{"cohort_id": "c", "patient_id": "P1", "phase": "AP",
                                  "mask_sha256": mask, "is_reference": True,
                                  "origin": "manual"}])  # fmt: skip
    insert(store, REGISTRATION, [
        {"cohort_id": "c", "patient_id": "P1", "phase": phase, "fixed_phase": "AP",
         "transform": transform_text(each)} for phase, each in made.items()
    ])  # fmt: skip
    named = SimpleNamespace(row={"patient_id": "P1"})
    pl.DataFrame([_shift(named, each) for each in (pvp, dp)]).write_csv(tmp_path / TRUTH)
    errors = registration_errors(store, "c", tmp_path)
    told = {row["phase"]: row for row in errors.iter_rows(named=True)}
    for moved in (pvp, dp):
        row, still = told[moved.phase], sitk.AffineTransform(3)
        wanted = np.median(errors_mm(made[moved.phase], moved.shift))
        assert row["before_mm"] == pytest.approx(np.median(errors_mm(still, moved.shift)))
        assert row["after_mm"] == pytest.approx(wanted, abs=1e-6)
        assert row["voxel_mm"] == pytest.approx(min(first.mask.GetSpacing()))
    assert told["PVP"]["after_mm"] < told["PVP"]["voxel_mm"]
    assert told["DP"]["after_mm"] == told["DP"]["before_mm"]
    only = in_words(errors.filter(phase="PVP"))
    print(only)
    assert re.search(r"^Registration of 1 phase against .* mm after \(0\.\d\d voxels\)\.$", only)
    with pytest.raises(HccerError, match=r"true_shifts\.csv is not there: `hccer demo` writes it"):
        registration_errors(store, "c", tmp_path / "elsewhere")
    assert in_words(errors.clear()) == "Registration: no phase was registered."


def test_shift_and_rotation_of_a_known_transform():
    first = phases()[0]
    centre = first.image.TransformContinuousIndexToPhysicalPoint(
        [(size - 1) / 2 for size in first.image.GetSize()]
    )
    turned = sitk.Euler3DTransform(centre, 0, 0, float(np.deg2rad(3)), (3, 4, 0))
    known = sitk.AffineTransform(turned.GetMatrix(), turned.GetTranslation(), centre)
    made = register(first.image, first.image, first.mask, SETTINGS, lambda *_: known)
    assert (made.shift_mm, made.rotation_deg) == pytest.approx((5, 3))
    assert made.metric_after < made.metric_before


def test_the_storage_order_of_the_moved_image_does_not_matter():
    first, later = phases()[0], phases()[1]
    other = sitk.DICOMOrient(later.image, "RAS")
    assert other.GetDirection() != later.image.GetDirection()
    made = register(first.image, other, first.mask, SETTINGS, ants_search)
    assert np.median(errors_mm(made.transform, later.shift)) < later.image.GetSpacing()[0]


def test_a_transform_survives_its_text():
    text = transform_text(found(1))
    assert transform_text(read_transform(text)) == text
    assert errors_mm(read_transform(text), found(1)).max() == 0


# ---- that it repeats itself


def _text(number: int) -> tuple[str, int]:
    text = transform_text(ants_search(phases()[0].image, phases()[number].image, SETTINGS))
    return text, os.getpid()


def test_two_calls_and_other_processes_give_the_same_bits():
    here = transform_text(found(1))
    assert _text(1)[0] == here
    there = [result for _, result in map_tasks(_text, [1, 1], "registration")]
    assert [text for text, _ in there] == [here, here]
    assert os.getpid() not in {process for _, process in there}


def test_the_seed_decides_and_environment_and_threads_stay(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANTS_RANDOM_SEED", "5")
    monkeypatch.delenv("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", raising=False)
    threads = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    other = SETTINGS.model_copy(update={"random_state": 7})
    text = transform_text(ants_search(phases()[0].image, phases()[1].image, other))
    assert text != transform_text(found(1))
    assert os.environ["ANTS_RANDOM_SEED"] == "5"
    assert "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS" not in os.environ
    assert sitk.ProcessObject.GetGlobalDefaultNumberOfThreads() == threads


def test_ants_loaded_by_others_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rigid, "_ours", set())
    monkeypatch.setitem(sys.modules, "ants", ModuleType("ants"))
    assert "would not repeat itself" in refused(phases()[1].image, ants_search)


# ---- what is refused


def test_images_that_lie_apart_are_refused():
    moving = sitk.Image(phases()[1].image)
    moving.SetOrigin((2000.0, 0.0, 0.0))
    assert refused(moving).startswith("the images do not overlap: the moving image lies where")


def test_an_image_that_leaves_most_of_the_tumour_is_refused():
    first, later = phases()[0], phases()[1]
    rows = np.nonzero(sitk.GetArrayViewFromImage(first.mask))[1]
    part = later.image[:, int(np.quantile(rows, 0.7)) :, :]
    assert "fewer than 50%" in refused(part)
    little = SETTINGS.model_copy(update={"fewest_overlap": 0.01})
    assert 0.2 < register(first.image, part, first.mask, little, stays).overlap < 0.5


def test_a_search_that_runs_away_is_refused():
    away = sitk.AffineTransform(3)
    away.SetTranslation((0, 0, 900))
    assert "the moving image was moved where it covers nothing" in refused(
        phases()[1].image, lambda *_: away
    )


def test_voxels_that_are_no_numbers_are_refused():
    moving = sitk.Cast(phases()[1].image, sitk.sitkFloat32)
    moving[3, 3, 3] = float("nan")
    expected = "the moving image cannot be registered: 1 of"
    assert refused(moving).startswith(expected)
    assert "every voxel is 0" in refused(phases()[1].image * 0)


@pytest.mark.parametrize(
    ("direction", "axes"),
    [((-1, 0, 0, 0, -1, 0, 0, 0, 1), "x and y"), ((1, 0, 0, 0, 1, 0, 0, 0, -1), "z")],
)
def test_a_direction_that_contradicts_the_voxels_is_refused(direction: tuple, axes: str):
    """The grid covers the same space, but what lies in it is mirrored."""
    given = phases()[1].image
    moving = sitk.Image(given)
    moving.SetDirection(direction)
    moved = np.subtract(*(each.TransformContinuousIndexToPhysicalPoint(
        [(size - 1) / 2 for size in each.GetSize()]) for each in (given, moving)))  # fmt: skip
    moving.SetOrigin((np.array(moving.GetOrigin()) + moved).tolist())
    assert f"would fit better flipped along {axes}" in refused(moving)
    moving.SetOrigin(given.GetOrigin())
    if axes != "z":
        assert "do not overlap" in refused(moving)


def test_an_empty_mask_is_refused():
    first = phases()[0]
    with pytest.raises(HccerError, match="empty mask"):
        register(first.image, phases()[1].image, first.mask * 0, SETTINGS, stays)


def test_mutual_information_of_an_image_with_itself_is_the_largest():
    first, later = phases()[0].image, phases()[1].image
    identity = sitk.AffineTransform(3)
    own, other = (mutual_information(first, each, identity, SETTINGS) for each in (first, later))
    assert own > other > 0
    assert own == mutual_information(first, first, identity, SETTINGS)
