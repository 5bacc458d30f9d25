"""A cohort through Dagster's own commands, as a user of Dagster calls them."""

import shutil
from pathlib import Path

import dagster as dg
import pytest
from polars.testing import assert_frame_equal

from tests.dagster_project.processes import (
    data_versions,
    instance_of,
    materialisations,
    runs,
    stored_rows,
    tool,
)

COMMANDS = {
    "dagster": ("dagster", "asset", "materialize", "-m", "dagster_project.definitions",
                "--select"),
    "dg": ("dg", "launch", "--assets"),
}  # fmt: skip
EVERY_TABLE = "group:cohort or group:imaging or group:feature"
command = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)


@pytest.fixture
def home(registered_home: Path, tmp_path: Path) -> Path:
    """A home that knows the phantom cohort, with no row yet."""
    return Path(shutil.copytree(registered_home, tmp_path / "home"))


def succeeds(home: Path, *command: str) -> None:
    done = tool(home, *command)
    assert done.returncode == 0, done.stdout + done.stderr


def counts(home: Path) -> tuple[int, int]:
    """Extractions computed and reused by the latest run."""
    metadata = materialisations(home, ["extraction"])["extraction"].metadata
    return metadata["computed"].value, metadata["reused"].value


def assert_same_rows(home: Path, other: Path) -> None:
    wanted = stored_rows(other)
    for name, found in stored_rows(home).items():
        assert_frame_equal(found, wanted[name])


@pytest.mark.long
def test_all_assets_of_a_cohort_and_again(home: Path, run_home: Path):
    succeeds(home, *COMMANDS["dagster"], EVERY_TABLE, "--partition", "phantom")
    assert counts(home) == (12, 0)
    assert_same_rows(home, run_home)
    versions = data_versions(home)
    assert versions == data_versions(run_home)

    # by the other command, those tables alone whose rows take long
    succeeds(
        home, *COMMANDS["dg"], "segmentation,extraction,feature_value", "--partition", "phantom"
    )
    assert [run.status for run in runs(home)] == [dg.DagsterRunStatus.SUCCESS] * 2
    assert data_versions(home) == versions
    assert counts(home) == (0, 12)


@pytest.mark.long
def test_dg_launch_gives_the_rows_of_hccer_run(home: Path, run_home: Path):
    succeeds(home, *COMMANDS["dg"], EVERY_TABLE, "--partition", "phantom")
    assert counts(home) == (12, 0)
    assert_same_rows(home, run_home)


@command
def test_a_selection_makes_what_it_names(command: tuple[str, ...], home: Path):
    succeeds(home, *command, "settings,feature_definition", "--partition", "phantom")
    with instance_of(home) as instance:
        made = {key.to_user_string() for key in instance.get_asset_keys()}
    assert made == {"settings", "feature_definition"}


@command
def test_a_partition_that_nobody_registered(command: tuple[str, ...], home: Path):
    done = tool(home, *command, "settings", "--partition", "nowhere")
    assert done.returncode != 0
    assert "partition key `nowhere`" in done.stderr.splitlines()[-1]
    assert runs(home) == []


def test_a_partition_added_by_hand_says_what_to_do(home: Path):
    with instance_of(home) as instance:
        instance.add_dynamic_partitions("cohort", ["nowhere"])
    done = tool(home, *COMMANDS["dagster"], "settings", "--partition", "nowhere")
    assert done.returncode != 0
    assert "there is no cohort 'nowhere'; registered: phantom" in done.stderr
    assert runs(home)[0].status == dg.DagsterRunStatus.FAILURE
