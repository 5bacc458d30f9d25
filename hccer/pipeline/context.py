"""What every step needs: the store, the cohort as registered, and the run."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from hccer.ingest.discovery import SourceFile
from hccer.pipeline.naming import Naming
from schemas.cohort_file import CohortFile
from schemas.deep import CropRecipe, RegistrationRecipe
from schemas.errors import HccerError
from schemas.perturbation import PerturbationSettings
from schemas.preset import Preset, RadiomicsSettings, load_preset, settings_id
from schemas.study_file import StudyFile
from storage.identity import PSEUDONYM, Identity
from storage.registry import patient_sha256
from storage.store import Store

Settings = TypeVar("Settings", bound=BaseModel)
SOURCE_COLUMNS = ", ".join(field.name for field in fields(SourceFile))


@dataclass(frozen=True)
class Context:
    """One cohort of a store, in one run."""

    store: Store
    cohort_id: str
    run_id: str

    @cached_property
    def cohort(self) -> CohortFile:
        """The registered cohort file."""
        return CohortFile.model_validate_json(self.store.registry.cohort(self.cohort_id).file_json)

    @cached_property
    def root(self) -> Path:
        """Root of the cohort's data; raises HccerError when it is not there."""
        root = Path(self.store.registry.cohort(self.cohort_id).root)
        if not root.is_dir():
            raise HccerError(
                f"the root of cohort {self.cohort_id} is gone: {root}; bring it back, or give "
                "another with `hccer cohort add --replace` (nothing in the store was changed)"
            )
        return root

    @cached_property
    def naming(self) -> Naming:
        """Under which names patients and files are stored."""
        hidden = not self.cohort.identity.pseudonymous
        identity = Identity(self.store.home)
        if hidden and not identity.has_key(self.cohort_id):
            self._check_unnamed(identity.file)
        return Naming(identity, self.cohort_id, hidden)

    def _check_unnamed(self, map_file: Path) -> None:
        """Raise HccerError where names of this cohort stand that a new key would not make."""
        stored = "select patient_id from lake.patient where cohort_id = ?"
        names = self.store.rows(stored, [self.cohort_id])["patient_id"]
        if not all(PSEUDONYM.fullmatch(each) for each in names):
            raise HccerError(
                f"patients of cohort {self.cohort_id} are stored under their own ids: take them "
                f"out with `hccer cohort remove {self.cohort_id} --purge`, then add it again"
            )
        if len(names) or self.withdrawn:
            raise HccerError(
                f"{map_file} is gone, and with it who the patients of cohort "
                f"{self.cohort_id} are: bring it back from a backup"
            )

    def file(self, path: str) -> Path:
        """The file that a stored path stands for."""
        return self.root / self.naming.source(path)

    @cached_property
    def withdrawn(self) -> set[str]:
        """Hashes of the patients who withdrew."""
        return self.store.registry.withdrawals(self.cohort_id)

    def withdrew(self, patient_id: str | None) -> bool:
        """Whether a stored patient withdrew consent: nothing of them is read any more."""
        return patient_sha256(self.cohort_id, patient_id or "") in self.withdrawn

    @cached_property
    def asked(self) -> dict[str, tuple[str, RadiomicsSettings]]:
        """Settings that the registered studies ask of this cohort: settings_id -> who, what."""
        presets = asked_presets(self.store, self.cohort_id)
        return _by_settings((name, preset.radiomics) for name, preset in presets.items())

    @cached_property
    def perturbations(self) -> dict[str, tuple[str, PerturbationSettings]]:
        """How studies ask for tumours of this cohort to be drawn again: settings_id -> who, how."""
        presets = asked_presets(self.store, self.cohort_id)
        return _by_settings(
            (name, preset.perturbation)
            for name, preset in presets.items()
            if preset.perturbation is not None
        )

    @cached_property
    def asked_together(self) -> set[tuple[str, str]]:
        """settings_id of the features, settings_id of the perturbation, that one study asks for."""
        presets = asked_presets(self.store, self.cohort_id).values()
        return {(settings_id(each.radiomics), settings_id(each.perturbation))
                for each in presets if each.perturbation is not None}  # fmt: skip

    @cached_property
    def crops(self) -> dict[str, tuple[str, CropRecipe]]:
        """Crops that studies with networks ask of this cohort: settings_id -> who, how."""
        return _by_settings(
            (f"study {file.id}", CropRecipe(imaging=preset.imaging, phases=tuple(file.phases)))
            for file, preset in asking_studies(self.store, self.cohort_id)
            if preset.deep is not None
        )

    @cached_property
    def registrations(self) -> dict[str, tuple[str, RegistrationRecipe]]:
        """Registrations that these crops need: settings_id -> who, how."""
        return _by_settings((who, each.registration) for who, each in self.crops.values())

    def moved_phases(self, recipe: RegistrationRecipe) -> set[str]:
        """Phases that some crop needs on the one that a registration leaves still."""
        return {phase for _, crop in self.crops.values() if crop.registration == recipe
                for phase in crop.phases[1:]}  # fmt: skip

    def source_files(self) -> list[SourceFile]:
        """Files of the cohort as the table source_file has them."""
        rows = self.store.rows(
            f"select {SOURCE_COLUMNS} from lake.source_file where cohort_id = ? order by path",
            [self.cohort_id],
        )
        return [SourceFile(**row) for row in rows.iter_rows(named=True)]


def asked_presets(store: Store, cohort_id: str) -> dict[str, Preset]:
    """Presets of the studies that name a cohort, by study; the preset `paper` when none does."""
    asking = {f"study {file.id}": preset for file, preset in asking_studies(store, cohort_id)}
    return asking or {"preset paper": load_preset("paper")}


def asking_studies(store: Store, cohort_id: str) -> list[tuple[StudyFile, Preset]]:
    """The studies that name a cohort, each with its preset."""
    files = [StudyFile.model_validate_json(row.file_json) for row in store.registry.studies()]
    return [(file, load_preset(file.preset, file.overrides))
            for file in files if cohort_id in file.cohorts]  # fmt: skip


def _by_settings(asked: Iterable[tuple[str, Settings]]) -> dict[str, tuple[str, Settings]]:
    """Settings once each, with everybody who asks for them."""
    found: dict[str, tuple[str, Settings]] = {}
    for who, settings in asked:
        key = settings_id(settings)
        found[key] = (", ".join([found[key][0], who] if key in found else [who]), settings)
    return found
