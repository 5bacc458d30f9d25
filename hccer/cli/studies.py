"""hccer study add | list | remove"""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Studies: which cohorts, endpoint, phases and settings.",
                  no_args_is_help=True)  # fmt: skip


@app.command()
def add(file: Annotated[Path, typer.Argument(help="study.toml")]) -> None:
    """Register a study and its Dagster partition."""
    register_study(file)


def register_study(file: Path) -> str:
    """Register a study and return its id.

    Raises:
        HccerError: a wrong file, a cohort that is not registered, or the id of a cohort.
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
    store.registry.put(Study(study_id=study.id, title=study.title, preset=study.preset,
                             file_json=study.model_dump_json()))  # fmt: skip
    if run_dagster("sync"):
        raise HccerError(f"study {study.id} is registered, but its Dagster partition is not")
    print(f"study {study.id}: settings {settings_id(preset.radiomics)}, "
          f"cohorts {', '.join(study.cohorts)}")  # fmt: skip
    print(f"next: hccer run --study {study.id}")
    return study.id


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
