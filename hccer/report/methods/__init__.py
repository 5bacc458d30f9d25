"""The methods paragraphs of a study, written from its settings and from what its store counts."""

from hccer.report.methods.writing import methods_sentences

__all__ = ["methods_sentences"]
