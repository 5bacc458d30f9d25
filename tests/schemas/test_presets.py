"""Presets: what is refused of their networks, and that each reading of the paper is named."""

import re
from importlib import resources
from string import ascii_lowercase

import pytest

from schemas.errors import InvalidFileError
from schemas.preset import load_preset, preset_names, settings_id

WRONG = {
    "joint": ({"networks": ["ResNet-18"], "out_of_fold": []},
              "joint is ResNet-10, but networks has ResNet-18: add it, or change joint"),
    "none": ({"networks": []}, "joint is ResNet-10, but networks has nothing"),
    "fold": ({"networks": ["ResNet-10"], "out_of_fold": ["ResNet-18", "DLRCR", "ResNet-34"]},
             "out_of_fold names ResNet-18, ResNet-34, but networks has ResNet-10: add it"),
    "twice": ({"networks": ["ResNet-10", "ResNet-10"], "out_of_fold": []},
              "networks names ResNet-10 more than once"),
    "fold twice": ({"out_of_fold": ["DLRCR", "DLRCR"]}, "out_of_fold names DLRCR more than once"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_networks_that_do_not_fit_each_other_give_one_sentence(wrong: str):
    deep, sentence = WRONG[wrong]
    with pytest.raises(InvalidFileError, match=re.escape(sentence)) as raised:
        load_preset("paper", {"deep": deep})
    assert len(raised.value.problems) == 1
    assert raised.value.problems[0].startswith("overrides.deep: ")


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_valid(name: str):
    assert load_preset(name).deep is not None


def test_the_published_preset_names_every_ambiguity_of_the_paper():
    text = (resources.files("schemas") / "presets" / "paper.yaml").read_text()
    # "# h, i: ..." or, beside a field, "# f"
    named = re.findall(r"# ((?:[a-u], )*[a-u])(?::|$)", text, flags=re.MULTILINE)
    assert {each for letters in named for each in letters.split(", ")} == set(ascii_lowercase[:21])


def test_the_published_networks_are_trained_as_published():
    paper = load_preset("paper")
    training, crop = paper.deep.training, paper.imaging.crop
    assert (training.momentum, training.learning_rate, training.weight_decay) == (0.9, 1e-4, 1e-4)
    assert (training.batch_size, training.epochs, training.class_weighted) == (64, 200, True)
    assert (crop.slices, crop.size) == (3, 256)
    assert paper.deep.networks == ("ResNet-10", "ResNet-18", "ResNet-34", "ResNet-10-128")
    assert (paper.deep.fusion, paper.deep.slices) == ("early", "samples")
    assert training.augmentation.flip and training.augmentation.rotation_deg > 0
    assert training.augmentation.scale > 0 and training.augmentation.shift > 0


def test_what_is_written_out_changes_no_settings():
    """Rows of a store stand under these ids."""
    paper = load_preset("paper")
    assert settings_id(paper.deep) == settings_id(type(paper.deep)())
    assert settings_id(paper.imaging) == settings_id(type(paper.imaging)())
