"""What a study finds depends on what patients are: no name and no order of anything decides it."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hccer.study import STEPS, StudyContext, materialise
from hccer.study import nested as nested_step
from hccer.study import selecting as selecting_step
from schemas.registry import Study
from schemas.study_file import StudyFile
from schemas.tables import STUDY_TABLES
from storage.home import Home
from storage.store import Store
from tests.hccer.planted_tables import PATIENTS, plant

OVERRIDES = {
    "deep": False,
    "evaluation": {"resamples": 3},
    "validation": {
        "n_splits": 3, "n_repeats": 2, "n_permutations": 1,
        "chain": {"reliability": {"fewest_repeats": 2, "threshold": 0.5},
                  "selection": {"n_splits": 3}},
    },
}  # fmt: skip
# these read voxels, and the registered cohort
UNPLANTED = ("delineation_agreement", "report")
# names themselves, and hashes that contain them
NAMES = ("cohort_id", "patient_id", "study_id", "derivation")


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without workers, which take seconds to start."""

    def serial(function: Callable, tasks: list, title: str) -> object:
        return ((task, function(task)) for task in tasks)

    for module in (nested_step, selecting_step):
        monkeypatch.setattr(module, "map_tasks", serial)


def finished(path: Path, development: tuple[str, ...] = ("planted",), **planted: object) -> Store:
    """A store with every step of a study done."""
    store = plant(Store.open(Home(path)), **planted)
    file = StudyFile(id="s", endpoint="early_recurrence", phases=["AP"], preset="honest",
                     development=list(development), overrides=OVERRIDES)  # fmt: skip
    text = file.model_dump_json()
    store.registry.put(Study(study_id="s", title="", preset="honest", file_json=text))
    for name in [each for each in STEPS if each not in UNPLANTED]:
        materialise(StudyContext(store, "s", "test"), name)
    return store


def found(store: Store) -> dict[str, pl.DataFrame]:
    """Rows of every table of the study without names; patients are what they are made of."""
    tables = {}
    for table in STUDY_TABLES:
        kept = [name for name in table.content_columns if name not in NAMES]
        patient = "s.content_sha256 as patient, " if "patient_id" in table.column_names else ""
        join = (
            "left join (from lake.split where repeat = 0) s using (study_id, cohort_id, patient_id)"
        )
        columns = ", ".join(f"t.{name}" for name in kept)
        text = f"select {patient}{columns} from lake.{table.name} t {join if patient else ''}"
        tables[table.name] = store.rows(f"from ({text}) order by all")
    return tables


def alike(first: pl.DataFrame, second: pl.DataFrame) -> None:
    """Equal to the last bit."""
    assert_frame_equal(first, second, check_exact=True)


def same(first: Store, second: Store) -> None:
    before, after = found(first), found(second)
    for name, rows in before.items():
        alike(rows, after[name])
    filled = [name for name, rows in before.items() if len(rows)]
    assert len(filled) > 15 and len(before["nested_prediction"]) > 4 * PATIENTS


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The study of the patients in order; only to be read."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (nested_step, selecting_step):
            patch.setattr(module, "map_tasks", lambda f, tasks, title: ((t, f(t)) for t in tasks))
        return finished(tmp_path_factory.mktemp("reference") / "home")


@pytest.mark.long
def test_the_same_study_twice_gives_the_same_rows(reference: Store, tmp_path: Path):
    again = finished(tmp_path / "home")
    for table in STUDY_TABLES:
        columns = ", ".join(table.content_columns)
        text = f"select {columns} from lake.{table.name} where study_id = 's' order by all"
        alike(reference.rows(text), again.rows(text))


def test_the_order_of_rows_and_files_changes_no_number(reference: Store, tmp_path: Path):
    same(reference, finished(tmp_path / "home", shuffled=1))


def test_the_names_of_patients_change_no_number(reference: Store, tmp_path: Path):
    def other(number: int) -> str:
        return f"Q{number * 7 % PATIENTS:03d}"

    assert len({other(number) for number in range(PATIENTS)}) == PATIENTS
    same(reference, finished(tmp_path / "home", name=other, shuffled=2))


@pytest.mark.long
def test_the_order_and_names_of_cohorts_change_no_number(tmp_path: Path):
    def centre(number: int) -> str:
        return "east" if number % 4 < 2 else "west"

    def swapped(number: int) -> str:
        return "east" if centre(number) == "west" else "west"

    first = finished(tmp_path / "first", ("east", "west"), cohort=centre)
    second = finished(tmp_path / "second", ("west", "east"), cohort=centre, shuffled=3)
    third = finished(tmp_path / "third", ("east", "west"), cohort=swapped)
    for other in (second, third):
        # metrics of each centre stand under its name, so only what is of both is compared
        for name in ("split", "feature_reliability", "feature_screen", "feature_selection",
                     "risk_factor", "model_fit", "prediction", "nested_prediction", "worth",
                     "choice_optimism"):  # fmt: skip
            alike(found(first)[name], found(other)[name])


def test_another_seed_of_the_split_is_another_split(reference: Store):
    other = {**OVERRIDES, "split": {"random_state": 1}}
    for name, overrides in (("one", OVERRIDES), ("two", other), ("one", other)):
        file = StudyFile(id=name, endpoint="early_recurrence", phases=["AP"], preset="honest",
                         development=["planted"], overrides=overrides)  # fmt: skip
        text = file.model_dump_json()
        reference.registry.put(Study(study_id=name, title="", preset="honest", file_json=text))
        materialise(StudyContext(reference, name, "test"), "split")
    roles = {name: reference.rows("select patient_id, role from lake.split where study_id = ? "
                                  "and repeat = 0 order by all", [name])
             for name in ("s", "one", "two")}  # fmt: skip
    assert roles["one"].equals(roles["two"]) and not roles["one"].equals(roles["s"])
