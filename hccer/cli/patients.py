"""hccer patient remove"""

import typer

app = typer.Typer(help="Patients.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Patients of a cohort."""


@app.command()
def remove(cohort_id: str, patient_id: str) -> None:
    """Erase a patient who withdrew consent: rows, snapshots, blobs and run logs of the cohort."""
    from hccer.cli.dagster import run_dagster
    from schemas.errors import HccerError
    from storage.identity import Identity
    from storage.retention import remove_patient, studies_of
    from storage.store import Store

    store = Store.open()
    patient_id = Identity(store.home).stored_patient(cohort_id, patient_id)

    def erase_logs() -> None:
        if run_dagster("forget", cohort_id, *studies_of(store, cohort_id)):
            raise HccerError(
                f"patient {patient_id!r} is erased from tables, snapshots and blobs, but not from "
                f"Dagster's logs of cohort {cohort_id}: give the same command again"
            )

    removal = remove_patient(store, cohort_id, patient_id, erase_logs=erase_logs)
    print(f"{removal.rows} rows, {removal.snapshots} snapshots, {removal.blobs} blobs erased; "
          "no later run takes this patient in again")  # fmt: skip
    print("the files under the cohort root are yours to delete")
