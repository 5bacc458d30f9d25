"""The checklists as declared in the YAML files of this folder."""

from functools import cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

Answer = Literal["yes", "partly", "no", "author", "not applicable"]
FILES = ("clear", "metrics", "rqs", "rqs2", "tripod_ai")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Points(_Frozen):
    """What an answer is worth; `most` where the item can give more than `yes` does here."""

    yes: float
    partly: float = 0.0
    no: float = 0.0
    most: float | None = None

    def of(self, answer: Answer) -> float:
        """Points of an answer; what the author must write counts as missing."""
        return {"yes": self.yes, "partly": self.partly, "no": self.no}.get(answer, 0.0)

    @property
    def best(self) -> float:
        """The most that the checklist gives for the item."""
        return self.yes if self.most is None else self.most


class Item(_Frozen):
    """One item: what it asks, and who answers.

    Attributes:
        query: its answer is `sql/report/checklist_<query>.sql`.
        author: or what the author must write.
        real: on synthetic patients a yes is a partly.
    """

    id: str
    section: str
    text: str
    query: str = ""
    author: str = ""
    real: bool = False
    points: Points | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> "Item":
        if bool(self.query) == bool(self.author):
            raise ValueError(f"item {self.id}: either a query or the author answers it")
        return self


class Condition(_Frozen):
    """Items that do not apply where the query does not answer yes."""

    query: str
    items: tuple[str, ...]


class Band(_Frozen):
    """A word for scores from here on."""

    low: float = Field(alias="from")
    name: str


class Scoring(_Frozen):
    """How points add up: their sum, or their share of what applies, in per cent."""

    unit: str
    share: bool = False
    bands: tuple[Band, ...] = ()


class Checklist(_Frozen):
    """A checklist with its items in order."""

    id: str
    title: str
    source: str
    score: Scoring | None = None
    conditions: tuple[Condition, ...] = ()
    items: tuple[Item, ...]


@cache
def checklists() -> tuple[Checklist, ...]:
    """CLEAR, METRICS, RQS in both versions, TRIPOD+AI."""
    folder = resources.files("hccer.report.checklists")
    texts = [(folder / f"{name}.yaml").read_text(encoding="utf-8") for name in FILES]
    return tuple(Checklist.model_validate(yaml.safe_load(text)) for text in texts)
