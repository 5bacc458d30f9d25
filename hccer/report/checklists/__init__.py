"""Reporting checklists, answered from the store: the items are data, one file per checklist."""

from hccer.report.checklists.answers import answered, asked
from hccer.report.checklists.items import checklists
from hccer.report.checklists.scores import scores

__all__ = ["answered", "asked", "checklists", "scores"]
