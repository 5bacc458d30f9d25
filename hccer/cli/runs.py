"""hccer demo | run | ui"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hccer.cli.dagster import UI_PORT

if TYPE_CHECKING:
    from storage.home import Home

PACKAGE = Path(__file__).parents[1]
Patients = Annotated[int, typer.Option(help="how many; 165 is the published cohort")]
Signal = Annotated[float, typer.Option(help="0: the images know nothing of the outcome")]


def demo(
    patients: Patients = 165,
    seed: Annotated[int, typer.Option(help="of the generator")] = 0,
    signal: Signal = 1.0,
) -> None:
    """Generate the built-in cohort (synthetic images), run its study, say where to look."""
    from hccer.cli.cohorts import register
    from hccer.cli.dagster import run_dagster
    from hccer.cli.studies import register_study
    from hccer.ingest.built_in import PATIENTS, Recipe, write_built_in
    from hccer.ingest.built_in_motion import in_words, registration_errors
    from storage.home import Home
    from storage.store import Store

    home = Home.from_environment()
    root = home.path / "synthetic"
    print(f"1/3  {patients} patients with synthetic images (DICOM) under {root}", flush=True)
    if not write_built_in(root, Recipe(patients, seed, signal)):
        print("     they are there already")
    print("2/3  registering the cohort and its study", flush=True)
    cohort_id = register(PACKAGE / "cohorts" / "hcc_synthetic" / "cohort.toml", root)
    file = "hcc.toml" if patients == PATIENTS else "hcc_part.toml"
    study_id = register_study(PACKAGE / "studies" / file, replace=True)
    print("3/3  every table of the cohort, then of the study", flush=True)
    if run_dagster("run", "--study", study_id):
        raise typer.Exit(1)
    print(f"\n{in_words(registration_errors(Store.open(home), cohort_id, root))}")
    _say_where_to_look(home, cohort_id, study_id)


def _say_where_to_look(home: "Home", cohort_id: str, study_id: str) -> None:
    from hccer.study.report_files import report_page

    command = Path(sys.executable).parent / "hccer"
    print(f"\nThe store is {home.path}. The images in it are synthetic. Look at it:")
    print(f"  {command} ui")
    print(f"  {command} sql 'from cohort_overview'")
    print(f"  {command} sql flow_chart -p cohort={cohort_id}")
    print(f"  {command} sql feature_attrition -p study={study_id}")
    print(f"  {command} sql model_performance -p study={study_id}")
    print(f"  {command} report --study {study_id} --open")
    print(f"  {report_page(home, study_id)}")
    print(f"  {home.reports / cohort_id / 'contact_sheet.html'}")


def run(
    cohort: Annotated[list[str] | None, typer.Option(help="cohort; may be repeated")] = None,
    study: Annotated[list[str] | None, typer.Option(help="study: runs its cohorts")] = None,
    select: Annotated[str, typer.Option(help="assets, in Dagster's selection syntax")] = "*",
) -> None:
    """Bring the tables of cohorts up to date; without options, of all cohorts."""
    from hccer.cli.dagster import become_dagster

    named = [part for each in cohort or [] for part in ("--cohort", each)]
    named += [part for each in study or [] for part in ("--study", each)]
    become_dagster("run", *named, "--select", select)


def ui(port: Annotated[int, typer.Option(help="port on localhost")] = UI_PORT) -> None:
    """Serve the Dagster UI on localhost."""
    from hccer.cli.dagster import become_dagster

    become_dagster("ui", "--port", str(port))


COMMANDS = (demo, run, ui)
