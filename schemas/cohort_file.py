"""The `cohort.toml` that a research group writes: where images, masks and clinical rows are."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from schemas.clinical import ClinicalRow

PLACEHOLDERS = ("patient", "phase")


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


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
RelativePath = Annotated[str, Field(min_length=1), AfterValidator(_inside_root)]
Pattern = Annotated[RelativePath, AfterValidator(_pattern)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False
    )


class Images(_Part):
    """Which files are images; `{patient}` and `{phase}` in the pattern name them."""

    layout: Literal["nifti"]
    pattern: Pattern


class Masks(_Part):
    """The reference delineation of each image."""

    pattern: Pattern
    label: int = Field(default=1, ge=1, le=65535)
    reader: Word = "reader_1"
    session: int = Field(default=1, ge=1)


class Repeat(_Part):
    """A further delineation of some or all images, by another reader or in another session."""

    reader: Word
    session: int = Field(ge=1)
    pattern: Pattern
    label: int = Field(default=1, ge=1, le=65535)


def _count(columns: dict[str, str], variable: str) -> int:
    return list(columns.values()).count(variable)


class Clinical(_Part):
    """The clinical spreadsheet (.csv or .xlsx): its patient column, and their names -> ours."""

    file: RelativePath
    patient: str = Field(min_length=1)
    columns: dict[str, str] = {}

    @field_validator("file")
    @classmethod
    def _known_file_type(cls, file: str) -> str:
        if not file.endswith((".csv", ".xlsx")):
            raise ValueError("must end in .csv or .xlsx")
        return file

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


def _meanings(value: object) -> set:
    """What a cell may say to be taken for a value: its number (true is 1) or its word."""
    try:
        return {float(value), str(value).casefold()}
    except (ValueError, OverflowError):
        return {str(value).casefold()}


class Endpoint(_Part):
    """An outcome: the clinical column, what means an event and what means none, days to event."""

    name: Word
    column: str = Field(min_length=1)
    positive: bool | int | float | str = 1
    negative: bool | int | float | str = 0
    days: str | None = None

    @model_validator(mode="after")
    def _two_values(self) -> "Endpoint":
        if _meanings(self.positive) & _meanings(self.negative):
            raise ValueError("positive and negative must differ")
        return self


class Limits(_Part):
    """What is accepted as an image, and as a mask drawn on it."""

    geometry_tolerance_mm: float = Field(default=0.001, gt=0, le=1)
    maximum_voxels: int = Field(default=500_000_000, gt=0)


class CohortFile(_Part):
    """A cohort: one centre or source of patients. Unknown fields are refused."""

    id: Identifier
    title: str = Field(min_length=1)
    phases: list[Word] = Field(min_length=1)
    root: str | None = None
    synthetic: bool = False
    images: Images
    masks: Masks
    repeats: list[Repeat] = []
    clinical: Clinical | None = None
    endpoint: Annotated[list[Endpoint], BeforeValidator(_as_list)] = []
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _consistent(self) -> "CohortFile":
        if len(set(self.phases)) < len(self.phases):
            raise ValueError("phases: each phase is named once")
        if self.endpoint and self.clinical is None:
            raise ValueError("endpoint: needs the [clinical] section that holds its column")
        names = [endpoint.name for endpoint in self.endpoint]
        if len(set(names)) < len(names):
            raise ValueError("endpoint: each endpoint is named once")
        self._check_delineations()
        return self

    def _check_delineations(self) -> None:
        readers = [(self.masks.reader, self.masks.session)]
        readers += [(repeat.reader, repeat.session) for repeat in self.repeats]
        if len(set(readers)) < len(readers):
            raise ValueError("repeats: each pair of reader and session is named once")
        # one file may hold the tumours of two readers under two labels
        drawn = [(each.pattern, each.label) for each in (self.masks, *self.repeats)]
        if self.images.pattern in dict(drawn) or len(set(drawn)) < len(drawn):
            raise ValueError("images, masks, repeats: each needs a pattern of its own")
