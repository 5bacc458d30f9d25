"""What a JSON sidecar (as dcm2niix writes) tells of an acquisition; only listed fields are read."""

import json
import math
from pathlib import Path

# our column: their BIDS field, factor to our unit
FIELDS: dict[str, tuple[str, float | None]] = {
    "manufacturer": ("Manufacturer", None),
    "sequence": ("SequenceName", None),
    "field_strength_t": ("MagneticFieldStrength", 1.0),
    "repetition_time_ms": ("RepetitionTime", 1000.0),
    "echo_time_ms": ("EchoTime", 1000.0),
    "flip_angle_deg": ("FlipAngle", 1.0),
    "time_after_injection_s": ("TimeAfterInjection", 1.0),
}


def read_header(file: Path | None) -> dict[str, str | float | None]:
    """Acquisition columns of one image; None where nothing is known.

    Source: BIDS specification, MRI sidecar JSON (times in seconds).

    Raises:
        ValueError: the sidecar is not a JSON object, or a number of it has no finite value.
    """
    given = _content(file) if file else {}
    if not isinstance(given, dict):
        raise ValueError("not a JSON object")
    return {ours: _value(given.get(theirs), factor) for ours, (theirs, factor) in FIELDS.items()}


def _content(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _value(given: object, factor: float | None) -> str | float | None:
    if given is None or factor is None:
        return None if given is None else str(given)
    try:
        number = float(given) * factor
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError("a number without a finite value")
    return number
