"""hccer explain | impact"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from storage.reading import Reader

PHASES = (
    "select distinct phase from extraction where cohort_id = $cohort and patient_id = $patient "
    "order by phase"
)
REFERENCE_FIRST = (
    "order by is_reference desc nulls last, reader_id, session_id, settings_id, extraction_id"
)
UNITS = {"Volume$": "mm3", "SurfaceArea$": "mm2", "AxisLength$|Diameter": "mm"}
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
    from storage.home import Home
    from storage.identity import Identity
    from storage.reading import Reader

    _check_asked(phase, study, fit)
    home = Home.from_environment()
    reader = Reader(home)
    reader.check_cohort(cohort)
    stored = Identity(home).stored_patient(cohort, patient)
    if fit is not None:
        named = {"study": study, "fit": fit, "cohort": cohort, "patient": stored}
        _show(_predictions(reader, patient, named))
        return
    named = {"cohort": cohort, "patient": stored, "phase": phase}
    rows = reader.query(f"from lineage_back($cohort, $patient, $phase) {REFERENCE_FIRST}", named)
    if rows.is_empty():
        _refuse(reader, patient, named)
    for place, row in enumerate(rows.iter_rows(named=True)):
        print(end="\n" if place else "")
        if feature:
            print(f"{feature} = {_value(reader, row['extraction_id'], feature)}")
        _show([row])


def _check_asked(phase: str | None, study: str | None, fit: str | None) -> None:
    from schemas.errors import HccerError

    given = {"PHASE": phase, "--study": study, "--fit": fit}
    named = [name for name, value in given.items() if value is not None]
    if named in (["PHASE"], ["--study", "--fit"]):
        return
    missing = {"--study": "--fit is missing", "--fit": "--study is missing"}
    what = missing.get("".join(named)) or f"given: {', '.join(named) or 'neither'}"
    raise HccerError("values are explained by a PHASE, a prediction by --study ID --fit FIT "
                     f"({what})")  # fmt: skip


def _refuse(reader: "Reader", patient: str, named: dict[str, str]) -> None:
    """Say what there is instead of the features that were asked for."""
    from schemas.errors import HccerError

    phases = reader.query(PHASES, {key: named[key] for key in ("cohort", "patient")})["phase"]
    if phases.is_empty():
        why = f"see `hccer sql \"from rejected where patient_id = '{named['patient']}'\"`"
    else:
        why = f"the patient has those of {', '.join(phases)}"
    raise HccerError(
        f"there are no features of {patient}, {named['phase']} in {named['cohort']}: {why}"
    )


def _show(rows: Iterable[dict]) -> None:
    for row in rows:
        for name, value in row.items():
            if value is not None:
                print(f"  {name:26} {value}")


def _predictions(reader: "Reader", patient: str, named: dict[str, str]) -> Iterator[dict]:
    """Rows of each prediction and phase; what they say alike is said once."""
    from schemas.errors import HccerError
    from storage.asked import check_fit

    check_fit(reader, named["study"], named["fit"])
    rows = reader.query("from lineage_prediction($study, $fit, $cohort, $patient)", named)
    if rows.is_empty():
        raise HccerError(f"study {named['study']} has no prediction of {patient} by {named['fit']}:"
                         " see `hccer sql \"select fit_id, reason from model_fit\"`")  # fmt: skip
    said: dict = {}
    for row in rows.iter_rows(named=True):
        yield {name: value for name, value in row.items()
               if name in SAID_AGAIN or said.get(name) != value}  # fmt: skip
        said = row


def _value(reader: "Reader", extraction_id: int, feature: str) -> str:
    """A value, with the unit of the shape features that have one."""
    from schemas.errors import HccerError
    from storage.asked import check_feature

    found = reader.query(
        "select value from feature_value where extraction_id = $id and feature_name = $name",
        {"id": extraction_id, "name": feature},
    )
    if found.is_empty():
        check_feature(reader, feature)
        raise HccerError(f"extraction {extraction_id} has no feature {feature!r}: other settings")
    return f"{found.item()!r} {_unit(feature)}".rstrip()


def _unit(feature: str) -> str:
    """Of lengths, areas and volumes, which pyradiomics computes in the image's millimetres."""
    fits = (unit for end, unit in UNITS.items() if re.search(f"^original_shape_.*({end})", feature))
    return next(fits, "")


def impact(
    file: Annotated[str, typer.Argument(help="its path, or that below the root, or a sha256")],
) -> None:
    """List forward what depends on a file or a content hash."""
    from hccer.cli.show import show
    from storage.dependents import dependents
    from storage.home import Home
    from storage.reading import Reader

    rows = dependents(Reader(Home.from_environment()), file)
    show(rows, rest="into a file (> FILE.csv) go all")


COMMANDS = (explain, impact)
