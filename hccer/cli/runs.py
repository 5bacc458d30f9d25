"""hccer demo | run | ui"""

from pathlib import Path
from typing import Annotated

import typer

PHANTOM_PATIENTS = 6
PACKAGE = Path(__file__).parents[1]
STS = PACKAGE.parents[1] / "shared" / "data" / "sts"


def demo() -> None:
    """Run the main job on real images, or a phantom where there are none; say where to look."""
    import sys

    from hccer.cli.cohorts import register
    from hccer.cli.dagster import run_dagster
    from storage.home import Home

    home = Home.from_environment()
    if (STS / "clinical.csv").is_file():
        name, root = "sts", STS
    else:
        from hccer.ingest.phantom import write_phantom

        name, root = "phantom", home.path / "phantom"
        write_phantom(root, PHANTOM_PATIENTS)
        print("The images of this cohort are synthetic.")
    cohort_id = register(PACKAGE / "cohorts" / name / "cohort.toml", root)
    sys.stdout.flush()
    if run_dagster("run", "--cohort", cohort_id):
        raise typer.Exit(1)
    command = Path(sys.executable).parent / "hccer"
    print(f"\nThe store is {home.path}. Look at it:")
    print(f"  {command} ui")
    print(f"  {command} sql 'from cohort_overview'")
    print(f"  {command} sql events_by_feature -p cohort={cohort_id} "
          "-p feature=original_shape_MeshVolume")  # fmt: skip
    print(f"  {command} tables")


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


def ui(port: Annotated[int, typer.Option(help="port on localhost")] = 3000) -> None:
    """Serve the Dagster UI on localhost."""
    from hccer.cli.dagster import become_dagster

    become_dagster("ui", "--port", str(port))


COMMANDS = (demo, run, ui)
