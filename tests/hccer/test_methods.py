"""The methods paragraphs: their text, and that no setting is left out of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Literal, Union, get_args, get_origin

import polars as pl
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from hccer.report.methods import methods_sentences
from schemas.perturbation import PerturbationSettings
from schemas.preset import Preset, load_preset
from schemas.study_file import StudyFile

GOLDEN = Path(__file__).parent / "methods_paper.txt"
COUNTS = {
    "patients": 165, "events": 96, "training": 132, "training_events": 78, "validation": 33,
    "validation_events": 18, "external": 0, "external_events": 0, "split_given": False,
    "split_given_in_part": False,
    "synthetic": "hcc_synthetic", "features": 3111, "phases": 3, "repeatable": 2472,
    "screened": 1087, "selected": 23, "repeated_intra": 22, "repeated_inter": 21, "factors": 18,
    "factors_below": 3, "fitted_together": True, "independent": "ast, diameter",
    "algorithms": "KNN, LR, MLP, SVM, XGBoost", "systems": "BCLC, NLR", "combined": "DLRCR, RCR",
    "nested": "CR, LR, RCR",
    "networks": "ResNet-10, ResNet-18", "fold_networks": 25, "devices": "cpu float32",
}  # fmt: skip
PROVENANCE = {
    "kind": ["store", "version", "version"], "name": ["snapshot", "Python", "numpy"],
    "value": ["119", "3.11.7", "2.3.5"],
}  # fmt: skip
STUDY = StudyFile(id="hcc", endpoint="early_recurrence", phases=["AP", "PVP", "DP"],
                  development=["hcc_synthetic"])  # fmt: skip
ABROAD = StudyFile(**{**STUDY.model_dump(), "external": ["elsewhere"]})


def sentences(preset: Preset, study: StudyFile = STUDY, **counts: object) -> pl.DataFrame:
    frames = {"methods_counts": pl.DataFrame([{**COUNTS, **counts}]),
              "provenance": pl.DataFrame(PROVENANCE)}  # fmt: skip
    return methods_sentences(preset, study, frames.__getitem__)


def text(*given: object, **counts: object) -> str:
    rows = sentences(*given, **counts)
    paragraphs = rows.group_by("paragraph", maintain_order=True).agg(
        pl.col("sentence").str.join(" ")
    )
    return "\n\n".join(f"{heading}\n{body}" for heading, body in paragraphs.iter_rows()) + "\n"


def full() -> Preset:
    """Every part of the preset switched on."""
    paper = load_preset("paper")
    chain = paper.validation.chain
    reliability = chain.reliability.model_copy(update={"rule": "lower"})
    validation = paper.validation.model_copy(
        update={"chain": chain.model_copy(update={"reliability": reliability})}
    )
    return paper.model_copy(
        update={"perturbation": PerturbationSettings(), "validation": validation}
    )


def test_the_published_preset_reads_as_it_should():
    assert text(load_preset("paper")) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("training", "said", "unsaid"),
    [
        ({}, "for at most 200 epochs: .*Training stopped after 20 epochs without a lower loss in "
             "20%.*weights of the epoch of the lowest such loss", "did not stop"),
        ({"epochs": 10, "patience": 10, "keep": "last"},
         "for 10 epochs: .*did not stop early, as 10 epochs without a lower loss do not end within "
         "it: the loss in 20% .* was only watched; the weights of the last epoch were kept",
         "stopped after|at most 10"),
        ({"epochs": 10, "patience": 9}, "did not stop early, as 9 epochs", "stopped after"),
        ({"epochs": 10, "patience": 8}, "stopped after 8 epochs", "did not stop"),
        ({"stopping_share": 0.0, "patience": 3},
         "Nobody was held back for early stopping .*: the weights of the last epoch were kept",
         "stopped after|lowest such"),
    ],
)  # fmt: skip
def test_early_stopping_is_told_as_it_is(training: dict, said: str, unsaid: str):
    found = text(load_preset("paper", {"deep": {"training": training}}))
    assert re.search(said, found)
    assert not re.search(unsaid, found)


def test_the_preset_demo_runs_all_epochs():
    found = text(load_preset("demo"))
    assert "Training did not stop early, as 10 epochs" in found
    assert "the weights of the last epoch were kept, and no validation patient" in found


def test_every_sentence_says_where_it_is_from():
    rows = sentences(full())
    assert all(rows["source"])
    assert all(each.endswith(".") for each in rows["sentence"])


def leaves(
    model: BaseModel, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every setting of a model, with its path and annotation."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), (field, value)


def others(annotation: object, value: object) -> Iterator[object]:
    """Values that a setting might have instead."""
    if get_origin(annotation) in (Union, UnionType):
        for each in get_args(annotation):
            yield from others(each, value)
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value / 2, value - 1)
    elif isinstance(value, tuple) and value:
        yield value[:1]
        yield from ((*value[:-1], other) for other in others(object, value[-1]))


def changed(preset: Preset, path: tuple[str, ...]) -> Iterator[Preset]:
    """The preset with other values in one place, as far as they are allowed."""
    found = dict(leaves(preset))
    field, value = found[path]
    adapter = TypeAdapter(field.rebuild_annotation())
    for other in others(field.annotation, value):
        try:
            if adapter.validate_python(other) != value:
                yield with_value(preset, path, adapter.validate_python(other))
        except ValidationError:
            continue


def with_value(model: BaseModel, path: tuple[str, ...], value: object) -> BaseModel:
    name, *rest = path
    inner = with_value(getattr(model, name), tuple(rest), value) if rest else value
    return model.model_copy(update={name: inner})


SETTINGS = [path for path, (_, value) in leaves(full()) if value is not None]


@pytest.mark.parametrize("path", SETTINGS, ids=".".join)
def test_another_value_of_a_setting_is_another_text(path: tuple[str, ...]):
    candidates = list(changed(full(), path))
    if not candidates and path[-1] in ("type_of_transform", "initial_transform", "method"):
        return  # one value is allowed
    assert candidates, "no other value is known"
    study = ABROAD if path[0] == "external" else STUDY
    assert text(candidates[0], study, external=7) != text(full(), study, external=7)


@pytest.mark.parametrize("count", [
    name for name, value in COUNTS.items() if not isinstance(value, bool)
])  # fmt: skip
def test_another_count_is_another_text(count: str):
    other = {**{"external": 7}, count: 4711}
    assert text(full(), ABROAD, **other) != text(full(), ABROAD, external=7)


@pytest.mark.parametrize(("counts", "said"), [
    ({"factors_below": 0, "fitted_together": False, "independent": None},
     "none had P < 0.05 alone: the CR model gives every patient the prevalence."),
    ({"factors_below": 2, "fitted_together": False, "independent": None},
     "the 2 with P < 0.05 alone could not be fitted together in a logistic model: the CR model g"),
    ({"independent": None}, "those with P < 0.05 in it make no model: the CR model gives every"),
])  # fmt: skip
def test_a_clinical_model_that_could_not_be_made_is_said_not_to_be(counts: dict, said: str):
    assert said in text(load_preset("paper"), **counts)


def test_a_given_split_is_not_said_to_be_drawn():
    assert "as their cohort divides them:" in text(
        full(), split_given=True, split_given_in_part=True
    )
    mixed = text(full(), split_given_in_part=True)
    assert "as their cohort divides them, those of other cohorts by a split stratified" in mixed
    assert "random state 0): 132 for training" in text(full())


def test_without_networks_nothing_is_said_of_them():
    found = text(load_preset("paper"), networks=None)
    assert "No network was trained." in found
    assert "ResNet" not in found
    assert "LR stands for radiomics" in found


def test_without_a_published_choice_training_chooses():
    found = text(load_preset("honest"))
    assert "chosen by inner cross-validation in training" in found
    assert "published study" not in found
