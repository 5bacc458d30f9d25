"""Every kind of damage ends as a reason in words; whoever is not struck keeps every bit."""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hccer.ingest.files import read_cohort_file, read_study_file
from schemas.errors import HccerError
from tests.system.corrupt.drawn import DRAWN
from tests.system.corrupt.harness import (
    NEIGHBOURS,
    STEPS,
    Aftermath,
    Damage,
    Finished,
    damaged,
    finish,
)
from tests.system.corrupt.healthy import write_excel, write_scans, write_volumes
from tests.system.corrupt.nifti import NIFTI
from tests.system.corrupt.scans import SCANS
from tests.system.corrupt.tables import EXCEL_TABLES, ROWS, TABLES
from tests.system.corrupt.texts import COHORT, COHORTS, STUDIES, STUDY

SECONDS = 60.0  # of wall clock for a hundred damaged patients
SECONDS_OF_A_TABLE = 20.0
OF_PATIENTS = {"scans": [*SCANS, *DRAWN], "volumes": [*NIFTI, *ROWS]}
OF_COHORTS = {"volumes": TABLES, "excel": EXCEL_TABLES}
CONTENT = {"image": "image_sha256", "segmentation": "mask_sha256"}
WITHOUT_IMAGES = STEPS[:5]
# their images are new and sound by themselves; no delineation is accepted on them
IMAGED_ANEW = ("voxels-of-another-patient", "voxels-of-another")
TWIN = "twin"  # whose voxels another patient hands in


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Aftermath]:
    """All patients of a cohort damaged at once, each in another way; by the cohort."""
    return cache(partial(_struck, tmp_path_factory))


@pytest.fixture(scope="module")
def tabled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Finished]:
    """Three healthy patients with a table to be damaged; by the kind of table."""
    return cache(partial(_tabled, tmp_path_factory))


def _struck(tmp_path_factory: pytest.TempPathFactory, cohort: str) -> Aftermath:
    damages = OF_PATIENTS[cohort]
    patients = [*NEIGHBOURS, TWIN, *(each.kind for each in damages)]
    drawn = ["C", *(each.kind for each in DRAWN)]

    def write(root: Path) -> None:
        if cohort == "scans":
            write_scans(root, patients, drawn)
        else:
            write_volumes(root, patients)

    def strike(root: Path) -> None:
        for damage in damages:
            damage.apply(root / damage.kind)

    finished = finish(cohort, tmp_path_factory.mktemp(cohort), write)
    assert finished.healthy.rejected.is_empty()
    return damaged(finished, tmp_path_factory.mktemp("struck"), strike)


def _tabled(tmp_path_factory: pytest.TempPathFactory, kind: str) -> Finished:
    write = {"volumes": write_volumes, "excel": write_excel}[kind]
    folder = tmp_path_factory.mktemp(kind)
    made = finish("volumes", folder, lambda root: write(root, NEIGHBOURS))
    assert made.healthy.rejected.is_empty()
    return made


def test_there_are_many_kinds():
    damages = [each for group in (OF_PATIENTS, OF_COHORTS) for of in group.values() for each in of]
    names = {each.kind for each in damages}
    assert len(names) == len(damages)
    assert len({re.sub(r"-\d$", "", name) for name in names}) >= 140


def _each(damages: dict[str, Sequence[Damage]]) -> pytest.MarkDecorator:
    cases = [(cohort, damage) for cohort, group in damages.items() for damage in group]
    ids = [damage.kind for _, damage in cases]
    return pytest.mark.parametrize(("cohort", "damage"), cases, ids=ids)


@_each(OF_PATIENTS)
def test_damage_to_a_patient_is_a_reason(
    struck: Callable[[str], Aftermath], cohort: str, damage: Damage
):
    aftermath = struck(cohort)
    named = (pl.col("patient_id") == damage.kind) | pl.col("source").str.contains(damage.kind)
    for rows in (aftermath.now.rejected, aftermath.found):
        assert damage.is_told(rows), rows.filter(named)["reason"].to_list()


