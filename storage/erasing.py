"""Which erasures of patients began and did not end, by hash, so that they can be finished."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.home import Home

FOLDER = "erasing"


@contextmanager
def marked(home: Home, patient_sha256: str) -> Iterator[None]:
    """Keep a mark of an erasure; it stays when the erasure fails or is killed."""
    mark = _mark(home, patient_sha256)
    mark.parent.mkdir(exist_ok=True)
    mark.touch()
    yield
    mark.unlink()


def is_marked(home: Home, patient_sha256: str) -> bool:
    """Whether an erasure began and did not end."""
    return _mark(home, patient_sha256).exists()


def _mark(home: Home, patient_sha256: str) -> Path:
    return home.path / FOLDER / patient_sha256
