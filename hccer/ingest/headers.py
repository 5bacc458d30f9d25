"""What a JSON sidecar (as dcm2niix writes) tells of an acquisition; only listed fields are read."""

import json
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
        ValueError: the sidecar is not a JSON object.
    """
    given = json.loads(file.read_text(encoding="utf-8")) if file else {}
    if not isinstance(given, dict):
        raise ValueError("not a JSON object")
    return {ours: _value(given.get(theirs), factor) for ours, (theirs, factor) in FIELDS.items()}


def _value(given: object, factor: float | None) -> str | float | None:
    if given is None:
        return None
    return str(given) if factor is None else float(given) * factor