@pytest.mark.parametrize("cohort", OF_PATIENTS)
def test_the_neighbours_keep_every_bit(struck: Callable[[str], Aftermath], cohort: str):
    aftermath = struck(cohort)
    assert aftermath.seconds < SECONDS
    _nothing_new_is_believed(aftermath)
    _history_stands(aftermath)
    for table in aftermath.healthy.tables:
        now = aftermath.now.of(table, NEIGHBOURS)
        assert len(now) >= len(NEIGHBOURS) or table == "exclusion"
        healthy = aftermath.healthy.of(table, NEIGHBOURS)
        if table == "source_file":  # a slice that says it is theirs is listed, and not used
            now = now.filter((pl.col("kind") != "image") | pl.col("phase").is_not_null())
        assert_frame_equal(now, healthy)


@_each(OF_COHORTS)
def test_damage_to_a_table_is_a_reason(
    tabled: Callable[[str], Finished], cohort: str, damage: Damage, tmp_path: Path
):
    aftermath = damaged(tabled(cohort), tmp_path, damage.apply, WITHOUT_IMAGES)
    assert aftermath.seconds < SECONDS_OF_A_TABLE
    for rows in (aftermath.now.rejected, aftermath.found):
        assert damage.is_told(rows), rows["reason"].to_list()
        _is_in_words(rows)
    for table, rows in aftermath.healthy.tables.items():
        if table != "source_file":
            assert_frame_equal(aftermath.now.tables[table], rows)
    _history_stands(aftermath)


@pytest.mark.parametrize("cohort", OF_PATIENTS)
def test_reasons_are_in_words(struck: Callable[[str], Aftermath], cohort: str):
    aftermath = struck(cohort)
    _is_in_words(aftermath.now.rejected)
    _is_in_words(aftermath.found)


TEXTS = {
    f"{of}-{name}": (read, healthy, *case)
    for of, read, healthy, cases in (("cohort", read_cohort_file, COHORT, COHORTS),
                                     ("study", read_study_file, STUDY, STUDIES))
    for name, case in cases.items()
}  # fmt: skip


@pytest.mark.parametrize(("read", "healthy", "content", "says"), TEXTS.values(), ids=TEXTS)
def test_damage_to_a_toml_file_is_a_refusal(
    read: Callable, healthy: str, content: bytes, says: str, tmp_path: Path
):
    file = tmp_path / "file.toml"
    file.write_text(healthy)
    assert read(file)
    file.write_bytes(content)
    with pytest.raises(HccerError, match=says) as refusal:
        read(file)
    assert "Traceback" not in str(refusal.value)


def _is_in_words(rows: pl.DataFrame) -> None:
    for reason in rows["reason"]:
        assert reason and reason.isprintable(), reason
        assert len(reason) < 1000
        assert not re.search("Traceback|Doe|object at|None", reason), reason


def _nothing_new_is_believed(aftermath: Aftermath) -> None:
    """What is stored of anybody is what was stored of them when they were healthy."""
    for table, content in CONTENT.items():
        names = ("patient_id", "phase", "reader_id", "session_id", content)
        unit = [name for name in names if name in aftermath.now.tables[table].columns]
        healthy = aftermath.healthy.tables[table]
        new = aftermath.now.tables[table].join(healthy, on=unit, how="anti")
        new = new.filter(~pl.col("patient_id").is_in(IMAGED_ANEW) if table == "image" else True)
        assert new.is_empty(), new.select(unit).rows()


def _history_stands(aftermath: Aftermath) -> None:
    """Old snapshots hold what they held; a second run changes nothing."""
    for table, rows in aftermath.healthy.tables.items():
        assert_frame_equal(aftermath.before.tables[table], rows)
    kept = aftermath.now.snapshots.head(len(aftermath.healthy.snapshots))
    assert_frame_equal(kept, aftermath.healthy.snapshots)
    first, second = (set(each.rejected["reason"]) for each in (aftermath.now, aftermath.again))
    assert first == second, first ^ second
    assert_frame_equal(aftermath.again.rejected, aftermath.now.rejected)
    more = aftermath.again.snapshots.tail(-len(aftermath.now.snapshots))
    assert more.is_empty(), more.rows()
