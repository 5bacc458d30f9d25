"""Methods: the patients and their images."""

from collections.abc import Iterator

from hccer.report.methods.sentence import COUNTS, Counts, Sentence, listed, plural
from schemas.analysis import ExternalSettings, SplitSettings
from schemas.perturbation import PerturbationSettings
from schemas.preset import RadiomicsSettings
from schemas.study_file import StudyFile

INTERPOLATORS = {"sitkLinear": "linear", "sitkBSpline": "B-spline",
                 "sitkNearestNeighbor": "nearest-neighbour"}  # fmt: skip


def patient_sentences(
    study: StudyFile, split: SplitSettings, external: ExternalSettings, n: Counts
) -> Iterator[Sentence]:
    """Whom the study is of, and how they are divided."""
    endpoint = study.endpoint.replace("_", " ")
    yield Sentence(
        f"The study comprised {plural(n['patients'], 'patient')} of {listed(study.cohorts)}; "
        f"{n['events']} had the endpoint, {endpoint}.",
        f"study.development, study.external, study.endpoint, {COUNTS}",
    )
    if n["synthetic"]:
        yield Sentence(f"The patients and images of {n['synthetic']} are synthetic.", COUNTS)
    given = "as their cohort divides them"
    others = f"{given}, those of other cohorts " if n["split_given_in_part"] else ""
    how = (
        given if n["split_given"] else
        f"{others}by a split stratified by the endpoint (one of {split.parts} parts for "
        f"validation, random state {split.random_state})"
    )  # fmt: skip
    source = COUNTS if n["split_given"] else f"preset.split, {COUNTS}"
    yield Sentence(
        f"They were divided {how}: {n['training']} for training ({n['training_events']} with the "
        f"endpoint) and {n['validation']} for validation ({n['validation_events']}).",
        source,
    )
    if n["external"]:
        yield Sentence(
            f"No model was fitted on the {plural(n['external'], 'patient')} of "
            f"{listed(study.external)} ({n['external_events']} with the endpoint), who served for "
            "external validation.",
            f"study.external, {COUNTS}",
        )
        yield Sentence(
            "They were taken only where no clinical column had a median more than "
            f"{external.unit_factor:g} times that of development, or less than as small a part of "
            f"it (of {external.fewest_values} values or more), and no median voxel size lay "
            f"outside that of development by a factor of {external.spacing_factor:g}.",
            "preset.external",
        )


def image_sentences(study: StudyFile, radiomics: RadiomicsSettings) -> Iterator[Sentence]:
    """The phases, and what is done to them before features are computed."""
    yield Sentence(f"Images of {plural(len(study.phases), 'phase')} were analysed: "
                   f"{listed(study.phases)}.", "study.phases")  # fmt: skip
    setting = radiomics.setting
    if setting.resampledPixelSpacing is not None:
        size = " x ".join(f"{each:g}" for each in setting.resampledPixelSpacing)
        kind = INTERPOLATORS.get(setting.interpolator, setting.interpolator or "the default")
        yield Sentence(f"They were resampled to {size} mm by {kind} interpolation.",
                       "preset.radiomics.setting.resampledPixelSpacing, interpolator")  # fmt: skip
    else:
        yield Sentence("They kept their own spacing.",
                       "preset.radiomics.setting.resampledPixelSpacing")  # fmt: skip
    if setting.normalize:
        scale = 1 if setting.normalizeScale is None else setting.normalizeScale
        cut = ("" if setting.removeOutliers is None else
               f", and cut at {setting.removeOutliers:g} standard deviations")  # fmt: skip
        yield Sentence(
            "The intensities of each image were normalised to mean 0 and standard deviation "
            f"{scale:g}{cut}.",
            "preset.radiomics.setting.normalize, normalizeScale, removeOutliers",
        )
    else:
        yield Sentence("The intensities were not normalised.",
                       "preset.radiomics.setting.normalize")  # fmt: skip
    part = "largest part" if radiomics.nodules == "largest" else "every part"
    yield Sentence(f"Of a delineation in several parts, the {part} was the tumour.",
                   "preset.radiomics.nodules")  # fmt: skip


def perturbation_sentences(settings: PerturbationSettings | None) -> Iterator[Sentence]:
    """Delineations by a machine, where nobody drew again."""
    if settings is None:
        return
    whom = "every tumour" if settings.patients == 0 else plural(settings.patients, "tumour")
    yield Sentence(
        f"Where nobody drew again, {whom} was redrawn "
        f"{plural(settings.n_repeats, 'time')} by a random displacement of its surface (standard "
        f"deviation {settings.sd_mm:g} mm, correlated over {settings.length_mm:g} mm, and "
        f"{settings.size_sd_mm:g} mm for the tumour as a whole; smoothing "
        f"{settings.smoothing_voxels:g} voxels; random state {settings.random_state}).",
        "preset.perturbation",
    )
