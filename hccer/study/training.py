"""One network of a study: on whom it is trained, and what it is made from."""

import json
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from hccer.deep.samples import Samples
from hccer.study.context import StudyContext
from hccer.study.features import study_patients
from hccer.study.nested import content
from hccer.study.network_fits import Fit, NetworkSettings
from hccer.study.network_task import Task
from hccer.validation.patients import Patients
from schemas.preset import settings_text
from storage.checkpoints import Checkpoints
from storage.memory import derivation

VERSION = "network-1"


@dataclass(frozen=True, eq=False)
class Training:
    """What one network is trained on.

    Attributes:
        patients: its training patients with crops: rows of `role_rows` and `crop_sha256`, and
            `row`, theirs among all training patients.
    """

    context: StudyContext
    fit: Fit
    patients: pl.DataFrame

    @cached_property
    def settings(self) -> NetworkSettings:
        """What decides it but the patients."""
        return self.fit.settings(self.context.preset)

    @cached_property
    def table(self) -> Patients:
        """Features, repeated delineations and factors of exactly these patients."""
        return study_patients(self.context, self.patients.drop("row"))[0]

    @property
    def unit(self) -> dict:
        """The columns that name the network, and what it is made from."""
        seen = self.patients.select("content_sha256", "crop_sha256", "y_true").rows()
        inputs = [json.dumps(sorted(seen))]
        inputs += [content(self.table)] if self.fit.model == "DLRCR" else []
        key = derivation(inputs, settings_text(self.settings), VERSION)
        return {**self.fit.named, "derivation": key}

    def task(self, key: str, live: bool, crops: Samples) -> Task:
        """Everything that the training reads, without the store's session.

        Args:
            key: its derivation.
            live: shown as a bar.
            crops: of all training patients.
        """
        context = self.context
        return Task(
            fit=self.fit,
            key=key,
            live=live,
            title=f"{self.fit.text} of {context.study_id}",
            deep=context.preset.deep,
            settings=self.settings,
            patients=self.patients.select("cohort_id", "patient_id"),
            crops=crops,
            rows=self.patients["row"].to_numpy(),
            table=self.table if self.fit.model == "DLRCR" else None,
            checkpoints=Checkpoints(context.store.home, context.study_id),
            weights=context.store.weights,
        )
