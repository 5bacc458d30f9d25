"""The `cohort.toml` that a research group writes: where images, masks and clinical rows are."""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from schemas.cohort_parts import (
    Clinical,
    DicomImages,
    Endpoint,
    Exclusions,
    Identifier,
    Identity,
    Images,
    Limits,
    Masks,
    NiftiImages,
    Part,
    Readings,
    Repeat,
    Word,
)


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class CohortFile(Part):
    """A cohort: one centre or source of patients. Unknown fields are refused.

    `phases` are in the order of the examination, the reference for registration first; with
    `contrast`, vessels must fade against the organ in that order.
    """

    id: Identifier
    title: str = Field(min_length=1)
    phases: list[Word] = Field(min_length=1)
    root: str | None = None
    synthetic: bool = False
    contrast: bool = False
    images: Images
    masks: Masks
    repeats: list[Repeat] = Field(default=[])
    clinical: Clinical | None = None
    endpoint: Annotated[list[Endpoint], BeforeValidator(_as_list)] = Field(default=[])
    readings: Readings | None = None
    exclusions: Exclusions | None = None
    identity: Identity = Identity()
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
        if any(each.date for each in self.endpoint) and not self.clinical.surgery:
            raise ValueError("endpoint: a date needs the column `surgery` in [clinical]")
        self._check_delineations()
        self._check_rules()
        return self

    @property
    def delineations(self) -> list[Masks]:
        """The reference delineation first, then the repeats."""
        return [self.masks, *self.repeats]

    def _check_delineations(self) -> None:
        readers = [(each.reader, each.session) for each in self.delineations]
        if len(set(readers)) < len(readers):
            raise ValueError("repeats: each pair of reader and session is named once")
        # one file may hold the tumours of two readers under two labels
        drawn = [(each.format, each.pattern, each.label, each.roi) for each in self.delineations]
        patterns = [each.pattern for each in self.delineations]
        shared = isinstance(self.images, NiftiImages) and self.images.pattern in patterns
        if shared or len(set(drawn)) < len(drawn):
            raise ValueError("images, masks, repeats: each needs a pattern of its own")

    def _check_rules(self) -> None:
        if not isinstance(self.images, DicomImages):
            if any(each.format != "nifti" for each in self.delineations):
                raise ValueError('masks: RTSTRUCT and SEG need images with layout = "dicom"')
            return
        ruled = {rule.phase for rule in self.images.rules}
        if ruled != set(self.phases):
            odd = ", ".join(sorted(ruled ^ set(self.phases)))
            raise ValueError(f"images.rules: the rules and `phases` must name the same: {odd}")
