"""Contact sheet: every patient of a cohort at a glance, one page that needs nothing else."""

import base64
import re
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader

PREVIEW_BYTES = 200_000
PREVIEW_CASES = 4


@dataclass(frozen=True)
class Tile:
    """One phase of a patient.

    Attributes:
        picture: WebP; None where there is no image.
        notes: why something of it was refused.
    """

    phase: str
    picture: bytes | None
    notes: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The picture as a data URI."""
        return f"data:image/webp;base64,{base64.b64encode(self.picture or b'').decode()}"


@dataclass(frozen=True)
class Case:
    """A patient: phases in the order of the examination, and what the checks say."""

    patient_id: str
    diameter_mm: float | None
    tiles: tuple[Tile, ...]
    flags: tuple[str, ...] = ()

    @property
    def is_flagged(self) -> bool:
        """Whether someone should look."""
        return bool(self.flags) or any(tile.notes for tile in self.tiles)


@dataclass(frozen=True)
class Sheet:
    """What a contact sheet shows.

    Attributes:
        checksum: hash of all that it was made from, kept in the head of the page.
    """

    cohort_id: str
    title: str
    synthetic: bool
    cases: tuple[Case, ...]
    checksum: str


def head(checksum: str) -> str:
    """First line of the page made from inputs with this hash."""
    return f"<!doctype html><!-- contact sheet {checksum} -->"


def contact_sheet(sheet: Sheet) -> str:
    """The page as HTML: pictures inside it, no script, no request; light, dark and in print."""
    loader = PackageLoader("hccer.report", ".")
    page = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = page.get_template("contact_sheet.html")
    return f"{head(sheet.checksum)}\n{template.render(sheet=sheet)}"


def preview(sheet: Sheet) -> str:
    """A few patients as a Markdown table with pictures inside, flagged ones first.

    Returns:
        At most 200 kB.
    """
    cases = sorted(sheet.cases, key=lambda case: not case.is_flagged)[:PREVIEW_CASES]
    phases = list(dict.fromkeys(tile.phase for case in cases for tile in case.tiles))
    lines = [f"**SYNTHETIC IMAGES** of {plain(sheet.cohort_id)}\n"] if sheet.synthetic else []
    lines += [markdown_row(["patient", *map(plain, phases), "flags"])]
    lines += [markdown_row(["---"] * (len(phases) + 2))]
    size = len("\n".join(lines).encode())
    for case in cases:
        line = _preview_row(case, phases)
        size += len(line.encode()) + 1
        if size > PREVIEW_BYTES:
            break
        lines.append(line)
    return "\n".join(lines)


def _preview_row(case: Case, phases: list[str]) -> str:
    tiles = {tile.phase: tile for tile in case.tiles}
    shown = [_picture(tiles[phase]) if phase in tiles else "" for phase in phases]
    notes = [note for tile in case.tiles for note in tile.notes]
    return markdown_row([plain(case.patient_id), *shown, plain("; ".join([*case.flags, *notes]))])


def _picture(tile: Tile) -> str:
    return f"![{plain(tile.phase)}]({tile.address})" if tile.picture else ""


def markdown_row(cells: list[str]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    """A text of which Markdown makes nothing but text."""
    return re.sub(r"([^\w\s])", r"\\\1", " ".join(text.split()))
