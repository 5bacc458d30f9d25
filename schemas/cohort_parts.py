"""Parts of a `cohort.toml`: how images, delineations and tables of a cohort are found."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from schemas.clinical import ClinicalRow

PLACEHOLDERS = ("patient", "phase")
MaskFormat = Literal["nifti", "rtstruct", "seg"]


def _inside_root(path: str) -> str:
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path:
        raise ValueError("must stay inside the cohort root: relative, with '/' and without '..'")
    return str(PurePosixPath(path))  # as the files are listed: no './' and no '//'


def _pattern(path: str) -> str:
    names = re.findall(r"\{(.*?)\}", path)
    if set(names) != set(PLACEHOLDERS):
        raise ValueError("must contain {patient} and {phase} and no other placeholder")
    if not path.endswith((".nii", ".nii.gz")):
        raise ValueError("must end in .nii or .nii.gz")
    return path


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return text


def _spreadsheet(file: str) -> str:
    if not file.endswith((".csv", ".xlsx")):
        raise ValueError("must end in .csv or .xlsx")
    return file


Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
Name = Annotated[str, Field(min_length=1)]
RelativePath = Annotated[str, Field(min_length=1), AfterValidator(_inside_root)]
Pattern = Annotated[RelativePath, AfterValidator(_pattern)]
Spreadsheet = Annotated[RelativePath, AfterValidator(_spreadsheet)]
Expression = Annotated[str, Field(min_length=1), AfterValidator(_expression)]


class Part(BaseModel):
    """A section of the file: frozen, unknown fields refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False
    )


class NiftiImages(Part):
    """Which files are images; `{patient}` and `{phase}` in the pattern name them."""

    layout: Literal["nifti"]
    pattern: Pattern


class PhaseRule(Part):
    """What a DICOM header must say for an image to be of a phase; every field given must hold.

    Text fields are regular expressions, searched in the header's value. The time after injection
    counts from the first value up to, not including, the second.
    """

    phase: Word
    modality: Expression | None = None
    series_description: Expression | None = None
    protocol_name: Expression | None = None
    sequence_name: Expression | None = None
    image_type: Expression | None = None
    series_number: Expression | None = None
    time_after_injection_s: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "PhaseRule":
        if not self.model_dump(exclude={"phase"}, exclude_none=True):
            raise ValueError(f"the rule of phase {self.phase} names no header field")
        limits = self.time_after_injection_s
        if limits and limits[0] >= limits[1]:
            raise ValueError("time_after_injection_s: the first time must be the earlier one")
        return self


class DicomImages(Part):
    """The root is crawled whatever the files are called; rules on the header give the phase."""

    layout: Literal["dicom"]
    rules: list[PhaseRule] = Field(min_length=1)
    patient: Literal["PatientID", "PatientName"] = "PatientID"


Images = Annotated[NiftiImages | DicomImages, Field(discriminator="layout")]


class Masks(Part):
    """The reference delineation of each image: NIfTI files, DICOM RTSTRUCT or DICOM SEG.

    `roi` is a regular expression for the name of the region (RTSTRUCT) or segment (SEG).
    """

    format: MaskFormat = "nifti"
    pattern: Pattern | None = None
    label: int = Field(default=1, ge=1, le=65535)
    roi: Expression = ".*"
    reader: Word = "reader_1"
    session: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _found_somehow(self) -> "Masks":
        if self.format == "nifti" and self.pattern is None:
            raise ValueError("masks in NIfTI need a pattern")
        if self.format != "nifti" and self.pattern is not None:
            raise ValueError(f"masks in {self.format} are found by their header: no pattern")
        if self.format != "nifti" and self.label != 1:
            raise ValueError(f"masks in {self.format} are chosen by roi: no label")
        return self


class Repeat(Masks):
    """A further delineation of some or all images, by another reader or in another session."""

    reader: Word
    session: int = Field(ge=1)


def _count(columns: dict[str, str], variable: str) -> int:
    return list(columns.values()).count(variable)


class Clinical(Part):
    """The clinical spreadsheet (.csv or .xlsx): its patient column, and their names -> ours.

    `surgery` names the column with the day of surgery; days are counted from it, and no date of
    the sheet is stored.
    """

    file: Spreadsheet
    patient: Name
    surgery: str | None = None
    columns: dict[str, str] = {}

    @field_validator("columns")
    @classmethod
    def _known_variables(cls, columns: dict[str, str]) -> dict[str, str]:
        known = [name for name in ClinicalRow.model_fields if name != "patient_id"]
        for theirs, ours in columns.items():
            if ours not in known:
                raise ValueError(
                    f"{theirs!r} -> {ours!r} is no variable; known: {', '.join(known)}"
                )
        twice = sorted({ours for ours in columns.values() if _count(columns, ours) > 1})
        if twice:
            raise ValueError(f"several columns for one variable: {', '.join(twice)}")
        return columns


class Readings(Part):
    """A long table of what readers saw: one row per patient, reader and item."""

    file: Spreadsheet
    patient: Name = "patient_id"
    reader: Name = "reader_id"
    item: Name = "item"
    value: Name = "value"


class Exclusions(Part):
    """A table of who was recruited and excluded: the criterion, its order, when."""

    file: Spreadsheet
    patient: Name = "patient_id"
    reason: Name = "reason"
    position: Name = "position"
    surgery: str | None = None
    date: str | None = None

    @model_validator(mode="after")
    def _days_can_be_counted(self) -> "Exclusions":
        if (self.surgery is None) != (self.date is None):
            raise ValueError("surgery and date: days need both")
        return self


def _meanings(value: object) -> set:
    """What a cell may say to be taken for a value: its number (true is 1) or its word."""
    try:
        return {float(value), str(value).casefold()}
    except (ValueError, OverflowError):
        return {str(value).casefold()}


class Endpoint(Part):
    """An outcome: a column that says whether it happened, or the dates that tell.

    With `date`, the event counts when it came within `within_months` (calendar months) of
    surgery; without an event the patient must have been followed that long.
    """

    name: Word
    column: str | None = Field(default=None, min_length=1)
    positive: bool | int | float | str = 1
    negative: bool | int | float | str = 0
    days: str | None = None
    date: str | None = None
    follow_up: str | None = None
    within_months: int | None = Field(default=None, ge=1, le=600)

    @model_validator(mode="after")
    def _one_way(self) -> "Endpoint":
        dated = (self.date, self.follow_up, self.within_months)
        if (self.column is None) == (self.date is None):
            raise ValueError("give either column, or date with follow_up and within_months")
        if self.date is not None and None in dated:
            raise ValueError("date needs follow_up and within_months too")
        if self.column is not None and (dated != (None, None, None)):
            raise ValueError("follow_up and within_months belong to date, not to column")
        if _meanings(self.positive) & _meanings(self.negative):
            raise ValueError("positive and negative must differ")
        return self

    @property
    def columns(self) -> list[str]:
        """Columns of the clinical file that it reads."""
        return [each for each in (self.column, self.days, self.date, self.follow_up) if each]


class Limits(Part):
    """What is accepted as an image, and as a mask drawn on it."""

    geometry_tolerance_mm: float = Field(default=0.001, gt=0, le=1)
    slice_tolerance: float = Field(default=0.01, gt=0, le=0.2)
    maximum_voxels: int = Field(default=500_000_000, gt=0)
    minimum_diameter_mm: float = Field(default=10.0, ge=0)


class Identity(Part):
    """Whether the patient ids (and folder names) of the source are pseudonyms already."""

    pseudonymous: bool = False
