"""The house rules that a machine can keep."""

import re
from pathlib import Path

import grimp
import pytest

from tests.support import REPOSITORY

LAYERS = ["schemas", "storage", "hccer", "dagster_project"]
DOMAINS = [
    "hccer.agreement", "hccer.audit", "hccer.clinical", "hccer.deep", "hccer.evaluation",
    "hccer.figures", "hccer.imaging", "hccer.modelling",
    "hccer.radiomics", "hccer.report", "hccer.selection", "hccer.synthetic", "hccer.validation",
]  # fmt: skip
SOURCES = [
    path for package in [*LAYERS, "sql"] for path in sorted((REPOSITORY / package).rglob("*.py"))
]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*LAYERS, "sql", include_external_packages=True)


@pytest.mark.parametrize("layer", range(len(LAYERS)))
def test_imports_point_one_way(graph: grimp.ImportGraph, layer: int):
    above = LAYERS[layer + 1 :]
    for module in {LAYERS[layer], *graph.find_descendants(LAYERS[layer])}:
        for imported in graph.find_modules_directly_imported_by(module):
            assert imported.split(".")[0] not in above, f"{module} imports {imported}"


def test_only_dagster_project_imports_dagster(graph: grimp.ImportGraph):
    importers = graph.find_modules_that_directly_import("dagster")
    assert importers
    assert {module.split(".")[0] for module in importers} == {"dagster_project"}


@pytest.mark.parametrize("domain", DOMAINS)
def test_domains_see_no_paths_and_no_store(graph: grimp.ImportGraph, domain: str):
    for module in {domain, *graph.find_descendants(domain)}:
        imported = graph.find_modules_directly_imported_by(module)
        assert not {"pathlib", "os", "dagster"} & imported, module
        outside = {each for each in imported if each.startswith(("storage", "hccer."))}
        assert all(each.startswith((domain, *DOMAINS)) for each in outside), module


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_sources_keep_the_measure(path: Path):
    text = path.read_text()
    assert text.count("\n") <= 300
    assert "from __future__ import annotations" not in text
    assert not re.search(r"(^|_)(utils|helpers|common)\.py$", path.name)
