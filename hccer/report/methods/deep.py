"""Methods: registration, crops, networks, and what they look at."""

from collections.abc import Iterator

from hccer.report.methods.sentence import COUNTS, Counts, Sentence, listed, named, percent, plural
from schemas.deep import DeepSettings, ImagingSettings, TrainingSettings
from schemas.study_file import StudyFile

# said in words
CROP = ("slices", "margin_mm", "size", "clip_sd")
TRAINING = ("epochs", "batch_size", "learning_rate", "momentum", "weight_decay", "class_weighted",
            "stopping_share", "patience", "keep", "augmentation", "random_state")  # fmt: skip
KEPT = {"best": "the epoch of the lowest such loss", "last": "the last epoch"}
FUSIONS = {"early": "as channels of one input", "late": "in one branch each, joined as vectors"}


def deep_sentences(
    study: StudyFile, imaging: ImagingSettings, deep: DeepSettings | None, n: Counts
) -> Iterator[Sentence]:
    """What was trained; where nothing was, that."""
    if deep is None or not n["networks"]:
        yield Sentence("No network was trained.", f"preset.deep, {COUNTS}")
        return
    yield from _image_sentences(study, imaging)
    yield from _network_sentences(deep, n)
    yield from _training_sentences(deep, n)
    yield from _attribution_sentences(deep)


def _image_sentences(study: StudyFile, imaging: ImagingSettings) -> Iterator[Sentence]:
    moved, crop = imaging.registration, imaging.crop
    yield Sentence(
        f"For the networks, the later phases were registered to {study.phases[0]} by ANTs "
        f"({named(moved, 'fewest_overlap')}); images that covered less than "
        f"{percent(moved.fewest_overlap)} of the tumour were not used.",
        "study.phases, preset.imaging.registration",
    )
    yield Sentence(
        f"The {plural(crop.slices, 'consecutive slice')} around the largest tumour area were "
        f"cropped to a square about the tumour of {study.phases[0]} with a margin of "
        f"{crop.margin_mm:g} mm, what surrounds it kept, and scaled to {crop.size} x {crop.size} "
        f"pixels by linear interpolation; z-scores of the volume were cut at "
        f"{crop.clip_sd:g} and divided by it ({named(crop, *CROP)}).",
        "study.phases, preset.imaging.crop",
    )


def _network_sentences(deep: DeepSettings, n: Counts) -> Iterator[Sentence]:
    slices = ("Each slice was a sample" if deep.slices == "samples" else
              "All slices of a patient were one sample")  # fmt: skip
    held_back = "; both were chosen on all its training patients, those held back included"
    held_back = held_back if deep.training.stopping_share else ""
    yield Sentence(
        f"{n['networks']} were trained on all training patients, of {listed(deep.networks)} that "
        f"were asked for; the phases entered {FUSIONS[deep.fusion]}.",
        f"preset.deep.networks, fusion, {COUNTS}",
    )
    yield Sentence(f"{slices}; a patient's score was the {deep.aggregate} over the slices.",
                   "preset.deep.slices, aggregate")  # fmt: skip
    yield Sentence(
        f"DLRCR joins {deep.joint} with the selected features and the independent clinical "
        f"factors, as z-scores in the fully connected layer, trained together{held_back}.",
        "preset.deep.joint, training.stopping_share",
    )
    again = listed(deep.out_of_fold) if deep.out_of_fold else "No network"
    yield Sentence(
        f"{again} {'was' if len(deep.out_of_fold) < 2 else 'were'} trained again without each fold "
        f"of the training patients, which scores them out of fold: "
        f"{plural(n['fold_networks'], 'further network')}.",
        f"preset.deep.out_of_fold, {COUNTS}",
    )


def _training_sentences(deep: DeepSettings, n: Counts) -> Iterator[Sentence]:
    training = deep.training
    weighted = "weighted by class" if training.class_weighted else "unweighted"
    yield Sentence(
        "Networks were trained from random weights by stochastic gradient descent on "
        f"cross-entropy ({weighted}) for {'at most ' if _may_stop(training) else ''}"
        f"{plural(training.epochs, 'epoch')}: batch size "
        f"{training.batch_size}, learning rate {training.learning_rate:g}, momentum "
        f"{training.momentum:g}, weight decay {training.weight_decay:g}, random state "
        f"{training.random_state}.",
        "preset.deep.training",
    )
    yield Sentence(
        f"{_stopping(training)}, and no validation patient was looked at.",
        "preset.deep.training.epochs, patience, stopping_share, keep",
    )
    yield Sentence(f"Samples were changed at random: {named(training.augmentation)}.",
                   "preset.deep.training.augmentation")  # fmt: skip
    yield Sentence(f"Training ran on {n['devices']} ({named(training, *TRAINING)}).",
                   f"preset.deep.training, {COUNTS}")  # fmt: skip


def _may_stop(training: TrainingSettings) -> bool:
    """Whether a training can end before its last epoch: the first one's loss is the lowest yet."""
    return training.stopping_share > 0 and training.patience < training.epochs - 1


def _stopping(training: TrainingSettings) -> str:
    patience, share = plural(training.patience, "epoch"), percent(training.stopping_share)
    kept = f"the weights of {KEPT[training.keep]} were kept"
    if _may_stop(training):
        return (f"Training stopped after {patience} without a lower loss in {share} of the "
                f"training patients, held back for it; {kept}")  # fmt: skip
    if training.stopping_share:
        return (f"Training did not stop early, as {patience} without a lower loss do not end "
                f"within it: the loss in {share} of the training patients, held back, was only "
                f"watched; {kept}")  # fmt: skip
    return (f"Nobody was held back for early stopping (patience {training.patience}, keep "
            f"{training.keep}): the weights of the last epoch were kept")  # fmt: skip


def _attribution_sentences(deep: DeepSettings) -> Iterator[Sentence]:
    chosen = deep.attribution
    whom = "every patient" if chosen.patients == 0 else plural(chosen.patients, "patient")
    yield Sentence(
        f"Score-CAM of {whom} weighted the maps of the deepest stage with at least "
        f"{chosen.fewest_pixels} pixels a side; its mass was added up in the tumour, in a margin "
        f"of {chosen.margin_mm:g} mm, and outside.",
        "preset.deep.attribution",
    )
