"""split: who develops the model, who validates it, and the repeated nested folds."""

import hashlib

import polars as pl
from pydantic import BaseModel, ConfigDict

from hccer.study.context import StudyContext
from hccer.study.rows import make_table
from hccer.study.split_checks import check_given, check_split
from hccer.validation.folds import dealt, folds
from schemas.analysis import ExternalSettings, PublishedChoice, SplitSettings
from schemas.errors import HccerError
from schemas.tables import SPLIT
from schemas.validation import ValidationSettings
from storage.lineage import Outcome

VERSION = "split-2"
FIELDS = "overrides: split.parts, validation.n_splits; or more patients"
PARTS = {"training": "train", "validation": "validation"}


class FoldSettings(BaseModel):
    """What decides who is in which part and fold, and whether the study can be made of them."""

    model_config = ConfigDict(frozen=True)

    split: SplitSettings
    validation: ValidationSettings
    published: PublishedChoice | None
    external: ExternalSettings


def make_split(context: StudyContext) -> Outcome:
    """The given split of the cohorts that have one; the others' patients by content, stratified.

    Raises:
        HccerError: the study cannot be made of it; nothing is written then.
    """
    preset = context.preset
    settings = FoldSettings(
        split=preset.split,
        validation=preset.validation,
        published=preset.published,
        external=preset.external,
    )
    return make_table(context, SPLIT, VERSION, settings, lambda: _rows(context))


def _rows(context: StudyContext) -> list[dict]:
    everyone = _patients(context)
    usable = everyone.filter(pl.col("reason").is_null())
    developed = pl.col("cohort_id").is_in(context.file.development)
    develop = usable.filter(developed).sort("content_sha256")
    _check(context, develop, everyone.filter(developed))
    check_given(context, develop)
    try:
        main = _main(context, develop)
        folds = _folds(context, main)
    except HccerError as error:
        raise context.fail(f"{error} ({FIELDS})") from None
    main += [{**row, "role": "external"} for row in usable.filter(~developed).to_dicts()]
    unused = everyone.filter(pl.col("reason").is_not_null())
    main += [{**row, "role": "unused"} for row in unused.to_dicts()]
    check_split(context, pl.DataFrame(main, infer_schema_length=None))
    return [{**row, "repeat": 0, "fold": 0} for row in main] + folds


def _main(context: StudyContext, develop: pl.DataFrame) -> list[dict]:
    """Development patients with their role: as given, the others dealt among themselves."""
    without = develop.filter(pl.col("given_split").is_null())
    dealt_roles = iter(_dealt(context, without) if len(without) else ())
    return [
        {**row, "role": PARTS[row["given_split"]] if row["given_split"] else next(dealt_roles)}
        for row in develop.iter_rows(named=True)
    ]


def _dealt(context: StudyContext, patients: pl.DataFrame) -> list[str]:
    keys, y_true = patients["content_sha256"].to_list(), patients["y_true"].to_numpy()
    settings = context.preset.split
    fold = dealt(keys, y_true, settings.parts, f"split/{settings.random_state}")
    return ["validation" if each == 0 else "train" for each in fold]


def _folds(context: StudyContext, rows: list[dict]) -> list[dict]:
    chosen = context.preset.validation
    keys, y_true = [row["content_sha256"] for row in rows], [row["y_true"] for row in rows]
    drawn = folds(keys, y_true, chosen.n_repeats, chosen.n_splits, chosen.random_state)
    return [
        {**row, "repeat": repeat + 1, "fold": int(fold) + 1}
        for repeat, of_repeat in enumerate(drawn)
        for row, fold in zip(rows, of_repeat, strict=True)
    ]


def _check(context: StudyContext, develop: pl.DataFrame, everyone: pl.DataFrame) -> None:
    if develop.is_empty():
        cohorts = ", ".join(context.file.development)
        reasons = everyone["reason"].value_counts(sort=True).rows()
        why = "; ".join(f"{count} patients: {reason}" for reason, count in reasons[:3])
        raise context.fail(
            f"no patient of {cohorts} can be used ({why or 'there are none'}): run the cohort "
            "first (`hccer run --study` does)"
        )


def _patients(context: StudyContext) -> pl.DataFrame:
    """Everyone of the study's cohorts, with outcome, content and the reason against using them."""
    found = context.rows(
        "select p.cohort_id, p.patient_id, p.given_split, o.value as y_true, "
        "count(distinct e.phase) as phases, "
        "coalesce(string_agg(e.phase || ' ' || i.voxel_sha256 || ' ' || e.mask_sha256, ' ' "
        "order by e.phase), '') as content, any_value(x.reason) as excluded "
        "from lake.patient p "
        "left join lake.outcome o on (o.cohort_id, o.patient_id, o.endpoint) "
        "= (p.cohort_id, p.patient_id, $endpoint) "
        "left join lake.exclusion x on (x.cohort_id, x.patient_id) = (p.cohort_id, p.patient_id) "
        "left join (from lake.extraction semi join (from lake.segmentation where is_reference) "
        "using (cohort_id, patient_id, phase, reader_id, session_id) "
        "where settings_id = $settings and phase in $phases) e "
        "on (e.cohort_id, e.patient_id) = (p.cohort_id, p.patient_id) "
        "left join lake.image i on (i.cohort_id, i.patient_id, i.phase) "
        "= (p.cohort_id, p.patient_id, e.phase) "
        "where p.cohort_id in $cohorts group by all order by all",
        endpoint=context.file.endpoint, settings=context.settings_id, phases=context.file.phases,
    )  # fmt: skip
    named = [_sha256(text) for text in found["content"]]
    reasons = [_reason(context, row) for row in found.iter_rows(named=True)]
    return found.select("cohort_id", "patient_id", "given_split", "y_true").with_columns(
        content_sha256=pl.Series(named, dtype=pl.String),
        reason=pl.Series(reasons, dtype=pl.String),
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _reason(context: StudyContext, row: dict) -> str | None:
    if row["excluded"]:
        return f"excluded: {row['excluded']}"
    if row["y_true"] is None:
        return f"no outcome {context.file.endpoint}"
    wanted = len(context.file.phases)
    if row["phases"] < wanted:
        return f"features of {row['phases']} of {wanted} phases"
    return None
