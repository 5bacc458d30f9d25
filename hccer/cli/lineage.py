"""hccer explain | impact"""

from typing import Annotated

import typer


def explain(
    cohort: str,
    patient: str,
    phase: str,
    feature: Annotated[str | None, typer.Argument(help="one feature; all when left out")] = None,
) -> None:
    """Walk back from values to settings, mask and voxel files, and the run that made them."""
    from schemas.errors import HccerError
    from storage.home import Home
    from storage.identity import Identity
    from storage.reading import Reader

    home = Home.from_environment()
    reader = Reader(home)
    reader.check_cohort(cohort)
    patient = Identity(home).stored_patient(cohort, patient)
    named = {"cohort": cohort, "patient": patient, "phase": phase}
    rows = reader.query("from lineage_back($cohort, $patient, $phase)", named)
    if rows.is_empty():
        raise HccerError(f"there are no features of {patient}, {phase} in {cohort}: see `hccer sql "
                         f"\"from rejected where patient_id = '{patient}'\"`")  # fmt: skip
    for row in rows.iter_rows(named=True):
        if feature:
            print(f"{feature} = {_value(reader, row['extraction_id'], feature)!r}")
        for name, value in row.items():
            if value is not None:
                print(f"  {name:26} {value}")


def _value(reader: object, extraction_id: int, feature: str) -> float:
    from schemas.errors import HccerError

    found = reader.query(
        "select value from feature_value where extraction_id = $id and feature_name = $name",
        {"id": extraction_id, "name": feature},
    )
    if found.is_empty():
        raise HccerError(f'there is no feature {feature!r}: `hccer sql "from feature_definition"`')
    return found.item()


def impact(
    file: Annotated[str, typer.Argument(help="path below the cohort root, or a sha256")],
) -> None:
    """List forward what depends on a file or a content hash."""
    import polars as pl

    from hccer.cli.show import show
    from schemas.errors import HccerError
    from storage.home import Home
    from storage.identity import Identity
    from storage.reading import Reader

    home = Home.from_environment()
    reader = Reader(home)
    rows = reader.query("from lineage_forward($file)", {"file": file})
    for cohort_id in reader.query("select cohort_id from cohort")["cohort_id"]:
        stored = Identity(home).stored_path(cohort_id, file)
        if stored != file:
            rows = pl.concat([rows, reader.query("from lineage_forward($file)", {"file": stored})])
    if rows.is_empty():
        raise HccerError(f"nothing in the store depends on {file!r}")
    show(rows)


COMMANDS = (explain, impact)
