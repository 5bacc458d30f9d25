"""The study of the real images: tumours drawn again by a machine, nested folds, its worth."""

from pathlib import Path

import pytest

from hccer.ingest.files import read_study_file
from hccer.study import STEPS, StudyContext, materialise
from schemas.preset import load_preset
from schemas.registry import Study
from schemas.tables import DELINEATION_AGREEMENT, FEATURE_RELIABILITY, NESTED_PREDICTION, WORTH
from storage.store import Store
from tests.support import SMALL, STS_FILE, register, run_pipeline

STUDY_FILE = STS_FILE.parents[2] / "studies" / "sts.toml"
# the original image alone, and few folds; the file itself says the rest
FEWER = {**SMALL, "evaluation": {"resamples": 2}}


def test_the_study_file_is_read_and_asks_for_perturbed_delineations():
    file = read_study_file(STUDY_FILE)
    preset = load_preset(file.preset, file.overrides)
    assert preset.deep is None and preset.perturbation.n_repeats == 2
    assert file.development == ["sts"] and file.phases == ["MR_T1", "PET"]


@pytest.mark.long
@pytest.mark.needs("sts")
def test_the_study_of_real_images_runs(store: Store, sts_root: Path):
    register(store, STS_FILE, sts_root)
    given = read_study_file(STUDY_FILE)
    validation = {**given.overrides["validation"], "n_repeats": 2, "n_permutations": 3}
    file = given.model_copy(
        update={"overrides": {**given.overrides, **FEWER, "validation": validation}}
    )
    text = file.model_dump_json()
    store.registry.put(Study(study_id=file.id, title="", preset="paper", file_json=text))
    run_pipeline(store, "sts")
    context = StudyContext(store, file.id, "test")
    for name in STEPS:
        materialise(context, name)
    assert len(context.own(NESTED_PREDICTION)) == 5 * 20
    reliable = context.own(FEATURE_RELIABILITY)
    assert set(reliable.select("comparison", "origin", "n").rows()) == {
        ("intra", "perturbed", 16), ("inter", "none", 0),
    }  # fmt: skip
    drawn = context.own(DELINEATION_AGREEMENT)
    assert len(drawn) == 20 * 2 * 2 and 0.85 < drawn["dice"].median() < 0.97
    (worth,) = context.own(WORTH).to_dicts()
    assert 0.5 < worth["auc"] < 1 and "drawn again by another reader" in worth["notes"]
    before = store.snapshot()
    run_pipeline(store, "sts")
    for name in STEPS:
        materialise(context, name)
    assert store.snapshot() == before
