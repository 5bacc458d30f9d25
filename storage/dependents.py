"""What depends on a file, in whichever way a user names it."""

import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from schemas.errors import HccerError
from storage.identity import Identity
from storage.reading import Reader

KNOWN = """
select 1 from source_file where cohort_id = $cohort and $file in (path, file_sha256)
union all
select 1 from image where cohort_id = $cohort and image_sha256 = $file
union all
select 1 from segmentation where cohort_id = $cohort and mask_sha256 = $file
"""


def dependents(reader: Reader, file: str) -> pl.DataFrame:
    """Everything that depends on a file, one row per patient, phase and table.

    Args:
        file: path below a cohort root, or its token, or any path of a file there, or a sha256.

    Raises:
        HccerError: no cohort knows the file, or nothing depends on it.
    """
    reader.check_not_empty()
    cohorts = reader.query("select cohort_id, root from cohort order by all").rows()
    known = [(cohort, name) for cohort, root in cohorts
             for name in _known_as(reader, cohort, root, file)]  # fmt: skip
    if not known:
        raise HccerError(f"{file!r} is no file of any cohort: give its path below the cohort root, "
                         "or its sha256")  # fmt: skip
    rows = pl.concat([_rows(reader, *each) for each in known])
    if rows.is_empty():
        whose = ", ".join(dict.fromkeys(cohort for cohort, _ in known))
        raise HccerError(f"nothing in the store depends on {file!r}, which is a file of {whose}")
    return rows


def _known_as(reader: Reader, cohort: str, root: str, file: str) -> list[str]:
    """The first name of a file that a cohort knows; none where it knows no such file."""
    identity = Identity(reader.home)
    below = [file, *_below(root, file)]
    names = dict.fromkeys([*below, *(identity.stored_path(cohort, each) for each in below)])
    known = (name for name in names
             if len(reader.query(KNOWN, {"cohort": cohort, "file": name})))  # fmt: skip
    return [name for name in [next(known, None)] if name]


def _below(root: str, file: str) -> Iterator[str]:
    """A path from the root of a cohort, links followed or not."""
    named = Path(os.path.normpath(Path(file).absolute()))
    for path, folder in ((named, Path(root)), (named.resolve(), Path(root).resolve())):
        if path.is_relative_to(folder):
            yield path.relative_to(folder).as_posix()


def _rows(reader: Reader, cohort: str, name: str) -> pl.DataFrame:
    rows = reader.query("from lineage_forward($file)", {"file": name})
    return rows.filter(cohort_id=cohort)
