"""hccer patient remove"""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from storage.compaction import Removal

app = typer.Typer(help="Patients.", no_args_is_help=True)
Yes = Annotated[bool, typer.Option("--yes", help="do not ask, which is asked on a terminal only")]
GONE = "older snapshots of all cohorts"


@app.callback()
def _group() -> None:
    """Patients of a cohort."""


@app.command()
def remove(cohort_id: str, patient_id: str, yes: Yes = False) -> None:
    """Erase a patient who withdrew consent: rows, snapshots, blobs and run logs of the cohort.

    This cannot be undone. The older snapshots of all cohorts go with it, for they hold the
    patient: `--as-of` shows nothing before it any more. The cohort's studies lose their rows,
    which the next run makes anew without the patient.
    """
    from hccer.cli.dagster import run_dagster
    from schemas.errors import HccerError
    from storage.retention import check_cohort, remove_patient, studies_of
    from storage.store import Store

    store = Store.open()
    check_cohort(store, cohort_id)
    if not yes:
        _ask(cohort_id, patient_id, studies_of(store, cohort_id))

    def erase_logs() -> None:
        if run_dagster("forget", cohort_id, *studies_of(store, cohort_id)):
            raise HccerError(
                f"patient {patient_id!r} is erased from tables, snapshots and blobs, but not from "
                f"Dagster's logs of cohort {cohort_id}: give the same command again"
            )

    _say(cohort_id, patient_id, remove_patient(store, cohort_id, patient_id, erase_logs=erase_logs))


def _ask(cohort_id: str, patient_id: str, studies: list[str]) -> None:
    import sys

    if sys.stdin.isatty():
        rows = f", and the rows of study {', '.join(studies)}" if studies else ""
        typer.confirm(f"erase patient {patient_id} of cohort {cohort_id} for ever, with the {GONE}"
                      f"{rows}?", abort=True)  # fmt: skip


def _say(cohort_id: str, patient_id: str, removal: "Removal | None") -> None:
    if removal is None:
        print(f"patient {patient_id} was already removed from cohort {cohort_id}: nothing erased")
        return
    print(f"{removal.rows} rows, {removal.snapshots} snapshots, {removal.blobs} blobs erased; "
          "no later run takes this patient in again")  # fmt: skip
    print(f"the {GONE} are gone: --as-of shows nothing before this removal")
    print("the files under the cohort root are yours to delete")
