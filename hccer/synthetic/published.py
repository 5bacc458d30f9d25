"""The two files behind the built-in cohort: what the paper prints, and what is assumed beyond."""

from datetime import date
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict

GroupCounts = tuple[int, int, int, int]
Bounds = tuple[float, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(_Part):
    """One column of Table 1."""

    split: str
    early_recurrence: int
    patients: int


class Ages(_Part):
    """Age in years: mean and SD per group, median and range of all patients."""

    mean: tuple[float, float, float, float]
    sd: tuple[float, float, float, float]
    median: int
    range: tuple[int, int]


class Months(_Part):
    """Median and range of a time in months."""

    median: int
    range: tuple[int, int]


class Published(_Part):
    """What the paper prints (published.yaml)."""

    source: str
    groups: tuple[Group, ...]
    counts: dict[str, dict[str, GroupCounts]]
    cut_offs: dict[str, float]
    ast_and_diameter_above: GroupCounts
    age_years: Ages
    first_surgery: date
    last_surgery: date
    longest_days_from_mri_to_surgery: int
    early_recurrence_within_months: int
    recurrence_months: Months
    patients_per_field_strength: dict[float, int]
    kappa_range: Bounds
    exclusions: dict[str, int]

    @property
    def patients(self) -> int:
        """Number of patients of all groups."""
        return sum(group.patients for group in self.groups)

    def categories(self, characteristic: str) -> list[str]:
        """The two categories of a characteristic, the marked one first."""
        return list(self.counts[characteristic])

    def marked(self, characteristic: str) -> GroupCounts:
        """Patients per group in the marked category."""
        return self.counts[characteristic][self.categories(characteristic)[0]]


class Measure(_Part):
    """A log-normal measurement, cut off at its bounds."""

    median: float
    spread: float
    bounds: Bounds
    decimals: int


class Scanner(_Part):
    """Ranges of the sequence parameters at one field strength, and the flip angles in use."""

    repetition_time_ms: Bounds
    echo_time_ms: Bounds
    flip_angle_deg: tuple[float, ...]


class Assumptions(_Part):
    """What the built-in cohort assumes beyond the paper (assumptions.yaml)."""

    separation: float
    afp_above: tuple[GroupCounts, GroupCounts, GroupCounts, GroupCounts]
    leanings: dict[str, dict[str, float]]
    measures: dict[str, Measure]
    child_pugh_b: dict[str, Bounds]
    hepatitis_c_share: float
    further_cirrhosis_share: float
    ecog_1_patients: int
    vascular_invasion_patients: int
    multifocal_counts: dict[int, float]
    age_skewness: float
    recurrence_spread: float
    last_census: date
    longest_follow_up_months: int
    scanners: dict[float, Scanner]
    disagreements: dict[str, dict[str, tuple[int, int]]]


@cache
def published() -> Published:
    """The numbers of the paper."""
    return Published.model_validate(_yaml("published.yaml"))


@cache
def assumptions() -> Assumptions:
    """The assumptions of the built-in cohort."""
    return Assumptions.model_validate(_yaml("assumptions.yaml"))


def _yaml(name: str) -> dict:
    return yaml.safe_load((resources.files("hccer.synthetic") / name).read_text())
