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
from hccer.study.report_subject import Subject, Who

ALL = "all"
CROP, MAPS = "patient_crop", "patient_attribution"


@dataclass(frozen=True, eq=False)
class Slice:
    """One slice of a crop: tensor (channels, rows, columns), and the tumour (rows, columns)."""

    tensor: np.ndarray
    mask: np.ndarray


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
        if who not in self._cropped:
            return ()
        rows = self.subject.source.of_patient(CROP, who)
        largest = _slice(rows.row(rows["area_mm2"].arg_max(), named=True))
        return tuple(self._panel(who, largest, phase) for phase in self._phases)

    def maps(self, who: Who, fit_id: str | None = None) -> tuple[Picture, ...]:
        """Score-CAM maps of one network, or of each: of all phases together, then of each alone."""
        if who not in self._mapped:
            return ()
        rows = self.subject.source.of_patient(MAPS, who)
        wanted = pl.lit(True) if fit_id is None else pl.col("fit_id") == fit_id
        rows = rows.filter(wanted, pl.col("channel").is_in([ALL, *self._phases]))
        return tuple(each for row in rows.iter_rows(named=True) for each in self._over(who, row))

    def _over(self, who: Who, row: dict) -> Iterator[Picture]:
        heat = np.frombuffer(row["map"], "<f4").reshape(row["map_shape"])
        together = row["channel"] == ALL
        how = f"{row['fit_id']}, {'all phases' if together else 'alone'}"
        for phase in self._phases if together else [row["channel"]]:
            yield self._panel(who, _slice(row), phase, heat, how)

    def _panel(
        self, who: Who, crop: Slice, phase: str, heat: np.ndarray | None = None, how: str = ""
    ) -> Picture:
        channel = crop.tensor[self._phases.index(phase)]
        synthetic = self.subject.synthetic_cohort(who[0])
        content = crop_picture(channel, crop.mask, heat, synthetic=synthetic)
        caption = f"{phase}, {how}" if how else phase
        seen = "crop" if heat is None else "Score-CAM over the crop"
        return photograph(content, f"{caption}: {seen} of {who[1]}{self._note(who)}", caption)

    def _note(self, who: Who) -> str:
        return ", synthetic image" if self.subject.synthetic_cohort(who[0]) else ""

    @property
    def _phases(self) -> list[str]:
        return self.subject.context.file.phases

    @cached_property
    def _cropped(self) -> set[Who]:
        return self.subject.source.patients(CROP)

    @cached_property
    def _mapped(self) -> set[Who]:
        return self.subject.source.patients(MAPS)

    @cached_property
    def _drawn(self) -> dict[tuple[str, str, str], bytes | None]:
        context, drawn = self.subject.context, {}
        for cohort_id in context.file.cohorts:
            of_cohort = Context(context.store, cohort_id, context.run_id)
            made = pictures_of(of_cohort, f"report of {context.study_id}")
            drawn |= {(cohort_id, *unit): picture for unit, picture in made.items()}
        return drawn


def _slice(row: dict) -> Slice:
    tensor = np.frombuffer(row["tensor"], row["dtype"]).reshape(row["shape"])
    mask = np.frombuffer(row["mask"], np.uint8).reshape(row["shape"][1:])
    return Slice(tensor.astype(np.float32), mask > 0)
