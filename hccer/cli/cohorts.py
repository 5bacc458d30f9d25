"""hccer cohort add | check | list | remove"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from schemas.cohort_file import CohortFile
    from schemas.registry import Cohort

app = typer.Typer(help="Cohorts: a folder with a cohort.toml becomes a partition.",
                  no_args_is_help=True)  # fmt: skip
File = Annotated[Path, typer.Argument(help="cohort.toml")]
Replace = Annotated[bool, typer.Option(help="an id in use may get another root or title")]
Root = Annotated[Path | None, typer.Option(help="folder of the data; default: as the file says")]


@app.command()
def add(file: File, root: Root = None, replace: Replace = False) -> None:
    """Register a cohort (or its new file) and its Dagster partition; reads no voxel."""
    register(file, root, replace=replace)


def register(file: Path, root: Path | None, *, replace: bool = False) -> str:
    """Register a cohort and return its id.

    Args:
        replace: let an id in use get another root or title.

    Raises:
        HccerError: a wrong file, no root, no image under it, or the id is another cohort's.
    """
    from hccer.cli.dagster import run_dagster
    from hccer.ingest.crawl import holds_an_image
    from hccer.ingest.files import read_cohort_file
    from schemas.errors import HccerError
    from schemas.registry import Cohort
    from storage.store import Store

    cohort, folder = read_cohort_file(file, root)
    if not holds_an_image(cohort, folder):
        raise HccerError(_no_image(cohort, folder))
    row = Cohort(cohort_id=cohort.id, title=cohort.title, synthetic=cohort.synthetic,
                 root=str(folder), file_json=cohort.model_dump_json())  # fmt: skip
    store = Store.open()
    if not replace:
        _check_same(store.registry.cohorts(), row)
    store.registry.put(row)
    if run_dagster("sync"):
        raise HccerError(f"cohort {cohort.id} is registered, but its Dagster partition is not")
    print(f"cohort {cohort.id}: registered, its files under {folder}")
    print(f"next: hccer run --cohort {cohort.id}")
    return cohort.id


def _no_image(cohort: "CohortFile", folder: Path) -> str:
    if cohort.images.layout == "dicom":
        return f"no DICOM image under {folder} fits a rule of images.rules"
    return (
        f"no file under {folder} fits images.pattern {cohort.images.pattern!r} "
        f"with a phase of {', '.join(cohort.phases)}"
    )


def _check_same(registered: list["Cohort"], row: "Cohort") -> None:
    from schemas.errors import HccerError

    for there in registered:
        same = (there.root, there.title) == (row.root, row.title)
        if there.cohort_id == row.cohort_id and not same:
            raise HccerError(
                f"cohort {row.cohort_id} is registered as {there.title!r} under {there.root}: "
                f"take another id, or put {row.title!r} under {row.root} in its place by --replace"
            )


@app.command()
def check(file: File, root: Root = None) -> None:
    """Read every file of a cohort and report what would be rejected; stores nothing."""
    import polars as pl

    from hccer.cli.interrupt import end_at_once
    from hccer.cli.show import show
    from hccer.ingest.check import check_cohort
    from hccer.ingest.files import read_cohort_file

    end_at_once()
    cohort, folder = read_cohort_file(file, root)
    report = check_cohort(cohort, folder)
    for note in report.notes:
        print(f"note: {note}")
    if report.problems:
        rows = [problem.__dict__ for problem in report.problems]
        columns = ["patient_id", "phase", "asset", "reason", "source"]
        show(pl.DataFrame(rows, infer_schema_length=None).select(columns).sort(columns))
    found = f"{report.patients} patients, {report.images} images, {report.masks} masks"
    print(f"cohort {cohort.id}: {found}, {len(report.problems)} problems, nothing stored")
    raise typer.Exit(1 if report.problems else 0)


@app.command("list")
def list_() -> None:
    """Registered cohorts with their counts."""
    from hccer.cli.show import show
    from storage.home import Home
    from storage.reading import Reader

    reader = Reader(Home.from_environment())
    reader.check_not_empty()
    rows = reader.query("select * exclude (title), title from cohort_overview")
    show(rows, rest="into a file (> FILE.csv) go all")


@app.command()
def remove(
    cohort_id: str,
    purge: Annotated[bool, typer.Option(help="out of snapshots, blobs and logs too")] = False,
) -> None:
    """Take a cohort out of the store; its own files are not touched."""
    from hccer.cli.dagster import run_dagster
    from schemas.errors import HccerError
    from storage.retention import remove_cohort
    from storage.store import Store

    def erase_logs() -> None:
        if run_dagster("forget", cohort_id):
            raise HccerError(
                f"cohort {cohort_id} is erased from tables, snapshots and blobs, but not from "
                "Dagster's logs: give the same command again"
            )

    removal = remove_cohort(Store.open(), cohort_id, purge=purge, erase_logs=erase_logs)
    if run_dagster("sync"):
        raise HccerError(f"cohort {cohort_id} is removed, but its Dagster partition is not: the "
                         "next `hccer run` removes it")  # fmt: skip
    print(f"cohort {cohort_id} removed: {removal.rows} rows, {removal.snapshots} snapshots, "
          f"{removal.blobs} blobs")  # fmt: skip
    if not purge:
        print("older snapshots still hold it: --purge erases it there too")
