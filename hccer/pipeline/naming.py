"""Under which names a cohort's patients and files are stored: their own, or pseudonyms."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from hccer.ingest.dicom_header import Instance
from hccer.ingest.discovery import Problem, SourceFile
from storage.identity import Identity


@dataclass(frozen=True)
class Naming:
    """The pseudonyms of one cohort.

    Attributes:
        identity: the key and the map, outside the lake.
        hidden: whether ids and paths of the source may name a patient.
    """

    identity: Identity
    cohort_id: str
    hidden: bool

    def patient(self, source_id: str | None) -> str | None:
        """The id under which a patient of the source is stored."""
        if source_id is None or not self.hidden:
            return source_id
        return self.identity.pseudonym(self.cohort_id, source_id)

    def path(self, path: str) -> str:
        """The path under which a file below the root is stored."""
        return self.identity.path_token(self.cohort_id, path) if self.hidden else path

    def source(self, stored: str) -> str:
        """The path below the root of a stored path."""
        return self._sources.get(stored, stored) if self.hidden else stored

    def source_patient(self, patient_id: str | None) -> str | None:
        """The source's own id of a stored patient."""
        return self._patients.get(patient_id, patient_id) if self.hidden else patient_id

    @cached_property
    def _patients(self) -> dict[str, str]:
        return self.identity.patients(self.cohort_id)

    @cached_property
    def _sources(self) -> dict[str, str]:
        return self.identity.paths(self.cohort_id)

    def remember_patients(self, source_ids: Iterable[str | None]) -> None:
        """Put patients into the map, so that they can be found again and nowhere else."""
        if self.hidden:
            named = {(each, self.patient(each)) for each in source_ids if each}
            self.identity.remember(self.cohort_id, "patient_id", named)
            self.__dict__.pop("_patients", None)

    def remember_files(self, paths: Iterable[str]) -> None:
        """Put files into the map."""
        if self.hidden:
            named = {(each, self.path(each)) for each in paths}
            self.identity.remember(self.cohort_id, "path", named)
            self.__dict__.pop("_sources", None)

    def remember_headers(self, instances: Iterable[Instance]) -> None:
        """Put the names and birth dates of DICOM headers into the map: they are looked for."""
        given = list(instances)
        self.remember_patients({each.patient for each in given})
        for kind in ("patient_name", "birth_date"):
            found = {(getattr(each, kind), self.patient(each.patient)) for each in given
                     if getattr(each, kind) and each.patient
                     and (self.hidden or getattr(each, kind) != each.patient)}  # fmt: skip
            if found:
                self.identity.remember(self.cohort_id, kind, found)

    def file(self, file: SourceFile) -> SourceFile:
        """A file as it is stored."""
        return replace(file, path=self.path(file.path), patient_id=self.patient(file.patient_id))

    def found(self, problem: Problem) -> Problem:
        """A problem of the source as it is stored."""
        return replace(
            problem,
            patient_id=self.patient(problem.patient_id),
            source=None if problem.source is None else self.path(problem.source),
        )

    def text(self, text: str) -> str:
        """A text without any name of the source."""
        return self.identity.scrub(self.cohort_id, text)
