"""study_setting: the numbers of the science as the study resolved them."""

import json
from collections.abc import Iterator

from hccer.study.context import StudyContext
from hccer.study.rows import make_table
from schemas.tables import STUDY_SETTING
from storage.lineage import Outcome

VERSION = "study-setting-1"


def make_study_setting(context: StudyContext) -> Outcome:
    """One row per setting, defaults of the preset and overrides of the study included."""
    preset = context.preset
    found = preset.model_dump(mode="json", by_alias=True)
    return make_table(
        context, STUDY_SETTING, VERSION, preset,
        lambda: ({"name": name, "value": value} for name, value in _leaves(found)),
    )  # fmt: skip


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Settings by their path; lists and what is empty stand whole."""
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from _leaves(below, f"{path}.{name}" if path else name)
    else:
        yield path, json.dumps(value, sort_keys=True)
