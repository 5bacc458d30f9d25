"""Which phases a DICOM header fits, and the time after injection.

Source: DICOM PS3.3 C.7.6.4 (contrast), C.7.6.1 (times), C.8.13 (enhanced MR).
"""

import re
from collections.abc import Sequence

from pydicom import Dataset

from hccer.ingest.dicom_values import first_frame, first_item, items, number, text
from schemas.cohort_parts import PhaseRule

DAY_S = 86_400.0
TEXTS = {
    "modality": ("Modality",),
    "series_description": ("SeriesDescription",),
    "protocol_name": ("ProtocolName",),
    "sequence_name": ("SequenceName", "PulseSequenceName"),
    "image_type": ("ImageType",),
    "series_number": ("SeriesNumber",),
}
TIME_KEYWORDS = (
    "AcquisitionTime", "AcquisitionDateTime", "ContentTime", "TriggerTime",
    "ContrastBolusStartTime", "ContrastBolusAgentSequence", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)  # fmt: skip
RULE_KEYWORDS = (*(word for words in TEXTS.values() for word in words), *TIME_KEYWORDS)
_CLOCK = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2}(?:\.\d{1,6})?)?")


def fitting_phases(data: Dataset, rules: Sequence[PhaseRule]) -> tuple[str, ...]:
    """Phases with a rule that the header fits, each once, in the order of the rules."""
    return tuple(dict.fromkeys(rule.phase for rule in rules if _fits(data, rule)))


def _fits(data: Dataset, rule: PhaseRule) -> bool:
    for field, keywords in TEXTS.items():
        expression = getattr(rule, field)
        if expression is not None and not re.search(expression, first_text(data, keywords)):
            return False
    if rule.time_after_injection_s is None:
        return True
    seconds = seconds_after_injection(data)
    if seconds is None:
        seconds = _trigger_s(data)
    first, last = rule.time_after_injection_s
    return seconds is not None and first <= seconds < last


def first_text(data: Dataset, keywords: Sequence[str]) -> str:
    """The first of some elements that says something."""
    return next((said for said in (text(data, word) for word in keywords) if said), "")


def seconds_after_injection(data: Dataset) -> float | None:
    """Time from the start of the contrast bolus to the acquisition.

    Returns:
        Seconds within half a day, negative before the injection (clock times have no date, so
        midnight may lie between); None where either time is not said.
    """
    start, acquired = _injection(data), _acquisition(data)
    if start is None or acquired is None:
        return None
    return (acquired - start + DAY_S / 2) % DAY_S - DAY_S / 2


def _injection(data: Dataset) -> float | None:
    agents = items(data, "ContrastBolusAgentSequence")
    given = [each for agent in agents
             for each in items(agent, "ContrastAdministrationProfileSequence")]  # fmt: skip
    clocks = [_seconds_of_day(text(each, "ContrastBolusStartTime")) for each in (data, *given)]
    return next((clock for clock in clocks if clock is not None), None)


def _acquisition(data: Dataset) -> float | None:
    content = first_item(first_frame(data), "FrameContentSequence")
    clocks = (
        text(data, "AcquisitionTime"),
        text(content, "FrameAcquisitionDateTime")[8:],
        text(data, "AcquisitionDateTime")[8:],
        text(data, "ContentTime"),
    )
    said = [_seconds_of_day(clock) for clock in clocks]
    return next((clock for clock in said if clock is not None), None)


def _trigger_s(data: Dataset) -> float | None:
    """Some scanners say the time of a dynamic phase only as trigger time, in ms."""
    milliseconds = number(data, "TriggerTime") if text(data, "Modality") == "MR" else None
    return None if milliseconds is None else milliseconds / 1000


def _seconds_of_day(clock: str) -> float | None:
    """Seconds since midnight of a DICOM time HHMMSS.FFFFFF; None where it is none."""
    match = _CLOCK.match(clock)
    if match is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds if hours < 24 and minutes < 60 else None
