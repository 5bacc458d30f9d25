"""Series of a figure are told apart by colour and line together."""

from hccer.figures.styles import MODELS, OTHERS, THIN, styles_of

SYSTEMS = [f"system {number}" for number in range(len(OTHERS))]


def test_no_two_series_of_a_figure_look_the_same():
    found = styles_of([*MODELS, *SYSTEMS])
    assert len({(style.color, style.dashes) for style in found.values()}) == len(found)
    assert {found[name].width for name in SYSTEMS} == {THIN}


def test_alone_they_are_drawn_as_wide_as_models():
    assert all(style.width > THIN for style in styles_of(SYSTEMS).values())
