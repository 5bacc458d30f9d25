"""Tables of the group `evaluation`: what the pipeline is worth on patients not seen."""

from typing import get_args

from schemas.table import Column, Table
from schemas.tables.cohort import COHORT_ID, DERIVATION, PATIENT_ID
from schemas.tables.study import STUDY_ID
from schemas.validation import ModelName

SCORED = ("nested_prediction.y_true", "nested_prediction.y_score")
CUT = (*SCORED, "nested_prediction.threshold")
CHOSEN = ("prediction.y_true", "prediction.y_score")
MODEL = Column(
    "model",
    "VARCHAR",
    "algorithm on the selected features; CR, RCR: with clinical factors; honest: the algorithm "
    "chosen anew in each fold",
    allowed=get_args(ModelName),
)


def _double(name: str, text: str, sources: tuple[str, ...], *, nullable: bool = True) -> Column:
    return Column(name, "DOUBLE", text, nullable=nullable, sources=sources)


def _count(name: str, text: str) -> Column:
    return Column(name, "INTEGER", text, minimum=0)


NESTED_PREDICTION = Table(
    "nested_prediction",
    "evaluation",
    "What chains fitted on the other folds say of each development patient: repeated nested "
    "cross-validation, and the same on permuted outcomes.",
    (
        STUDY_ID,
        MODEL,
        COHORT_ID,
        PATIENT_ID,
        _count("permutation", "0 the outcome as it is, from 1 handed to other patients"),
        Column("repeat", "INTEGER", "repetition of the folds, as in `split`", minimum=1),
        Column("fold", "INTEGER", "fold that tests the patient; of permutation 0 as in `split`",
               minimum=1),
        Column("algorithm", "VARCHAR", "that was fitted"),
        Column("y_true", "INTEGER", "1 event, 0 none, as permuted", minimum=0, maximum=1,
               sources=("split.y_true",)),
        _double("y_score", "probability of the event", ("feature_value.value", "split.y_true",
                "patient.cohort_id", "reading.value"), nullable=False),
        _double("threshold", "the preset's, on the training scores of the fold; empty: nobody is "
                "called an event", ("feature_value.value", "split.y_true")),
        _count("by_prevalence", "patients of the fold whose score is the training prevalence, for "
               "want of a column or of a value"),
        Column("kept", "VARCHAR", "columns that each step of the selection left, JSON"),
        Column("notes", "VARCHAR", "why there is no model, and which filter could not act, JSON"),
        DERIVATION,
    ),
    key=("study_id", "model", "cohort_id", "patient_id", "permutation", "repeat"),
    unit_columns=("study_id", "permutation", "repeat", "fold"),
    deps=("feature_value", "segmentation", "split", "patient", "reading"),
    partition="study",
)  # fmt: skip

WORTH = Table(
    "worth",
    "evaluation",
    "AUC and rates of each model under repeated nested cross-validation, and its permutation test.",
    (
        STUDY_ID,
        MODEL,
        _double("auc", "mean over repeats of the AUC of all out-of-fold scores", SCORED,
                nullable=False),
        _double("auc_within", "mean over folds of the AUC inside a fold", SCORED, nullable=False),
        _double("sd", "of the AUC over repeats", SCORED),
        _double("ci_low", "lower percentile over repeats: how much the folds matter, not the "
                "choice of patients", SCORED),
        _double("ci_high", "upper percentile over repeats", SCORED),
        _double("accuracy", "share called rightly, each fold cut at its training threshold: mean "
                "over repeats", CUT, nullable=False),
        _double("sensitivity", "share of the events that are called, likewise", CUT,
                nullable=False),
        _double("specificity", "share of the others that are not called, likewise", CUT,
                nullable=False),
        _count("repeats", "repetitions of the folds"),
        _count("permutations", "permuted outcomes, one cross-validation each"),
        _double("p_value", "share of permutations, the outcome itself counted among them, that "
                "reach the AUC; on the safe side", SCORED),
        _double("by_prevalence", "share of scores that are a training prevalence",
                ("nested_prediction.by_prevalence",), nullable=False),
        Column("kept", "VARCHAR", "mean number of columns that each step left, JSON",
               sources=("nested_prediction.kept",)),
        Column("algorithms", "VARCHAR", "in how many folds each was fitted, JSON",
               sources=("nested_prediction.algorithm",)),
        Column("notes", "VARCHAR", "in how many folds what could not be done, JSON",
               sources=("nested_prediction.notes",)),
        DERIVATION,
    ),
    key=("study_id", "model"),
    deps=("nested_prediction",),
    partition="study",
)  # fmt: skip

CHOICE_OPTIMISM = Table(
    "choice_optimism",
    "evaluation",
    "What reporting the best radiomics algorithm owes to choosing it on the validation patients.",
    (
        STUDY_ID,
        Column("algorithm", "VARCHAR", "one of those that were compared",
               sources=("prediction.fit_id",)),
        _count("n", "validation patients"),
        _double("auc", "AUC among the validation patients", CHOSEN),
        _double("chosen", "share of resamples in which it is the best", CHOSEN),
        Column("best", "BOOLEAN", "largest AUC, of equals the first: the one that is reported"),
        _double("optimism", "of the best: what choosing gains in a resample, over the AUC among "
                "all patients", CHOSEN),
        _double("corrected", "of the best: AUC less optimism", CHOSEN),
        _double("out_of_bag", "of the best: what choosing gains over the AUC among the patients "
                "that the resample leaves out", CHOSEN),
        Column("reason", "VARCHAR", "why nothing is estimated", nullable=True),
        DERIVATION,
    ),
    key=("study_id", "algorithm"),
    deps=("prediction", "split"),
    partition="study",
)  # fmt: skip
