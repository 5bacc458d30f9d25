"""What several tests use: the command as a process, small studies, groups and their needs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import hccer
from hccer.cli import main
from hccer.ingest.files import read_cohort_file
from hccer.pipeline import STEPS, Context, materialise
from schemas.registry import Cohort, Study
from schemas.study_file import StudyFile
from storage.lineage import Outcome
from storage.store import Store

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared"
COHORTS = Path(hccer.__file__).parent / "cohorts"
PHANTOM_FILE = Path(__file__).with_name("phantom_cohort.toml")
STS_FILE = COHORTS / "sts" / "cohort.toml"
POSTGRES_PROGRAMS = Path("/usr/lib/postgresql")


@cache
def _no_cuda() -> str | None:
    # asked for where tests are marked only: their modules have imported torch already
    import torch

    return None if torch.cuda.is_available() else "no CUDA device is here"


GROUPS = {
    "cuda": _no_cuda,
    "sts": lambda: _absent(SHARED / "data" / "sts" / "clinical.csv"),
    "pyradiomics_data": lambda: _absent(SHARED / "data" / "pyradiomics" / "baseline"),
    "ibsi": lambda: _absent(SHARED / "data" / "ibsi1_digital_phantom"),
    "browser": lambda: _no_program("chromium") or _no_program("chromedriver"),
    "postgres": lambda: None if any(POSTGRES_PROGRAMS.glob("*/bin/initdb")) else
    "PostgreSQL's initdb is not installed",
}  # fmt: skip

# the original image alone: 107 features, a tenth of a second per phantom; no crops, no networks
SMALL = {"radiomics": {"imageType": {"Wavelet": None, "LoG": None}}, "deep": False}


def missing_group(name: str) -> str | None:
    """Why a group of tests cannot run here, or None."""
    return GROUPS[name]()


def _absent(path: Path) -> str | None:
    return None if path.exists() else f"{path.relative_to(SHARED.parent)} is not there"


def _no_program(name: str) -> str | None:
    return None if shutil.which(name) else f"{name} is not installed"


def hccer_command(*arguments: str, check: int | None = 0, **options) -> subprocess.CompletedProcess:
    """Run `hccer ARGUMENTS` as a process; `check` is the exit code it must have."""
    command = [str(Path(sys.executable).parent / "hccer"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, **options.pop("env", {})}, **options)  # fmt: skip
    assert check is None or done.returncode == check, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done


def hccer_here(*arguments: str, check: int | None = 0) -> subprocess.CompletedProcess:
    """`hccer ARGUMENTS` in this process, for commands that do not become Dagster (`run`, `ui`)."""
    return _here(main, "hccer", arguments, check)


def dagster_here(*arguments: str, check: int | None = 0) -> subprocess.CompletedProcess:
    """What `hccer run ...` becomes, `python -m dagster_project run ...`, in this process."""
    from dagster_project.__main__ import main as dagster_main

    return _here(dagster_main, "dagster_project", arguments, check)


def _here(
    command: Callable[[], int | None], name: str, arguments: tuple[str, ...], check: int | None
) -> subprocess.CompletedProcess:
    out, err = StringIO(), StringIO()
    with patch.object(sys, "argv", [name, *arguments]), redirect_stdout(out), redirect_stderr(err):
        try:
            code = command()
        except SystemExit as end:
            code = end.code
    done = subprocess.CompletedProcess([name, *arguments], code or 0, out.getvalue(),
                                       err.getvalue())  # fmt: skip
    assert check is None or done.returncode == check, done.stdout + done.stderr
    return done


def register(store: Store, file: Path, root: Path, **changes: object) -> str:
    """Register a cohort without Dagster; `changes` replace fields of its file."""
    cohort, folder = read_cohort_file(file, root)
    cohort = cohort.model_copy(update=changes)
    row = Cohort(cohort_id=cohort.id, title=cohort.title, synthetic=cohort.synthetic,
                 root=str(folder), file_json=cohort.model_dump_json())  # fmt: skip
    store.registry.put(row)
    return cohort.id


def small_study(store: Store, *cohorts: str, name: str = "small", **overrides: object) -> None:
    """Register a study that asks for the original image only."""
    chosen = {**SMALL, "radiomics": {**SMALL["radiomics"], **overrides}}
    file = StudyFile(id=name, endpoint="early_recurrence", phases=["AP", "PVP"],
                     development=list(cohorts), overrides=chosen)  # fmt: skip
    store.registry.put(
        Study(study_id=name, title="", preset="paper", file_json=file.model_dump_json())
    )


def run_pipeline(store: Store, cohort_id: str, run_id: str = "test") -> dict[str, Outcome]:
    """Every step of a cohort, without Dagster."""
    return {name: materialise(Context(store, cohort_id, run_id), name) for name in STEPS}
