"""Tables of the group `study`: which features are kept, step by step."""

from schemas.table import Column, Table, double
from schemas.tables.cohort import DERIVATION, PHASE
from schemas.tables.feature import FEATURE_NAME
from schemas.tables.study import STUDY_ID, VALUE

FEATURE_RELIABILITY = Table(
    "feature_reliability",
    "study",
    "Intraclass correlation of each feature over repeated delineations of training patients.",
    (
        STUDY_ID,
        PHASE,
        FEATURE_NAME,
        Column("comparison", "VARCHAR", "same or other reader", allowed=("intra", "inter")),
        Column("icc_form", "VARCHAR", "ICC(A,1), ICC(C,1) or ICC(1)"),
        Column("n", "INTEGER", "tumours delineated twice", minimum=0),
        double("icc", "intraclass correlation", VALUE),
        double("ci_low", "lower limit of the intraclass correlation", VALUE),
        double("ci_high", "upper limit of the intraclass correlation", VALUE),
        Column("kept", "BOOLEAN", "varies and passes the rule of the preset in this comparison; "
               "where nobody was drawn again, nothing is filtered"),
        Column("origin", "VARCHAR", "how the repeats were made",
               allowed=("manual", "perturbed", "model", "mixed", "none")),
        DERIVATION,
    ),
    key=("study_id", "phase", "feature_name", "comparison"),
    deps=("feature_value", "segmentation", "split"),
    partition="study",
)  # fmt: skip

FEATURE_SCREEN = Table(
    "feature_screen",
    "study",
    "Test of each reliable feature between patients with and without the event, training only.",
    (
        STUDY_ID,
        PHASE,
        FEATURE_NAME,
        Column("test", "VARCHAR", "t or Mann-Whitney, by normality", nullable=True),
        double("statistic", "t or U", VALUE),
        double("p_value", "two-sided", VALUE, "split.y_true"),
        double("q_value", "Benjamini-Hochberg", VALUE, "split.y_true"),
        double("alpha", "the preset's limit of P", nullable=False),
        Column("kept", "BOOLEAN", "P below it"),
        DERIVATION,
    ),
    key=("study_id", "phase", "feature_name"),
    deps=("feature_reliability", "split", "feature_value", "segmentation"),
    partition="study",
)

FEATURE_SELECTION = Table(
    "feature_selection",
    "study",
    "Screen and LASSO over the reliable features, training only: coefficient, and how stable.",
    (
        STUDY_ID,
        PHASE,
        FEATURE_NAME,
        double("coefficient", "of the z-scored feature; 0 = not selected", VALUE,
                nullable=False),
        Column("kept", "BOOLEAN", "selected"),
        Column("family", "VARCHAR", "of the LASSO: gaussian or binomial"),
        Column("rule", "VARCHAR", "that chose lambda: min, the smallest error; 1se, the largest "
               "lambda within one standard error of it"),
        double("frequency", "share of resamples in which screen and LASSO select it", VALUE),
        double("stability", "Nogueira's index of the resamples' selections, the same in every "
                "row: 1 always the same features, about 0 features at random", VALUE),
        double("penalty", "lambda that was chosen; empty where nothing passes the screen", VALUE),
        DERIVATION,
    ),
    key=("study_id", "phase", "feature_name"),
    deps=("feature_screen", "split", "feature_value", "segmentation"),
    partition="study",
)  # fmt: skip
