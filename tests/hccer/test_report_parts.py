"""The parts of a report: numbers as text, contributions, crops as pictures, items as declared."""

import io

import numpy as np
import pytest
from PIL import Image

from hccer.modelling.model import Model, logistic_model
from hccer.modelling.scorers import Neighbours
from hccer.report.contributions import contributions
from hccer.report.items import Column, items, patient_sections, sections
from hccer.report.panels import BAR, SIDE_PX, contact_print, crop_picture
from hccer.report.tables import number_text, part_text
from hccer.study.coefficients import coefficient_rows


@pytest.mark.parametrize(
    ("show", "digits", "values", "text"),
    [
        ("number", 3, [0.83951], "0.840"),
        ("number", 2, [-0.001], "0.00"),
        ("number", 1, [-2.25], "−2.2"),
        ("interval", 3, [0.839, 0.772, 0.906], "0.839 (0.772–0.906)"),
        ("interval", 2, [0.1, -0.2, 0.4], "0.10 (−0.20 to 0.40)"),
        ("interval", 3, [1.0, None, None], "1.000"),
        ("count", 1, [36, 46.1538], "36 (46.2)"),
        ("count", 1, [0, None], "0"),
        ("p", 0, [0.00099], "<0.001"),
        ("p", 0, [0.001], "0.001"),
        ("p", 0, [1.0], "1.000"),
        ("p", 0, [1 / 101, 1 / 101], "≤0.010"),
        ("p", 0, [2 / 101, 1 / 101], "0.020"),
        ("significant", 4, [-0.0000123456], "−1.235e−05"),
        ("significant", 4, [12.34567], "12.35"),
    ],
)
def test_numbers_as_text(show: str, digits: int, values: list, text: str):
    column = Column(of=("a", "b", "c")[: len(values)], head="x", show=show, digits=digits)
    assert number_text(column, values) == text


def test_parts_have_the_names_that_figures_use():
    assert [part_text(each) for each in ("train", "out_of_fold", "unused")] == [
        "Training", "Out of fold", "Unused"
    ]  # fmt: skip


def test_a_model_without_scaling_has_no_mean():
    model = logistic_model(["a"], np.array([0.5, 2.0]), 0.4)
    assert list(coefficient_rows(model)) == [
        {"position": 0, "input": "intercept", "coefficient": 0.5},
        {"position": 1, "input": "a", "mean": None, "scale": None, "coefficient": 2.0},
    ]  # fmt: skip
    scaled = Model(("a",), np.array([3.0]), np.array([2.0]), model.classifier)
    assert [(each.get("mean"), each.get("scale")) for each in coefficient_rows(scaled)] == [
        (None, None), (3.0, 2.0)
    ]  # fmt: skip


def test_contributions_are_of_logistic_models_and_known_values():
    model = logistic_model(["a", "b"], np.array([0.5, 2.0, -1.0]))
    model = Model(model.feature_names, np.array([1.0, 0.0]), np.array([2.0, 1.0]), model.classifier)
    found = contributions(model, np.array([2.0, 3.0]))
    assert [(each.input, each.z_score, each.contribution) for each in found] == [
        ("b", 3.0, -3.0), ("a", 0.5, 1.0)
    ]  # fmt: skip
    assert contributions(model, np.array([np.nan, 3.0])) == []
    other = Model(model.feature_names, model.mean, model.scale,
                  Neighbours(1, "uniform", np.zeros((3, 2)), np.zeros(3)))  # fmt: skip
    assert contributions(other, np.array([2.0, 3.0])) == []


def seen(*given: np.ndarray, synthetic: bool = False) -> np.ndarray:
    content = crop_picture(*given, synthetic=synthetic)
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_a_crop_shows_outline_map_and_what_it_is():
    channel, mask = np.zeros((32, 32), dtype=np.float32), np.zeros((32, 32), dtype=bool)
    mask[8:24, 8:24] = True
    heat = np.zeros((32, 32), dtype=np.float32)
    heat[:4] = 1
    plain, mapped = seen(channel, mask), seen(channel, mask, heat)
    assert plain.shape == (SIDE_PX, SIDE_PX, 3)
    rows, columns = np.nonzero(plain[..., 0] - plain[..., 2] > 80)
    assert (rows.min(), columns.max()) == pytest.approx((SIDE_PX / 4, 3 * SIDE_PX / 4), abs=6)
    assert mapped[:20].mean() > plain[:20].mean() + 50
    marked = np.nonzero(np.abs(seen(channel, mask, synthetic=True) - plain).max(axis=2) > 100)
    assert marked[0].min() > 0.85 * SIDE_PX
    assert seen(np.full((8, 8), 5.0), mask[:8, :8]).max() < 60


def test_over_a_map_the_outline_is_cyan_and_a_bar_gives_the_colours():
    channel, mask = np.zeros((32, 32), dtype=np.float32), np.zeros((32, 32), dtype=bool)
    mask[8:24, 8:24] = True
    found = seen(channel, mask, np.zeros((32, 32), dtype=np.float32))
    rows, columns = np.nonzero(found[..., 1] - found[..., 0] > 80)
    assert (rows.min(), columns.max()) == pytest.approx((SIDE_PX / 4, 3 * SIDE_PX / 4), abs=6)
    left, top, width, height = BAR
    strongest, weakest = (found[y, left + width // 2] for y in (top + 3, top + height - 4))
    assert strongest[0] - strongest[2] > 20, "yellow above"
    assert np.ptp(weakest) < 30, "grey below"


def test_items_have_a_query_each_and_ids_of_their_own():
    for declared in (sections(), patient_sections()):
        ids = [each.id for each in items(declared)] + [each.id for each in declared]
        assert len(ids) == len(set(ids))


def test_pictures_side_by_side_are_one_png_with_their_captions():
    channel = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    one = crop_picture(channel, channel > 0.5, synthetic=False)
    content = contact_print([(one, "AP, all phases"), (one, "PVP"), (one, "DP"), (one, "x")], 3)
    assert content == contact_print([(one, "AP, all phases"), (one, "PVP"), (one, "DP"),
                                     (one, "x")], 3)  # fmt: skip
    sheet = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    assert sheet.shape[1] > 3 * SIDE_PX and sheet.shape[0] > 2 * SIDE_PX
    assert sheet[SIDE_PX : SIDE_PX + 20, :SIDE_PX].min() < 100, "a caption stands below"
