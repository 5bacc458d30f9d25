"""What the report works out from rows: audits, checklists, the methods in words."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from hccer.study.report_source import joined
from hccer.study.report_subject import Subject

CHECKLISTS = {
    "clear": "CLEAR", "metrics": "METRICS", "rqs": "RQS", "rqs_2": "RQS2", "tripod_ai": "TRIPOD+AI",
}  # fmt: skip
METHODS, COUNTS = "methods_text", "methods_counts"


@dataclass(frozen=True)
class Computed:
    """Frames that are no query's rows, by the id of their item."""

    subject: Subject

    def frame(self, item_id: str) -> pl.DataFrame:
        """The rows of a computed table."""
        if item_id in CHECKLISTS:
            return self._answers.filter(pl.col("checklist") == CHECKLISTS[item_id])
        return self._makers[item_id]()

    def sql(self, item_id: str) -> str:
        """The queries of a computed item as one, where there are any."""
        from hccer.report.checklists import asked

        names = asked(CHECKLISTS.get(item_id))
        if item_id == "checklist_scores" or item_id in CHECKLISTS:
            return joined({name: self.subject.source.filled(name) for name in names})
        return self.subject.source.filled(COUNTS) if item_id == METHODS else ""

    def paragraphs(self) -> tuple[tuple[str, str], ...]:
        """The methods: heading and text of each paragraph."""
        from hccer.report.methods import methods_sentences

        context = self.subject.context
        rows = methods_sentences(context.preset, context.file, self._query)
        parts = rows.group_by("paragraph", maintain_order=True)
        return tuple((heading, " ".join(part["sentence"])) for (heading,), part in parts)

    @property
    def _makers(self) -> dict[str, Callable[[], pl.DataFrame]]:
        return {
            "audit_report": lambda: self._audit(self._query("audit_rows")),
            "audit_paper": self._audit_of_paper,
            "checklist_scores": self._scores,
        }

    def _query(self, name: str) -> pl.DataFrame:
        return self.subject.source.named(name)

    def _audit(self, numbers: pl.DataFrame) -> pl.DataFrame:
        from hccer.audit.auditing import audit

        return audit(numbers, self.subject.context.preset.evaluation.level)

    def _audit_of_paper(self) -> pl.DataFrame:
        from hccer.audit.auditing import audit, paper_numbers

        return audit(paper_numbers())

    @cached_property
    def _answers(self) -> pl.DataFrame:
        from hccer.report.checklists import answered

        return answered(self._query)

    def _scores(self) -> pl.DataFrame:
        from hccer.report.checklists import scores

        return scores(self._answers)
