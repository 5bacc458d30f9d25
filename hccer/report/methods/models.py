"""Methods: the models, and the threshold."""

from collections.abc import Iterator

from hccer.report.methods.sentence import COUNTS, Counts, Sentence, listed, named, plural
from schemas.analysis import PublishedChoice
from schemas.validation import ALGORITHMS, ChainSettings

THRESHOLDS = {"youden": "the largest sum of sensitivity and specificity",
              "closest_topleft": "the point of the ROC curve closest to its corner"}  # fmt: skip
CUTS = {"observed": "an observed score", "midpoint": "midway between observed scores"}


def model_sentences(
    chain: ChainSettings, published: PublishedChoice | None, n: Counts
) -> Iterator[Sentence]:
    """Radiomics models, clinical model, and those that join both."""
    modelling = chain.modelling
    yield Sentence(
        f"Radiomics models were fitted with {n['algorithms'] or 'no classifier'} on z-scores "
        f"(standard deviation over n - {modelling.ddof}; random state {modelling.random_state}).",
        f"preset.validation.chain.modelling.ddof, random_state, {COUNTS}",
    )
    parameters = "; ".join(f"{each} with {named(getattr(modelling, each))}" for each in ALGORITHMS)
    yield Sentence(f"Their hyperparameters were fixed: {parameters}.",
                   "preset.validation.chain.modelling")  # fmt: skip
    yield _choice(published, n)
    yield Sentence(_clinical(chain.factor_alpha, n),
                   f"preset.validation.chain.factor_alpha, {COUNTS}")  # fmt: skip
    if n["combined"]:
        yield Sentence(f"Features and these factors were joined in {n['combined']}.", COUNTS)
    if n["systems"]:
        yield Sentence(f"For comparison, {n['systems']} were computed of every patient.", COUNTS)
    yield Sentence(
        "Each model's threshold was chosen on the training scores, by "
        f"{THRESHOLDS[chain.threshold_rule]} at {CUTS[chain.threshold_cut]}, and applied "
        "unchanged.",
        "preset.validation.chain.threshold_rule, threshold_cut",
    )


def _clinical(alpha: float, n: Counts) -> str:
    nothing = "the CR model gives every patient the prevalence"
    of = f"Of {plural(n['factors'], 'clinical-radiological factor')},"
    if not n["factors_below"]:
        return f"{of} none had P < {alpha:g} alone: {nothing}."
    the = f"{of} the {n['factors_below']} with P < {alpha:g} alone"
    if not n["fitted_together"]:
        return f"{the} could not be fitted together in a logistic model: {nothing}."
    together = f"{the} entered a logistic model together;"
    if not n["independent"]:
        return f"{together} those with P < {alpha:g} in it make no model: {nothing}."
    return f"{together} those with P < {alpha:g} in it made the CR model: {n['independent']}."


def _choice(published: PublishedChoice | None, n: Counts) -> Sentence:
    if published is None:
        return Sentence(
            "The classifier that stands for radiomics was chosen by inner cross-validation in "
            "training.", "preset.published",
        )  # fmt: skip
    deep = published.deep if n["networks"] else None
    chosen = [each for each in (published.radiomics, deep) if each]
    verb = "stand for radiomics and deep learning" if deep else "stands for radiomics"
    return Sentence(
        f"{listed(chosen)} {verb} because the published study chose so, by looking at its "
        "own validation patients; what choosing the best on ours would add is estimated.",
        "preset.published",
    )
