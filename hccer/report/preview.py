"""A report at a glance, as Markdown: its key numbers and one figure."""

import base64

from hccer.report.contact_sheet import markdown_row, plain
from hccer.report.tables import PrintedTable
from hccer.report.thumbnail import SYNTHETIC

INK = "#777"  # readable on a light and on a dark page; a picture has no text colour to inherit


def report_preview(
    title: str, table: PrintedTable | None, svg: str | None, *, synthetic: bool
) -> str:
    """Title, key numbers and a figure.

    Args:
        table: of one row.
        svg: a drawing of `hccer.figures`.
        synthetic: say that images are made up.
    """
    lines = [f"**{plain(title)}**"]
    if synthetic:
        lines.append(f"**{SYNTHETIC}**")
    if table is not None:
        cells = zip(table.heads, table.rows[0], strict=True)
        known = [(head.text, cell.text) for head, cell in cells if cell.order != "-inf"]
        rows = [["", ""], ["---", "---:"], *([plain(head), plain(text)] for head, text in known)]
        lines.append("\n".join(map(markdown_row, rows)))
    if svg is not None:
        content = base64.b64encode(svg.replace("currentColor", INK).encode()).decode()
        lines.append(f"![ROC curves](data:image/svg+xml;base64,{content})")
    return "\n\n".join(lines) + "\n"
