"""A network drawn from its own modules: layers, output shapes, trained values."""

import json
import math
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

import polars as pl

from hccer.figures.boxes import Plan
from hccer.figures.sheet import LINE, Sheet
from hccer.figures.styles import BLUE, GREEN, ORANGE, VERMILION

if TYPE_CHECKING:
    from hccer.deep.layers import Layer
    from hccer.deep.networks import Architecture

MIDDLE, WIDEST, NARROWEST, BAR, STEP = 74, 132, 26, 20, 40
NAMES = 156


def layers_sheet(layers: "Sequence[Layer]", inputs: list[str], joined: int) -> Sheet:
    """A network from input to output, one bar per layer, as wide as its maps (logarithmic).

    Args:
        layers: in the order in which they run; the last is the fully connected one.
        inputs: lines that say what goes in.
        joined: how many features and factors are joined with the vector.
    """
    plan = Plan()
    top = _input(plan, inputs)
    largest = max(max(layer.output[1:], default=1) for layer in layers)
    for layer in layers[:-1]:
        width = _width(max(layer.output[1:], default=1), largest)
        top = _layer(plan, top, width, BLUE, f"{layer.name}: {layer.text}", _numbers(layer))
    if joined:
        text = f"{joined} radiomics features and factors"
        top = _layer(plan, top, NARROWEST, GREEN, text, "as z-scores, joined with the vector")
    last = layers[-1]
    top = _layer(plan, top, NARROWEST, VERMILION, last.text, _numbers(last))
    total = sum(layer.parameters * layer.branches for layer in layers)
    plan.text(NAMES, top + 1.5 * LINE, f"{total:,} trained values".replace(",", " "), bold=True)
    return plan.sheet()


def _input(plan: Plan, inputs: list[str]) -> float:
    plan.bar(MIDDLE - WIDEST / 2, 6, WIDEST, BAR, ORANGE)
    for at, line in enumerate(inputs):
        plan.text(NAMES, 12 + LINE * at, line, bold=at == 0)
    return 6 + max(BAR, LINE * len(inputs) + 2)


def _layer(plan: Plan, top: float, width: float, fill: str, text: str, numbers: str) -> float:
    start = top + STEP - BAR - 4
    plan.arrow(MIDDLE, top + 2, MIDDLE, start - 1)
    plan.bar(MIDDLE - width / 2, start, width, BAR, fill)
    plan.text(NAMES, start + 3, text)
    plan.text(NAMES, start + 3 + LINE, numbers, quiet=True)
    return start + BAR


def _width(side: int, largest: int) -> float:
    share = math.log2(side) / math.log2(largest) if side > 1 else 0
    return NARROWEST + (WIDEST - NARROWEST) * share


def _numbers(layer: "Layer") -> str:
    shape = " × ".join(map(str, layer.output))
    each = f"{layer.parameters:,} values".replace(",", " ")
    side = f"{layer.branches} × ({shape}; {each})" if layer.branches > 1 else f"{shape}; {each}"
    return side if layer.parameters else side.replace("; 0 values", "")


def network_sheet(frame: pl.DataFrame) -> Sheet | None:
    """The network whose trained values are as many as the stored ones; None where none fits."""
    from hccer.deep.layers import layers

    row = frame.row(0, named=True)
    found = architecture_of(row)
    if found is None:
        return None
    phases = row["phases"].split(",")
    slices = f"{row['slices']} slices as {_how(found, len(phases))}"
    inputs = [f"{found.network}: {', '.join(phases)}",
              f"{found.channels} × {row['rows']} × {row['columns']}; {slices}"]  # fmt: skip
    if found.fusion == "late":
        inputs.append(f"{len(phases)} branches, one per phase")
    drawn = layers(found, row["rows"], row["columns"])
    return layers_sheet(drawn, inputs, _joined(row))


def _how(architecture: "Architecture", phases: int) -> str:
    return "samples" if architecture.channels == phases else "channels"


def _joined(row: dict) -> int:
    return len(json.loads(row["inputs"] or "[]"))


def architecture_of(row: dict) -> "Architecture | None":
    """What a trained network was built from, told by the number of its trained values.

    Args:
        row: network, parameters, inputs (JSON list), phases (comma between), slices.
    """
    from hccer.deep.layers import total_parameters
    from hccer.deep.networks import Architecture

    phases, joined = len(row["phases"].split(",")), _joined(row)
    for fusion, slices in product(("early", "late"), dict.fromkeys((1, row["slices"]))):
        tried = Architecture(row["network"], fusion, phases * slices, phases, joined)
        if total_parameters(tried) == row["parameters"]:
            return tried
    return None


def network_caption(frame: pl.DataFrame) -> str:
    """The network in words."""
    row = frame.row(0, named=True)
    joined = _joined(row)
    with_it = f", joined with {joined} features and factors before the last layer" if joined else ""
    return (
        f"{row['network']} as it was trained ({row['fit_id']}, {row['parameters']:,} values): "
        f"crops of {row['rows']} × {row['columns']} pixels, {row['slices']} slices of the phases "
        f"{row['phases'].replace(',', ', ')}{with_it}. Bars are as wide as the maps of a layer, on "
        "a logarithmic scale; shapes are channels × rows × columns."
    )
