"""Which features a second delineation reproduces."""

import numpy as np

from hccer.agreement.icc import icc, icc_point
from hccer.validation.patients import Patients, Repeats
from schemas.errors import HccerError
from schemas.validation import ReliabilitySettings

READINGS = {"intra": "a second session of the same reader", "inter": "another reader"}


def repeatable(train: Patients, settings: ReliabilitySettings) -> np.ndarray:
    """Features (p,) that vary and whose ICC passes, within the reader and between readers.

    Where nobody was drawn again, by that reader, the filter cannot act and every feature that
    varies passes it: `unfiltered` says so.

    Args:
        train: the training patients; only their repeats count.
        settings: form, threshold and rule.

    Raises:
        HccerError: of patients drawn again, fewer than `fewest_repeats` are among these.
    """
    kept = np.ptp(train.X, axis=0) > 0
    for name in READINGS:
        repeats = getattr(train, name)
        if repeats is not None:
            kept &= reliability(train, repeats, settings, name) > settings.threshold
    return kept


def reliability(
    train: Patients, repeats: Repeats, settings: ReliabilitySettings, name: str
) -> np.ndarray:
    """ICC (p,) of the reference delineation with its repeats, or its lower limit, by the rule."""
    _check_enough(train, repeats, settings, name)
    both = repeats.beside(train.X)
    if settings.rule == "point":
        return icc_point(both, settings.form)
    return icc(both, settings.form, settings.level).ci_low


def check_repeats(train: Patients, settings: ReliabilitySettings) -> None:
    """Raise HccerError where too few of those drawn again are among the training patients."""
    for name in READINGS:
        repeats = getattr(train, name)
        if repeats is not None:
            _check_enough(train, repeats, settings, name)


def _check_enough(
    train: Patients, repeats: Repeats, settings: ReliabilitySettings, name: str
) -> None:
    if len(repeats.rows) < settings.fewest_repeats:
        raise HccerError(
            f"{name}: {len(repeats.rows)} of {len(train.keys)} training patients were drawn again, "
            f"{settings.fewest_repeats} are needed: use more folds or lower fewest_repeats"
        )


def unfiltered(train: Patients) -> tuple[str, ...]:
    """Sentences on repeats that do not exist, so that no feature was left out for them."""
    return tuple(
        f"no tumour was drawn again by {reading}: the {name} ICC filters nothing"
        for name, reading in READINGS.items()
        if getattr(train, name) is None
    )
