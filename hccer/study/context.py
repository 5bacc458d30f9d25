"""What every step of a study needs: the store, the study as registered, and the run."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from schemas.errors import HccerError
from schemas.preset import Preset, load_preset, settings_id
from schemas.study_file import StudyFile
from schemas.table import Table
from schemas.tables import EXTRACTION, SEGMENTATION, TABLES
from storage.store import Store

# other studies' perturbed delineations of the same cohorts are not this study's
OWN_DELINEATION = (
    "reader_id not in (select reader_id from lake.perturbation where settings_id != $perturbation)"
)


@dataclass(frozen=True)
class StudyContext:
    """One study of a store, in one run."""

    store: Store
    study_id: str
    run_id: str

    @cached_property
    def file(self) -> StudyFile:
        """The registered study file."""
        return StudyFile.model_validate_json(self.store.registry.study(self.study_id).file_json)

    @cached_property
    def preset(self) -> Preset:
        """The numbers of the science."""
        return load_preset(self.file.preset, self.file.overrides)

    @cached_property
    def settings_id(self) -> str:
        """Under which features are read."""
        return settings_id(self.preset.radiomics)

    @cached_property
    def perturbation_id(self) -> str:
        """Under which a machine drew tumours again; empty where the study asks for none."""
        chosen = self.preset.perturbation
        return "" if chosen is None else settings_id(chosen)

    def rows(self, sql: str, **parameters: object) -> pl.DataFrame:
        """Rows of a query of our own; `$study`, `$cohorts` and `$perturbation` may be named."""
        named = {"study": self.study_id, "cohorts": self.file.cohorts,
                 "perturbation": self.perturbation_id, **parameters}  # fmt: skip
        return self.store.rows(sql, {k: v for k, v in named.items() if f"${k}" in sql})

    def own(self, table: Table) -> pl.DataFrame:
        """The study's rows of a table, ordered by its key."""
        order = ", ".join(table.key)
        return self.rows(f"from lake.{table.name} where study_id = $study order by {order}")

    def content(self, name: str) -> str:
        """Hash of the rows of a table that this study can see, whatever made them."""
        table = EXTRACTION if name == "feature_value" else TABLES[name]
        columns = ", ".join(each for each in table.content_columns if each != "derivation")
        where = "study_id = $study" if table.partition == "study" else "cohort_id in $cohorts"
        if table is EXTRACTION:
            where += f" and settings_id = '{self.settings_id}'"
        if table in (EXTRACTION, SEGMENTATION):
            where += f" and {OWN_DELINEATION}"
        found = self.rows(f"select count(*), bit_xor(hash({columns})) from lake.{table.name} "
                          f"where {where}")  # fmt: skip
        return "-".join(map(str, found.row(0)))

    def fail(self, sentence: str) -> HccerError:
        """An error that names the study, once."""
        named = f"study {self.study_id}: "
        return HccerError(f"{named}{sentence.removeprefix(named)}")
