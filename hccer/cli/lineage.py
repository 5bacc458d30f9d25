"""hccer explain | impact"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from storage.reading import Reader

SAID_AGAIN = ("role", "fold", "phase")


def explain(
    cohort: str,
    patient: str,
    phase: Annotated[str | None, typer.Argument(help="of the values; not with --fit")] = None,
    feature: Annotated[str | None, typer.Argument(help="one feature; all when left out")] = None,
    study: Annotated[str | None, typer.Option(help="whose prediction is explained")] = None,
    fit: Annotated[str | None, typer.Option(help="by this fit, for example DL-ResNet-10")] = None,
) -> None:
    """Walk back from values, or from a prediction, to settings, files and the runs that made them.

    A prediction of a network goes back by its weights, crop and registrations to the images.
    """
    from schemas.errors import HccerError
    from storage.home import Home
    from storage.identity import Identity
    from storage.reading import Reader

    asked = (study is not None) + (fit is not None)
    if asked == 1 or (phase is None) == (asked == 0):
        raise HccerError("name a phase, or the fit of a study: --study ID --fit FIT")
    home = Home.from_environment()
    reader = Reader(home)
    reader.check_cohort(cohort)
    patient = Identity(home).stored_patient(cohort, patient)
    if fit is not None:
        _show(_predictions(reader, study, fit, cohort, patient))
        return
    named = {"cohort": cohort, "patient": patient, "phase": phase}
    rows = reader.query("from lineage_back($cohort, $patient, $phase)", named)
    if rows.is_empty():
        raise HccerError(f"there are no features of {patient}, {phase} in {cohort}: see `hccer sql "
                         f"\"from rejected where patient_id = '{patient}'\"`")  # fmt: skip
    for row in rows.iter_rows(named=True):
        if feature:
            print(f"{feature} = {_value(reader, row['extraction_id'], feature)!r}")
        _show([row])


def _show(rows: Iterable[dict]) -> None:
    for row in rows:
        for name, value in row.items():
            if value is not None:
                print(f"  {name:26} {value}")


def _predictions(
    reader: "Reader", study: str, fit: str, cohort: str, patient: str
) -> Iterator[dict]:
    """Rows of each prediction and phase; what they say alike is said once."""
    from schemas.errors import HccerError

    named = {"study": study, "fit": fit, "cohort": cohort, "patient": patient}
    rows = reader.query("from lineage_prediction($study, $fit, $cohort, $patient)", named)
    if rows.is_empty():
        raise HccerError(f"study {study} has no prediction of {patient} by {fit}: see `hccer sql "
                         f"\"select fit_id, reason from model_fit\"`")  # fmt: skip
    said: dict = {}
    for row in rows.iter_rows(named=True):
        yield {name: value for name, value in row.items()
               if name in SAID_AGAIN or said.get(name) != value}  # fmt: skip
        said = row


def _value(reader: "Reader", extraction_id: int, feature: str) -> float:
    from schemas.errors import HccerError

    found = reader.query(
        "select value from feature_value where extraction_id = $id and feature_name = $name",
        {"id": extraction_id, "name": feature},
    )
    if found.is_empty():
        raise HccerError(f'there is no feature {feature!r}: `hccer sql "from feature_definition"`')
    return found.item()


def impact(
    file: Annotated[str, typer.Argument(help="its path, or that below the root, or a sha256")],
) -> None:
    """List forward what depends on a file or a content hash."""
    from hccer.cli.show import show
    from storage.dependents import dependents
    from storage.home import Home
    from storage.reading import Reader

    show(dependents(Reader(Home.from_environment()), file))


COMMANDS = (explain, impact)
