"""The methods, paragraph by paragraph."""

from collections.abc import Callable, Iterator

import polars as pl

from hccer.report.methods.deep import deep_sentences
from hccer.report.methods.evaluation import evaluation_sentences, software_sentences
from hccer.report.methods.models import model_sentences
from hccer.report.methods.patients import (
    image_sentences,
    patient_sentences,
    perturbation_sentences,
)
from hccer.report.methods.radiomics import (
    feature_sentences,
    reliability_sentences,
    selection_sentences,
)
from hccer.report.methods.sentence import Counts, Sentence
from schemas.preset import Preset
from schemas.study_file import StudyFile

SCHEMA = {"paragraph": pl.String, "sentence": pl.String, "source": pl.String}


def methods_sentences(
    preset: Preset, study: StudyFile, run_query: Callable[[str], pl.DataFrame]
) -> pl.DataFrame:
    """What was done, in sentences; every number is a field of the settings or of a query.

    Args:
        preset: the settings of the study, its overrides applied.
        study: its file.
        run_query: rows of a file of `sql/report`, by name, for the study.

    Returns:
        paragraph (its heading), sentence, source; in order.
    """
    n = run_query("methods_counts").row(0, named=True)
    rows = [
        (heading, sentence.text, sentence.source)
        for heading, sentences in _paragraphs(preset, study, n, run_query)
        for sentence in sentences
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _paragraphs(
    preset: Preset, study: StudyFile, n: Counts, run_query: Callable[[str], pl.DataFrame]
) -> Iterator[tuple[str, Iterator[Sentence]]]:
    chain = preset.validation.chain
    yield "Patients", patient_sentences(study, preset.split, preset.external, n)
    yield "Images", image_sentences(study, preset.radiomics)
    yield "Radiomics features", feature_sentences(preset.radiomics, n)
    yield "Feature selection", perturbation_sentences(preset.perturbation)
    yield "Feature selection", reliability_sentences(chain, n)
    yield "Feature selection", selection_sentences(chain, n)
    yield "Models", model_sentences(chain, preset.published, n)
    yield "Deep learning", deep_sentences(study, preset.imaging, preset.deep, n)
    yield "Evaluation", evaluation_sentences(preset.evaluation, preset.validation, n)
    yield "Software", software_sentences(run_query("provenance"))
