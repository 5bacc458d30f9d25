"""What is known of the DICOM files of a cohort while they are put together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hccer.ingest.dicom_header import Instance
from hccer.ingest.discovery import Problem, SourceFile


@dataclass
class Assembly:
    """What is known so far: the file of each path, and what was refused."""

    files: dict[str, SourceFile] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, instances: Sequence[Instance], reason: str, phase: str | None = None) -> None:
        """The files are of no use; one problem says why."""
        first = instances[0]
        patient = first.patient or None
        self.problems.append(Problem("source_file", reason, patient, phase, source=first.path))
        self.files.update({each.path: source_file(each, "other") for each in instances})


def source_file(instance: Instance, kind: str, **known: object) -> SourceFile:
    """A row of what is found; `known` are fields beyond those the header says."""
    return SourceFile(
        instance.path,
        kind,
        instance.patient or None,
        series_instance_uid=instance.series_instance_uid or None,
        sop_instance_uid=instance.sop_instance_uid or None,
        referenced_uid=instance.referenced_uid,
        fits=",".join(instance.fits) or None,
        **known,
    )


def grouped(instances: Iterable[Instance], name: str) -> dict:
    """Instances by one of their fields, in the order of their first ones."""
    groups = defaultdict(list)
    for each in instances:
        groups[getattr(each, name)].append(each)
    return dict(groups)


def without_copies(assembly: Assembly, files: list[Instance]) -> list[Instance]:
    """One file per SOPInstanceUID; none where files with one UID differ."""
    kept = []
    uid = files[0].series_instance_uid
    copies, odd = [], []
    for same in grouped(files, "sop_instance_uid").values():
        if len({each.fingerprint for each in same} - {None}) > 1:
            odd += same
        kept.append(same[0])
        copies += same[1:]
    if odd:
        reason = f"series {uid}: {len(odd)} files differ but share a SOPInstanceUID with another"
        assembly.refuse(files, f"{reason}: export the series again")
        return []
    if copies:
        reason = f"series {uid}: {len(copies)} of {len(files)} files are copies and not used"
        assembly.refuse(copies, reason)
    return kept
