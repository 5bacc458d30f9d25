"""How files are damaged: cut, changed in one DICOM element, or given other bytes."""

import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
from pydicom import Dataset

from tests.system.corrupt.harness import Damage

Edit = Callable[[Path], None]


def cuts(
    kind: str, name: str, says: str, seed: int, names: str = "patient", span: tuple = (0.0, 1.0)
) -> Iterator[Damage]:
    """A file cut at four random offsets, within some part of it: one kind of damage."""
    random_state = random.Random(seed)
    for number in range(4):
        part = random_state.uniform(*span)
        yield Damage(f"{kind}-{number}", cut(name, part), says, names)


def cut(name: str, part: float) -> Edit:
    """The first part of a file."""
    return raw(name, lambda content: content[: max(1, int(part * len(content)))])


def element(name: str, edit: Callable[[Dataset], object]) -> Edit:
    """One DICOM file, or every file below a folder, with some elements changed."""

    def apply(folder: Path) -> None:
        place = folder / name
        for file in sorted(place.iterdir()) if place.is_dir() else [place]:
            rewrite(file, edit)

    return apply


def rewrite(file: Path, edit: Callable[[Dataset], object]) -> None:
    """Write a DICOM file anew; what pydicom thinks of the values does not matter."""
    with pydicom.config.disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = pydicom.dcmread(file)
        edit(data)
        data.save_as(file)


def raw(name: str, change: Callable[[bytes], bytes]) -> Edit:
    """One file with other bytes."""

    def apply(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return apply


def replaced(name: str, old: str, new: str) -> Edit:
    """One text file with other words."""

    def apply(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return apply


def line(table: str, old: str, new: str) -> Edit:
    """The line of a patient in a table; `*` stands for their name."""

    def apply(folder: Path) -> None:
        lines = [f"{each}\n".replace("*", folder.name) for each in (old, new)]
        replaced(table, *lines)(folder.parent)

    return apply
