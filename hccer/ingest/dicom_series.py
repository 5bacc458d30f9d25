"""From DICOM files to the image of each patient and phase, and the masks drawn on them.

Source: DICOM PS3.3 A.1.2 (patient, study, series and instance entities).
"""

from collections import defaultdict
from collections.abc import Sequence

from hccer.ingest.dicom_assembly import Assembly, grouped, source_file, without_copies
from hccer.ingest.dicom_drawn import (
    ByGeometry,
    PhasesOfSeries,
    delineations,
    drawn_on_a_phase,
)
from hccer.ingest.dicom_header import Instance
from hccer.ingest.discovery import Problem, SourceFile
from schemas.cohort_file import CohortFile


def assemble(
    cohort: CohortFile, instances: Sequence[Instance], by_geometry: ByGeometry | None = None
) -> tuple[list[SourceFile], list[Problem]]:
    """Say of every DICOM file which image or mask it is part of.

    Args:
        cohort: the validated cohort file.
        instances: the headers of all its DICOM files.
        by_geometry: given the path of a mask and phases of its patient, the one phase whose image
            it lies on, or None; asked where the mask names no series that is there.

    Returns:
        Files in the order of their paths (a mask file once per delineation), each image and each
        delineation of a patient and phase from one series; and what was refused. `patient_id` is
        the id of the source.
    """
    usable = sorted((each for each in instances if each.kind != "other"), key=lambda e: e.path)
    assembly = Assembly({e.path: source_file(e, "other") for e in instances if e.kind == "other"})
    nameless = [each for each in usable if not each.patient]
    for files in grouped(nameless, "series_instance_uid").values():
        reason = f"{len(files)} DICOM files name no patient ({cohort.images.patient} is empty)"
        assembly.refuse(files, reason)
    named = [each for each in usable if each.patient]
    images = [each for each in named if each.kind == "image"]
    phases = _images(assembly, images)
    masks = drawn_on_a_phase(assembly, [e for e in named if e.kind == "mask"], images, phases)
    drawn = delineations(cohort, assembly, masks, phases, by_geometry)
    files = dict.fromkeys([*assembly.files.values(), *drawn])
    ordered = sorted(files, key=lambda e: (e.path, e.kind, e.reader_id or "", e.session_id or 0))
    return ordered, assembly.problems


def _images(assembly: Assembly, images: list[Instance]) -> dict[str, PhasesOfSeries]:
    """Give each image file its phase; by patient, the phases that each series is the image of."""
    parts: dict[tuple[str, str], dict[str, list[Instance]]] = defaultdict(dict)
    mixed: dict[tuple[str, str], str] = {}
    for uid, series in grouped(images, "series_instance_uid").items():
        clear = _parts(assembly, uid, series)
        for patient, phase, part in clear:
            parts[patient, phase][uid] = part
        if not clear and len({each.fits for each in series}) > 1:
            mixed |= {(each.patient, phase): uid for each in series for phase in each.fits}
    found: dict[str, PhasesOfSeries] = defaultdict(dict)
    for (patient, phase), series in sorted(parts.items()):
        if len(series) > 1:
            _refuse_several(assembly, phase, series)
            continue
        if (patient, phase) in mixed:
            _refuse_rest(assembly, phase, mixed[patient, phase], series)
            continue
        for uid, part in series.items():
            found[patient].setdefault(uid, set()).add(phase)
            assembly.files.update({e.path: source_file(e, "image", phase=phase) for e in part})
    return found


def _parts(
    assembly: Assembly, uid: str, series: list[Instance]
) -> list[tuple[str, str, list[Instance]]]:
    """Patient, phase and files of what a series holds; nothing where that is not clear."""
    patients = grouped(series, "patient")
    faulty = [each for each in series if each.fault]
    if faulty and len(patients) == 1:
        said = f"{len(faulty)} of {len(series)} files cannot be used: {faulty[0].fault}"
        assembly.refuse([*faulty, *series], f"series {uid}: {said}; export the series again")
        return []
    if len(patients) == 1:
        phases = _phases(assembly, uid, without_copies(assembly, series))
        return [(series[0].patient, phase, part) for phase, part in phases.items()]
    for files in patients.values():
        reason = f"series {uid} is there for {len(patients)} patients"
        assembly.refuse(files, f"{reason}: their ids in the headers must be the same")
    return []


def _refuse_several(assembly: Assembly, phase: str, series: dict[str, list[Instance]]) -> None:
    named = " and ".join(f"{uid} ({len(part)} files)" for uid, part in sorted(series.items()))
    reason = f"{len(series)} series fit phase {phase}: {named}; rules must choose one"
    files = sorted((each for part in series.values() for each in part), key=lambda e: e.path)
    assembly.refuse(files, reason, phase)


def _refuse_rest(
    assembly: Assembly, phase: str, mixed: str, series: dict[str, list[Instance]]
) -> None:
    """Slices of this phase may have got into the mixed series: what is left is no whole image."""
    for uid, part in series.items():
        reason = f"series {uid}: files of series {mixed} fit phase {phase} too"
        assembly.refuse(part, f"{reason}: export both again", phase)


def _phases(assembly: Assembly, uid: str, files: list[Instance]) -> dict[str, list[Instance]]:
    """The files of a series by phase; a series of several phases must fall in equal parts."""
    parts = grouped(files, "fits")
    sizes = {fits: len(part) for fits, part in parts.items()}
    if all(len(fits) == 1 for fits in parts) and len(set(sizes.values())) <= 1:
        return {fits[0]: part for fits, part in parts.items()}
    said = ", ".join(_fitting(fits, count) for fits, count in sorted(sizes.items()))
    advice = "each file of a series must fit one phase, each phase as many files"
    assembly.refuse(files, f"series {uid}: of {len(files)} files {said}; {advice}")
    return {}


def _fitting(fits: tuple[str, ...], count: int) -> str:
    verb = "fits" if count == 1 else "fit"
    return f"{count} {verb} {' and '.join(fits) if fits else 'no phase'}"
