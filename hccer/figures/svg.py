"""Matplotlib's SVG made fit to stand in a page: small, adaptable, described, ids of its own."""

import re
from html import escape

from hccer.figures.styles import INK

FONT = "system-ui, sans-serif"
NOTE_SIZE, NOTE_HEIGHT = 11.5, 20
_HEAD = re.compile(r'<svg [^>]*viewBox="([^"]*)"[^>]*>')
_SHEET = re.compile(r"\s*<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_FAMILY = re.compile(r"font-family: [^;\"]*;? ?")
_POINTS = re.compile(r"(?<=\d) ?\n(?=[A-Zz])")
_TAG, _DIGITS = re.compile(r"<[^>]*>"), re.compile(r"(\.\d\d)\d+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_VIEW = re.compile(r'viewBox="0 0 (\S+) (\S+)"')


def finished(drawn: str, name: str, title: str, description: str) -> str:
    """The drawing as one `<svg>` element for an HTML page, or a file of its own.

    It takes the width of its place and the text colour of the page, and all ids begin with its
    name. Matplotlib's style sheet is left out: in a page it would apply to everything.

    Args:
        drawn: what matplotlib wrote.
        name: of the figure; letters, digits and underscores.
        title: what a screen reader calls it.
        description: what a screen reader says of it.
    """
    body = _SHEET.sub("", drawn[drawn.index("<svg ") :])
    view = _HEAD.match(body)[1]
    body = _FAMILY.sub("", _HEAD.sub("", body, count=1))
    body = body.replace("xlink:href", "href").replace(INK, "currentColor")
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(href="|url\()#', rf"\1#{name}-", body)
    # a hundredth of a unit is finer than any screen
    body = _TAG.sub(lambda tag: _DIGITS.sub(r"\1", tag[0]), body)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" font-family="{FONT}" '
        f'stroke-linejoin="round">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
    )
    return _CONTROL.sub("", head + _POINTS.sub("", body)).strip() + "\n"


def noted(svg: str, note: str) -> str:
    """The figure with a line of text below it, such as that its images are synthetic."""
    width, height = (float(each) for each in _VIEW.search(svg).groups())
    svg = _VIEW.sub(f'viewBox="0 0 {width:g} {height + NOTE_HEIGHT:g}"', svg, count=1)
    line = (
        f'<text x="{width / 2:g}" y="{height + NOTE_SIZE:g}" text-anchor="middle" '
        f'font-size="{NOTE_SIZE}" font-weight="bold" fill="currentColor">{escape(note)}</text>'
    )
    return svg.replace("</svg>", f"{line}\n</svg>")
