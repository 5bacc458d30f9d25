"""Pictures of a patient: each phase with its mask, the crop, and the Score-CAM maps."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from hccer.pipeline.contact_sheets import pictures_of
from hccer.pipeline.context import Context
from hccer.report.page import Picture, photograph
from hccer.report.panels import crop_picture
from hccer.study.crops import crop_settings_id, study_crops
from hccer.study.report_subject import Subject, Who

ALL = "all"
MAPS = (
    "select fit_id, position, channel, map, shape from lake.attribution where study_id = $study "
    "and cohort_id = $cohort and patient_id = $patient and weights = 'trained' "
    "and map is not null"
)


@dataclass(frozen=True, eq=False)
class Crop:
    """The crop of one patient.

    tensor: (slices, channels, rows, cols); mask: (slices, rows, cols) bool; largest: index of the
    slice with the largest tumour area.
    """

    tensor: np.ndarray
    mask: np.ndarray
    largest: int


@dataclass(frozen=True)
class Pictures:
    """What is seen of the patients of a report."""

    subject: Subject

    def phases(self, who: Who) -> tuple[Picture, ...]:
        """Each phase at the slice with most tumour, with its mask."""
        named = ((phase, self._drawn.get((*who, phase))) for phase in self._phases)
        return tuple(
            photograph(content, f"{phase}, slice with most tumour{self._note(who)}", phase)
            for phase, content in named if content
        )  # fmt: skip

    def crop(self, who: Who) -> tuple[Picture, ...]:
        """The crop's slice of the largest area, phase by phase."""
        crop = self._crop(who)
        return () if crop is None else tuple(
            self._panel(who, crop, crop.largest, phase) for phase in self._phases
        )  # fmt: skip

    def maps(self, who: Who, fit_id: str | None = None) -> tuple[Picture, ...]:
        """Score-CAM maps of one network, or of each: of all phases together, then of each alone."""
        crop = self._crop(who)
        if crop is None:
            return ()
        rows = self.subject.context.rows(MAPS, cohort=who[0], patient=who[1])
        order = [ALL, *self._phases]
        wanted = pl.lit(True) if fit_id is None else pl.col("fit_id") == fit_id
        rows = rows.filter(wanted, pl.col("channel").is_in(order)).sort(
            "fit_id", "position", pl.col("channel").replace_strict(order, range(len(order)))
        )
        return tuple(each for row in rows.iter_rows(named=True)
                     for each in self._mapped(who, crop, row))  # fmt: skip

    def _mapped(self, who: Who, crop: Crop, row: dict) -> Iterator[Picture]:
        heat = np.frombuffer(row["map"], "<f4").reshape(row["shape"])
        together = row["channel"] == ALL
        how = f"{row['fit_id']}, {'all phases' if together else 'alone'}"
        for phase in self._phases if together else [row["channel"]]:
            yield self._panel(who, crop, row["position"] - 1, phase, heat, how)

    def _panel(
        self, who: Who, crop: Crop, at: int, phase: str, heat: np.ndarray | None = None,
        how: str = "",
    ) -> Picture:  # fmt: skip
        channel = crop.tensor[at, self._phases.index(phase)]
        synthetic = self.subject.synthetic_cohort(who[0])
        content = crop_picture(channel, crop.mask[at], heat, synthetic=synthetic)
        caption = f"{phase}, {how}" if how else phase
        seen = "crop" if heat is None else "Score-CAM over the crop"
        return photograph(content, f"{caption}: {seen} of {who[1]}{self._note(who)}", caption)

    def _crop(self, who: Who) -> Crop | None:
        if who not in self._cropped:
            return None
        one = pl.DataFrame([who], schema=["cohort_id", "patient_id"], orient="row")
        found = study_crops(self.subject.context, one)
        return Crop(found.tensors[0], found.masks[0], int(found.area_mm2[0].argmax()))

    def _note(self, who: Who) -> str:
        return ", synthetic image" if self.subject.synthetic_cohort(who[0]) else ""

    @property
    def _phases(self) -> list[str]:
        return self.subject.context.file.phases

    @cached_property
    def _cropped(self) -> set[Who]:
        context = self.subject.context
        found = context.rows(
            "select distinct cohort_id, patient_id from lake.crop where settings_id = $crops",
            crops=crop_settings_id(context),
        )
        return set(found.rows())

    @cached_property
    def _drawn(self) -> dict[tuple[str, str, str], bytes | None]:
        context, drawn = self.subject.context, {}
        for cohort_id in context.file.cohorts:
            of_cohort = Context(context.store, cohort_id, context.run_id)
            made = pictures_of(of_cohort, f"report of {context.study_id}")
            drawn |= {(cohort_id, *unit): picture for unit, picture in made.items()}
        return drawn
