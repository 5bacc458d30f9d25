"""The `study.toml`: which cohorts develop a model, which validate it, with which settings."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.cohort_parts import Identifier, Word


class StudyFile(BaseModel):
    """An analysis over registered cohorts. `overrides` mirrors the preset, field by field."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: Identifier
    title: str = ""
    preset: Word = "paper"
    endpoint: Word
    phases: list[Word] = Field(min_length=1)
    development: list[Identifier] = Field(min_length=1)
    external: list[Identifier] = []
    overrides: dict = {}

    @model_validator(mode="after")
    def _no_cohort_twice(self) -> "StudyFile":
        both = sorted(set(self.development) & set(self.external))
        if both:
            raise ValueError(f"external: {', '.join(both)} is a development cohort already")
        return self

    @property
    def cohorts(self) -> list[str]:
        """Every cohort the study reads, development first."""
        return [*self.development, *self.external]
