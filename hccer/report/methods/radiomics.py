"""Methods: radiomics features, and which of them are kept."""

from collections.abc import Iterator

from hccer.report.methods.sentence import COUNTS, Counts, Sentence, listed, named, plural
from schemas.preset import ImageTypes, RadiomicsSettings, Setting
from schemas.validation import ChainSettings

ENGINES = {"fast": "an own implementation of pyradiomics' features",
           "pyradiomics": "pyradiomics"}  # fmt: skip
# said of the images already
ELSEWHERE = ("binWidth", "binCount", "resampledPixelSpacing", "interpolator", "normalize",
             "normalizeScale", "removeOutliers")  # fmt: skip
RULES = {"point": "the coefficient", "lower": "the lower limit of its interval"}
PENALTIES = {"min": "the smallest error", "1se": "the largest penalty within one standard error"}


def feature_sentences(settings: RadiomicsSettings, n: Counts) -> Iterator[Sentence]:
    """What is computed of each delineation."""
    yield Sentence(
        f"{n['features']} radiomics features of {plural(n['phases'], 'phase')} were computed with "
        f"{ENGINES[settings.engine]}: the classes {listed(settings.featureClass)} of "
        f"{_images(settings.imageType)}.",
        f"preset.radiomics.engine, featureClass, imageType, {COUNTS}",
    )
    yield Sentence(f"Grey levels were discretised with {_discretisation(settings.setting)}.",
                   "preset.radiomics.setting.binWidth, binCount")  # fmt: skip
    others = named(settings.setting, *ELSEWHERE)
    rest = f"{others}; all other parameters" if others else "All parameters"
    yield Sentence(f"Further parameters of the extraction: {rest} are pyradiomics' defaults.",
                   "preset.radiomics.setting")  # fmt: skip


def _images(types: ImageTypes) -> str:
    chosen = types.model_dump(exclude_none=True)
    return listed(f"{name} images{_parameters(values)}" for name, values in chosen.items())


def _parameters(values: dict) -> str:
    if "sigma" in values:
        return f" (sigma {listed(values['sigma'])} mm)"
    return f" ({values['wavelet']})" if "wavelet" in values else ""


def _discretisation(setting: Setting) -> str:
    if setting.binCount is not None:
        return f"{setting.binCount} bins"
    return "pyradiomics' default" if setting.binWidth is None else f"bins {setting.binWidth:g} wide"


def reliability_sentences(chain: ChainSettings, n: Counts) -> Iterator[Sentence]:
    """Which features repeat."""
    chosen = chain.reliability
    interval = f", at a level of {chosen.level:g}" if chosen.rule == "lower" else ""
    yield Sentence(
        f"Of the training patients, {n['repeated_intra']} tumours were delineated again by the "
        f"same reader and {n['repeated_inter']} by another (at least {chosen.fewest_repeats} were "
        "required where any were).",
        f"preset.validation.chain.reliability.fewest_repeats, {COUNTS}",
    )
    yield Sentence(
        f"Features were kept where {RULES[chosen.rule]} of {chosen.form}{interval} was above "
        f"{chosen.threshold:g} in each comparison, which left {n['repeatable']}.",
        f"preset.validation.chain.reliability, {COUNTS}",
    )


def selection_sentences(chain: ChainSettings, n: Counts) -> Iterator[Sentence]:
    """Screen and LASSO."""
    chosen = chain.selection
    yield Sentence(
        "In training, patients with and without the endpoint were compared by the t test where "
        f"Shapiro and Wilk's P was at least {chosen.normality_alpha:g}, else by the Mann-Whitney U "
        f"test; {n['screened']} features had P < {chosen.alpha:g}.",
        f"preset.validation.chain.selection.alpha, normality_alpha, {COUNTS}",
    )
    yield Sentence(
        f"A {chosen.family} LASSO on z-scores (standard deviation over n - {chosen.ddof}), its "
        f"penalty by {PENALTIES[chosen.rule]} in {chosen.n_splits}-fold cross-validation (random "
        f"state {chain.random_state}), selected {n['selected']}.",
        f"preset.validation.chain.selection, preset.validation.chain.random_state, {COUNTS}",
    )
    if chain.leak != "none":
        shown = {"selection": "Screen and LASSO", "all": "Every step"}[chain.leak]
        yield Sentence(f"{shown} saw the test patients too: a control, not a result.",
                       "preset.validation.chain.leak")  # fmt: skip
