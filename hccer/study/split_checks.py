"""Can the study be made of this split? What is known before any work is refused here."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import polars as pl

from hccer.study.context import StudyContext
from hccer.study.external import check_external
from hccer.study.features import delineations, redrawn
from hccer.validation.feasible import check_chain, check_nested
from hccer.validation.patients import Patients, Repeats
from schemas.errors import HccerError

CHAIN = "overrides.validation.chain: selection.n_splits, reliability.fewest_repeats"
NESTED = (
    "overrides.validation: n_splits, chain.selection.n_splits, chain.reliability.fewest_repeats"
)


def check_given(context: StudyContext, develop: pl.DataFrame) -> None:
    """A cohort brings a split of all of its patients, or none.

    Args:
        develop: `cohort_id, given_split` of the patients who can be used.

    Raises:
        HccerError: naming the cohorts, with the counts.
    """
    counts = develop.group_by("cohort_id").agg(given=pl.count("given_split"), n=pl.len())
    some = counts.filter(pl.col("given").is_between(1, pl.col("n") - 1)).sort("cohort_id")
    if len(some):
        named = "; ".join(
            f"{given} of {n} patients of cohort {each}" for each, given, n in some.rows()
        )
        raise context.fail(
            f"{named} have a given_split: give one to all patients of a cohort, or to none"
        )


def check_split(context: StudyContext, main: pl.DataFrame) -> None:
    """Everything downstream finds patients enough, and every external cohort can be scored.

    Args:
        main: `cohort_id, patient_id, role, y_true, content_sha256, reason` of the main split.

    Raises:
        HccerError: the sentence with which a later step would fail.
    """
    check_external(context, main)
    _check_apart(context, main.filter(pl.col("role") != "unused"))
    settings, chosen = context.preset.validation, context.preset.published is None
    drawn = delineations(context)
    develop = main.filter(pl.col("role").is_in(["train", "validation"])).sort("content_sha256")
    with _named(context, "training part", CHAIN):
        check_chain(_counted(context, develop.filter(role="train"), drawn), settings.chain, chosen)
    with _named(context, "nested cross-validation", NESTED):
        check_nested(_counted(context, develop, drawn), settings, chosen)


def _check_apart(context: StudyContext, patients: pl.DataFrame) -> None:
    """No two patients, of whatever cohorts, have the same image: a model would be tested on one
    that it was trained on, even where the mask was drawn anew."""
    images = context.rows(
        "select cohort_id, patient_id, voxel_sha256 from lake.image "
        "where cohort_id in $cohorts and phase in $phases and voxel_sha256 is not null",
        phases=context.file.phases,
    )
    named = pl.concat_str("cohort_id", "patient_id", separator="/")
    held = images.join(patients, on=["cohort_id", "patient_id"], how="semi")
    by_image = held.group_by("voxel_sha256").agg(patients=named.unique().sort())
    same = by_image.filter(pl.col("patients").list.len() > 1)["patients"].unique().sort()
    if len(same):
        raise context.fail(
            f"{' and '.join(same[0])} have the same image (such pairs: {len(same)}): the same "
            "patient would be trained on and tested on, exclude one or leave out its cohort"
        )


@contextmanager
def _named(context: StudyContext, what: str, fields: str) -> Iterator[None]:
    try:
        yield
    except HccerError as error:
        raise context.fail(f"{what}: {error} ({fields}; or more patients)") from None


def _counted(context: StudyContext, patients: pl.DataFrame, drawn: pl.DataFrame) -> Patients:
    """The patients with a number for a feature: how many there are, and drawn again, counts."""
    X, repeats = np.arange(len(patients), dtype=float)[:, None], {}
    for name in ("intra", "inter"):
        again = redrawn(context, drawn, name)
        placed = patients.with_row_index("row").join(
            again, on=["cohort_id", "patient_id"], how="semi", maintain_order="left"
        )
        rows = placed["row"].to_numpy().astype(int)
        repeats[name] = Repeats(rows, X[rows]) if len(rows) else None
    return Patients(
        X=X,
        feature_names=("number",),
        keys=tuple(patients["content_sha256"]),
        y_true=patients["y_true"].to_numpy(),
        **repeats,
    )
