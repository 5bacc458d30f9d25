"""What the pages of one report are about: the study, its cohorts and patients."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from hccer.study.context import StudyContext
from hccer.study.report_files import patient_path
from hccer.study.report_source import Source
from schemas.registry import Cohort

Who = tuple[str, str]
OUTCOMES = {1: "event", 0: "no event", None: "unknown"}


@dataclass(frozen=True)
class Subject:
    """A study as its report shows it.

    Attributes:
        source: where its rows come from.
        state: the snapshot of the lake that the pages show, with its time.
    """

    context: StudyContext
    source: Source
    state: str

    @cached_property
    def cohorts(self) -> list[Cohort]:
        """The registered cohorts of the study, development first."""
        return [self.context.store.registry.cohort(each) for each in self.context.file.cohorts]

    @property
    def synthetic(self) -> bool:
        """Whether images of a cohort are made up."""
        return any(each.synthetic for each in self.cohorts)

    def synthetic_cohort(self, cohort_id: str) -> bool:
        """Whether images of this cohort are made up."""
        return any(each.synthetic for each in self.cohorts if each.cohort_id == cohort_id)

    @cached_property
    def title(self) -> str:
        """The study's own title, or its id."""
        study_id = self.context.study_id
        return self.context.store.registry.study(study_id).title or study_id

    @cached_property
    def split(self) -> pl.DataFrame:
        """Cohort, patient, role and outcome of everybody in the main split."""
        return self.context.rows(
            "select cohort_id, patient_id, role, y_true from lake.split "
            "where study_id = $study and repeat = 0 order by cohort_id, patient_id"
        )

    @cached_property
    def patients(self) -> list[Who]:
        """Cohort and patient of everybody in the main split."""
        return self.split.select("cohort_id", "patient_id").rows()

    @cached_property
    def _told(self) -> dict[Who, tuple[str, int | None]]:
        return {(cohort, patient): told for cohort, patient, *told in self.split.rows()}

    def role(self, who: Who) -> str:
        """The part that a patient plays."""
        return self._told[who][0]

    def outcome(self, who: Who) -> str:
        """What happened to a patient."""
        return OUTCOMES[self._told[who][1]]

    @cached_property
    def links(self) -> dict[Who, str]:
        """The page of each patient, below the folder of the report."""
        return {who: patient_path(*who) for who in self.patients}
