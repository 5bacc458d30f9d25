"""On which image each RTSTRUCT and SEG was drawn.

Source: DICOM PS3.3 C.8.8.5 (referenced frame of reference), C.8.20.3 (referenced series).
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from hccer.ingest.dicom_assembly import Assembly, grouped, source_file, without_copies
from hccer.ingest.dicom_header import Instance
from hccer.ingest.discovery import Problem, SourceFile
from schemas.cohort_file import CohortFile
from schemas.cohort_parts import Masks

PhasesOfSeries = dict[str, set[str]]
ByGeometry = Callable[[str, tuple[str, ...]], str | None]


def drawn_on_a_phase(
    assembly: Assembly,
    masks: list[Instance],
    images: list[Instance],
    phases: dict[str, PhasesOfSeries],
) -> list[Instance]:
    """Masks that were not drawn on a series of another patient, or the image of no phase."""
    owners = defaultdict(set)
    for each in images:
        owners[each.series_instance_uid].add(each.patient)
    kept = []
    for mask in masks:
        named = mask.referenced_uid
        if named in owners and mask.patient not in owners[named]:
            assembly.refuse([mask], f"drawn on series {named}, which is of another patient")
        elif named in owners and named not in phases.get(mask.patient, {}):
            assembly.refuse([mask], f"drawn on series {named}, which is the image of no phase")
        else:
            kept.append(mask)
    return kept


def delineations(
    cohort: CohortFile,
    assembly: Assembly,
    masks: list[Instance],
    phases: dict[str, PhasesOfSeries],
    by_geometry: ByGeometry | None,
) -> list[SourceFile]:
    """Each mask file once per delineation that it is of, with the phase it was drawn on.

    Args:
        phases: by patient, the phases that each series is the image of.
        by_geometry: see `assemble`.
    """
    drawn: dict[tuple, list[SourceFile]] = defaultdict(list)
    series = [group for own in grouped(masks, "patient").values()
              for group in grouped(own, "series_instance_uid").values()]  # fmt: skip
    for mask in (each for group in series for each in without_copies(assembly, group)):
        if not mask.fits:
            count = "" if mask.regions is None else f" of its {mask.regions}"
            assembly.refuse([mask], f"none{count} regions fits the `roi` of a delineation")
            continue
        phase = _phase_of_mask(assembly, mask, phases.get(mask.patient, {}), by_geometry)
        for file in _files(cohort, mask, phase):
            drawn[file.unit].append(file)
    return [file for group in drawn.values() for file in _one_mask(assembly, group)]


def _phase_of_mask(
    assembly: Assembly,
    mask: Instance,
    series: PhasesOfSeries,
    by_geometry: ByGeometry | None,
) -> str | None:
    """The phase of the series a mask names, else its patient's only phase, else by geometry."""
    every = tuple(sorted(set().union(*series.values()))) if series else ()
    candidates = tuple(sorted(series.get(mask.referenced_uid, ()))) or every
    if len(candidates) == 1:
        return candidates[0]
    phase = by_geometry(mask.path, candidates) if by_geometry and candidates else None
    if phase is None:
        known = mask.referenced_uid in series
        why = "a series of several phases" if known else "no series that is the image of a phase"
        reason = f"the mask was drawn on {why} ({', '.join(candidates) or 'no phase'} there)"
        assembly.problems.append(Problem("source_file", reason, mask.patient, source=mask.path))
    return phase


def _files(cohort: CohortFile, mask: Instance, phase: str | None) -> list[SourceFile]:
    wanted: dict[str, Masks] = {f"{e.reader}/{e.session}": e for e in cohort.delineations}
    return [
        replace(
            source_file(mask, "mask"),
            phase=phase,
            reader_id=wanted[name].reader,
            session_id=wanted[name].session,
            label=wanted[name].label,
            is_reference=wanted[name] is cohort.masks,
        )
        for name in mask.fits
        if name in wanted
    ]


def _one_mask(assembly: Assembly, group: list[SourceFile]) -> list[SourceFile]:
    """The mask of a patient, phase, reader and session; several are none."""
    if len(group) == 1 or group[0].phase is None:
        return group
    first = group[0]
    uids = " and ".join(sorted(str(file.sop_instance_uid) for file in group))
    reason = f"{len(group)} mask files fit one delineation: {uids}; `roi` must choose one"
    unit = (first.patient_id, first.phase, first.reader_id, first.session_id)
    assembly.problems.append(Problem("source_file", reason, *unit, source=first.path))
    return [
        replace(file, kind="other", reader_id=None, session_id=None, label=None, is_reference=None)
        for file in group
    ]
