"""hccer study add | list | remove"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from schemas.registry import Study
    from schemas.study_file import StudyFile

app = typer.Typer(help="Studies: which cohorts, endpoint, phases and settings.",
                  no_args_is_help=True)  # fmt: skip


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="study.toml")],
    replace: Annotated[bool, typer.Option(help="an id in use may get other content")] = False,
) -> None:
    """Register a study and its Dagster partition."""
    register_study(file, replace=replace)


def register_study(file: Path, *, replace: bool = False) -> str:
    """Register a study and return its id.

    Args:
        replace: let an id in use get other content.

    Raises:
        HccerError: a wrong file, a cohort that is not registered, the id of a cohort, or that of
            another study.
    """
    from hccer.cli.dagster import run_dagster
    from hccer.ingest.files import read_study_file
    from schemas.errors import HccerError
    from schemas.preset import load_preset, settings_id
    from schemas.registry import Study
    from storage.store import Store

    study = read_study_file(file)
    preset = load_preset(study.preset, study.overrides, str(file))
    store = Store.open()
    if study.id in {row.cohort_id for row in store.registry.cohorts()}:
        raise HccerError(f"{study.id} is a cohort already: give the study another id")
    for cohort_id in study.cohorts:
        _check(store.registry.cohort(cohort_id), study, file)
    if not replace:
        _check_same(store.registry.studies(), study)
    store.registry.put(Study(study_id=study.id, title=study.title, preset=study.preset,
                             file_json=study.model_dump_json()))  # fmt: skip
    if run_dagster("sync"):
        raise HccerError(f"study {study.id} is registered, but its Dagster partition is not")
    print(f"study {study.id}: settings {settings_id(preset.radiomics)}, "
          f"cohorts {', '.join(study.cohorts)}")  # fmt: skip
    print(f"next: hccer run --study {study.id}")
    return study.id


def _check_same(registered: list["Study"], study: "StudyFile") -> None:
    from schemas.errors import HccerError
    from schemas.study_file import StudyFile

    for there in registered:
        if there.study_id != study.id:
            continue
        old = StudyFile.model_validate_json(there.file_json).model_dump(mode="json")
        other = [name for name, value in study.model_dump(mode="json").items()
                 if old[name] != value]  # fmt: skip
        if other:
            raise HccerError(
                f"study {study.id} is registered with another {', '.join(other)}: take another "
                "id, or put this file in its place by --replace"
            )


def _check(row: object, study: object, file: Path) -> None:
    from schemas.cohort_file import CohortFile
    from schemas.errors import InvalidFileError

    cohort = CohortFile.model_validate_json(row.file_json)
    problems = [f"phases: cohort {cohort.id} has no {phase} (it has {', '.join(cohort.phases)})"
                for phase in study.phases if phase not in cohort.phases]  # fmt: skip
    endpoints = [endpoint.name for endpoint in cohort.endpoint]
    if study.endpoint not in endpoints:
        there = ", ".join(endpoints) or "none"
        problems.append(f"endpoint: cohort {cohort.id} has no {study.endpoint!r} (it has {there})")
    if problems:
        raise InvalidFileError(str(file), problems)


@app.command("list")
def list_() -> None:
    """Registered studies."""
    from hccer.cli.show import show
    from storage.home import Home
    from storage.reading import Reader

    reader = Reader(Home.from_environment())
    show(reader.query("select study_id, title, preset, added_at from study order by study_id"))


@app.command()
def remove(study_id: str) -> None:
    """Take a study and its rows out; feature values computed for it stay."""
    from hccer.cli.dagster import run_dagster
    from schemas.errors import HccerError
    from storage.retention import remove_study
    from storage.store import Store

    rows = remove_study(Store.open(), study_id)
    if run_dagster("forget", study_id):
        raise HccerError(f"study {study_id} is removed, but not from Dagster's logs")
    print(f"study {study_id} removed: {rows} rows")
