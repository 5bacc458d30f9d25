"""Tables of the group `study`: from feature values to fitted models, by study."""

from schemas.table import Column, Table, double
from schemas.tables.cohort import COHORT_ID, DERIVATION, PATIENT_ID, PHASE, READER_ID, SESSION_ID

STUDY_ID = Column("study_id", "VARCHAR", "study, the partition")
FIT_ID = Column("fit_id", "VARCHAR", "one fitted model: model and algorithm")
ROLES = ("train", "validation", "external", "out_of_fold")
VALUE = "feature_value.value"


def _interval(what: str, *sources: str) -> tuple[Column, Column]:
    return (
        double("ci_low", f"lower limit of {what}", *sources),
        double("ci_high", f"upper limit of {what}", *sources),
    )


SPLIT = Table(
    "split",
    "study",
    "The part that each patient plays: the main split (repeat 0) and the repeated nested folds.",
    (
        STUDY_ID,
        COHORT_ID,
        PATIENT_ID,
        Column("repeat", "INTEGER", "0 the main split, from 1 a repetition of the folds",
               minimum=0),
        Column("fold", "INTEGER", "0 in the main split, else the fold that tests the patient",
               minimum=0),
        Column("role", "VARCHAR", "part in the main split; the patient is tested in the fold",
               allowed=(*ROLES, "unused")),
        Column("y_true", "INTEGER", "1 event, 0 none", nullable=True, minimum=0, maximum=1,
               sources=("outcome.value",)),
        Column("content_sha256", "VARCHAR", "hash of the patient's images and masks; decides "
               "the folds", sources=("image.voxel_sha256", "segmentation.mask_sha256")),
        Column("reason", "VARCHAR", "why a patient is unused", nullable=True),
        DERIVATION,
    ),
    key=("study_id", "cohort_id", "patient_id", "repeat"),
    deps=("patient", "outcome", "exclusion", "image", "segmentation", "extraction", "rejected",
          "feature_definition"),
    partition="study",
)  # fmt: skip

READER_AGREEMENT = Table(
    "reader_agreement",
    "study",
    "Cohen's kappa of two readers for each MR feature.",
    (
        STUDY_ID,
        Column("item", "VARCHAR", "feature that was read", sources=("reading.item",)),
        Column("reader_a", "VARCHAR", "one reader", sources=("reading.reader_id",)),
        Column("reader_b", "VARCHAR", "the other reader", sources=("reading.reader_id",)),
        Column("n", "INTEGER", "patients read by both", minimum=0),
        double("kappa", "Cohen's kappa, unweighted", "reading.value"),
        *_interval("kappa", "reading.value"),
        double("p_value", "of kappa = 0", "reading.value"),
        Column("band", "VARCHAR", "excellent, substantial, moderate or poor", nullable=True),
        DERIVATION,
    ),
    key=("study_id", "item", "reader_a", "reader_b"),
    deps=("reading", "split"),
    partition="study",
)

DELINEATION_AGREEMENT = Table(
    "delineation_agreement",
    "study",
    "How two delineations of one tumour differ: overlap, surface distance, volume.",
    (
        STUDY_ID,
        COHORT_ID,
        PATIENT_ID,
        PHASE,
        READER_ID,
        SESSION_ID,
        Column("comparison", "VARCHAR", "against the reference: same or other reader",
               allowed=("intra", "inter")),
        Column("origin", "VARCHAR", "how it was made; perturbed stands in for the same reader",
               nullable=True, allowed=("manual", "perturbed", "model"),
               sources=("segmentation.origin",)),
        double("dice", "Dice coefficient", "segmentation.mask_sha256"),
        double("hd95_mm", "95th percentile of the surface distance",
                "segmentation.mask_sha256"),
        double("volume_difference", "volume against the reference, as a share of it",
                "segmentation.volume_ml"),
        DERIVATION,
    ),
    key=("study_id", "cohort_id", "patient_id", "phase", "reader_id", "session_id"),
    deps=("segmentation", "split"),
    partition="study",
)  # fmt: skip

CHARACTERISTIC = Table(
    "characteristic",
    "study",
    "Table 1: each characteristic by part of the split and event, with the tests between them.",
    (
        STUDY_ID,
        Column("factor", "VARCHAR", "characteristic"),
        Column("level", "VARCHAR", "its value; `years`: everybody with one, of what is measured"),
        Column("comparison", "VARCHAR", "train and validation: event against none; split: "
               "train against validation", allowed=("train", "validation", "split")),
        Column("n_a", "INTEGER", "patients with this level: event, or train", minimum=0),
        Column("n_b", "INTEGER", "patients with this level: no event, or validation", minimum=0),
        Column("total_a", "INTEGER", "patients with a value: event, or train", minimum=0),
        Column("total_b", "INTEGER", "patients with a value: no event, or validation",
               minimum=0),
        Column("test", "VARCHAR", "chi-square with Yates' correction, or Fisher; t or "
               "Mann-Whitney, by normality", nullable=True),
        double("p_value", "two-sided", "patient.cohort_id", "reading.value"),
        DERIVATION,
    ),
    key=("study_id", "factor", "level", "comparison"),
    deps=("patient", "reading", "split"),
    partition="study",
)  # fmt: skip

RISK_FACTOR = Table(
    "risk_factor",
    "study",
    "Table 3: logistic analyses of the clinical-radiological factors, training only.",
    (
        STUDY_ID,
        Column("factor", "VARCHAR", "factor, coded as declared; `none` where no final model is"),
        Column("analysis", "VARCHAR", "univariate; multivariate: of those below alpha; final: of "
               "the independent ones", allowed=("univariate", "multivariate", "final")),
        double("odds_ratio", "of coded 1 against 0", "patient.cohort_id", "reading.value"),
        *_interval("the odds ratio", "patient.cohort_id", "reading.value"),
        double("p_value", "Wald", "patient.cohort_id", "reading.value"),
        Column("n", "INTEGER", "patients with a value", minimum=0),
        Column("reason", "VARCHAR", "why there is no estimate", nullable=True),
        DERIVATION,
    ),
    key=("study_id", "factor", "analysis"),
    deps=("patient", "reading", "split"),
    partition="study",
)  # fmt: skip

STAGING_SCORE = Table(
    "staging_score",
    "study",
    "Staging systems and blood indexes of each patient; a higher score is worse.",
    (
        STUDY_ID,
        COHORT_ID,
        PATIENT_ID,
        Column("system", "VARCHAR", "BCLC, CNLC, ERASL-pre, ALBI, Child-Pugh, NLR, PLR, LMR"),
        double("score", "for ranking", "patient.cohort_id"),
        Column("stage", "VARCHAR", "stage or class", nullable=True),
        Column("inputs", "VARCHAR", "what it was computed from, JSON"),
        Column("rule_version", "VARCHAR", "version of the rule"),
        Column("provenance", "VARCHAR", "where the rule is from"),
        Column("reason", "VARCHAR", "why it is not computable", nullable=True),
        Column("note", "VARCHAR", "what should be looked at", nullable=True),
        DERIVATION,
    ),
    key=("study_id", "cohort_id", "patient_id", "system"),
    deps=("patient", "split"),
    partition="study",
)
