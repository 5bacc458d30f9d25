"""Tables of the registry: what was registered, what ran, what was made from what."""

from datetime import UTC, datetime

from sqlmodel import Field, SQLModel


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


class Cohort(SQLModel, table=True):
    """A registered cohort; `file_json` is its validated `cohort.toml`."""

    cohort_id: str = Field(primary_key=True)
    title: str
    synthetic: bool
    root: str
    file_json: str
    added_at: datetime = Field(default_factory=now)


class Study(SQLModel, table=True):
    """A registered study; `file_json` is its validated `study.toml`."""

    study_id: str = Field(primary_key=True)
    title: str
    preset: str
    file_json: str
    added_at: datetime = Field(default_factory=now)


class Withdrawal(SQLModel, table=True):
    """A patient who withdrew consent, kept as a hash so that no later run takes them in again.

    Outlives the cohort.
    """

    cohort_id: str = Field(primary_key=True)
    patient_sha256: str = Field(primary_key=True)
    withdrawn_at: datetime = Field(default_factory=now)


class Run(SQLModel, table=True):
    """One run of assets; `run_id` is Dagster's."""

    run_id: str = Field(primary_key=True)
    partition_key: str = Field(index=True)
    started_at: datetime = Field(default_factory=now)
    hccer_version: str
    python_version: str
    package_versions: str
    platform: str


class LineageEdge(SQLModel, table=True):
    """One asset of a run was made from one input, as it stood at a snapshot of the lake."""

    __tablename__ = "lineage_edge"

    run_id: str = Field(primary_key=True)
    asset: str = Field(primary_key=True)
    partition_key: str = Field(primary_key=True)
    input: str = Field(primary_key=True)
    input_snapshot: int
    output_snapshot: int
    code_version: str
    settings_id: str | None = None
    computed: int
    reused: int
    rejected: int
    made_at: datetime = Field(default_factory=now)
