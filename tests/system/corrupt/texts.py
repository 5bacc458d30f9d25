"""Damage to `cohort.toml` and `study.toml`: by name, the bytes and what the refusal says."""

from tests.system.corrupt.healthy import TABLES, VOLUMES

COHORT = VOLUMES + TABLES
STUDY = 'id = "small"\nendpoint = "sign"\nphases = ["AP"]\ndevelopment = ["volumes"]\n'


def _with(old: str, new: str) -> bytes:
    assert old in COHORT
    return COHORT.replace(old, new, 1).encode()


PATTERN = "{patient}/{phase}.nii.gz"
COHORTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "id: Field required"),
    "cut": (COHORT.encode()[:150], "not valid TOML|to correct"),
    "utf-16": (COHORT.encode("utf-16"), "not UTF-8"),
    "latin-1": (_with("NIfTI", "Universit\xe4t").decode().encode("latin-1"), "not UTF-8"),
    "byte-order-mark": (b"\xef\xbb\xbf" + COHORT.encode(), "not valid TOML"),
    "nul-bytes": (_with("NIfTI", "N\0I"), "not valid TOML"),
    "of-noise": (bytes(range(256)) * 40, "not UTF-8|not valid TOML"),
    "nested-lists": (b"id = " + b"[" * 50_000, "nested too deeply|not valid TOML"),
    "nested-keys": (b".".join([b"a"] * 5000) + b" = 1", "nested too deeply|to correct"),
    "number-of-5000-digits": (b"id = " + b"9" * 5000, "too many digits"),
    "date-impossible": (b"id = 2021-13-45", "not valid TOML"),
    "key-twice": (b'id = "a"\nid = "b"', "not valid TOML"),
    "field-unknown": (_with("title", "titel"), "titel: "),
    "field-of-another-type": (_with('["AP"]', "7"), "phases: "),
    "number-not-finite": (
        COHORT.encode() + b"\n[limits]\nslice_tolerance = nan",
        "slice_tolerance",
    ),
    "voxels-negative": (COHORT.encode() + b"\n[limits]\nmaximum_voxels = -1", "maximum_voxels"),
    "pattern-out-of-the-root": (_with(PATTERN, "../" + PATTERN), "inside the cohort root"),
    "pattern-absolute": (_with(PATTERN, "/etc/" + PATTERN), "inside the cohort root"),
    "pattern-with-backslash": (_with(PATTERN, "..\\\\" + PATTERN), "inside the cohort root"),
    "pattern-without-patient": (_with(PATTERN, "{phase}.nii"), "must contain {patient}"),
    "table-out-of-the-root": (_with("clinical.csv", "../clinical.csv"), "inside the cohort root"),
    "table-absolute": (_with("clinical.csv", "/etc/passwd.csv"), "inside the cohort root"),
    "phase-of-a-path": (_with('["AP"]', '["../AP"]'), "phases"),
    "id-of-sql": (_with('"volumes"', '"a\'; drop table x; --"'), "id: "),
    "expression-broken": (
        COHORT.encode() + b'\n[[repeats]]\nformat="seg"\nroi="("\nreader="r"\nsession=1',
        "no regular expression",
    ),
    "root-elsewhere": (b'root = "nowhere"\n' + COHORT.encode(), "is not a folder"),
}
STUDIES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "id: Field required"),
    "cut": (STUDY.encode()[:40], "not valid TOML|to correct"),
    "utf-16": (STUDY.encode("utf-16"), "not UTF-8"),
    "nested": (b"id = " + b"[" * 50_000, "nested too deeply|not valid TOML"),
    "number-of-5000-digits": (b"id = " + b"9" * 5000, "too many digits"),
    "field-unknown": (STUDY.encode() + b"seed_of_luck = 1\n", "seed_of_luck"),
    "phases-of-numbers": (STUDY.replace('["AP"]', "[1, 2]").encode(), "phases"),
}
