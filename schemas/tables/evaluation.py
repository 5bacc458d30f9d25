"""Tables of the group `evaluation`: what the predictions of a study are worth."""

from schemas.table import Column, Table, double
from schemas.tables.cohort import COHORT_ID as PATIENTS_COHORT
from schemas.tables.cohort import DERIVATION, PATIENT_ID
from schemas.tables.study import FIT_ID, ROLES, STUDY_ID, VALUE

PREDICTED = ("prediction.y_true", "prediction.y_score", "prediction.y_prob")
DEPS = ("prediction", "split")
COHORT_ID = Column("cohort_id", "VARCHAR", "cohort of the patients; where several develop the "
                   "models, also all of these, named `a + b`")  # fmt: skip
ROLE = Column("role", "VARCHAR", "part of the patients; out_of_fold: training patients, each "
              "scored by the network of its fold, the folds pooled", allowed=ROLES)  # fmt: skip


def _double(name: str, text: str, *, nullable: bool = True) -> Column:
    return Column(name, "DOUBLE", text, nullable=nullable, sources=PREDICTED)


def _interval(what: str) -> tuple[Column, Column]:
    return (
        _double("ci_low", f"lower limit of {what}, level of the preset"),
        _double("ci_high", f"upper limit of {what}, level of the preset"),
    )


METRIC = Table(
    "metric",
    "evaluation",
    "Discrimination, classification at the training threshold, and calibration of each fit.",
    (
        STUDY_ID,
        FIT_ID,
        COHORT_ID,
        ROLE,
        Column("metric", "VARCHAR", "auc, accuracy, sensitivity, ...; auc_within: mean over the "
               "folds; recalibrated_* after logistic recalibration on these patients",
               sources=PREDICTED),
        _double("value", "its value; empty where it is not defined"),
        *_interval("its value"),
        Column("n", "INTEGER", "patients with a prediction", minimum=0),
        DERIVATION,
    ),
    key=("study_id", "fit_id", "cohort_id", "role", "metric"),
    deps=DEPS,
    partition="study",
)  # fmt: skip

COMPARISON = Table(
    "comparison",
    "evaluation",
    "DeLong tests: paired between two fits, unpaired between training and validation of one.",
    (
        STUDY_ID,
        Column("fit_id_a", "VARCHAR", "one fit", sources=("prediction.fit_id",)),
        Column("fit_id_b", "VARCHAR", "the other fit, or the same", sources=("prediction.fit_id",)),
        COHORT_ID,
        Column("role", "VARCHAR", "part of the patients; `train, validation` where the test is "
               "unpaired", allowed=(*ROLES, "train, validation")),
        Column("test", "VARCHAR", "paired or unpaired", allowed=("paired", "unpaired")),
        Column("n", "INTEGER", "patients with both predictions; unpaired: of both parts",
               minimum=0),
        _double("difference", "AUC of a minus AUC of b; unpaired: training minus validation"),
        *_interval("the difference"),
        _double("statistic", "Z, or t"),
        _double("df", "Satterthwaite's, of the unpaired test"),
        _double("p_value", "two-sided"),
        DERIVATION,
    ),
    key=("study_id", "fit_id_a", "fit_id_b", "cohort_id", "role", "test"),
    deps=DEPS,
    partition="study",
)  # fmt: skip


def _curve(name: str, description: str, *columns: Column) -> Table:
    return Table(
        name,
        "evaluation",
        description,
        (
            STUDY_ID,
            FIT_ID,
            COHORT_ID,
            ROLE,
            Column("point", "INTEGER", "order along the curve", minimum=0),
            *columns,
            DERIVATION,
        ),
        key=("study_id", "fit_id", "cohort_id", "role", "point"),
        deps=DEPS,
        partition="study",
    )


ROC_CURVE = _curve(
    "roc_curve",
    "Sensitivity and specificity at every threshold.",
    _double("threshold", "score from which the event is predicted; empty: beyond every score"),
    _double("sensitivity", "true positive share", nullable=False),
    _double("specificity", "true negative share", nullable=False),
)

CALIBRATION_CURVE = _curve(
    "calibration_curve",
    "Predicted against observed risk, in groups of patients by predicted risk.",
    _double("predicted", "mean predicted risk", nullable=False),
    _double("observed", "share with the event", nullable=False),
    *_interval("the share"),
    Column("n", "INTEGER", "patients", minimum=0),
)

DECISION_CURVE = _curve(
    "decision_curve",
    "Net benefit against treating all and none.",
    _double("threshold", "risk from which one would treat", nullable=False),
    _double("net_benefit", "of the model", nullable=False),
    _double("treat_all", "of treating everyone", nullable=False),
)

SUBGROUP_METRIC = Table(
    "subgroup_metric",
    "evaluation",
    "AUC by field strength, the tests between them, and the differences that could be seen.",
    (
        STUDY_ID,
        FIT_ID,
        COHORT_ID,
        ROLE,
        Column("subgroup", "VARCHAR", "what splits the patients"),
        Column("level", "VARCHAR", "its value", sources=("acquisition.field_strength_t",)),
        Column("n", "INTEGER", "patients", minimum=0),
        Column("events", "INTEGER", "of them with the event", minimum=0),
        _double("auc", "area under the ROC curve"),
        *_interval("the area"),
        _double("p_value", "unpaired DeLong test against the other levels together"),
        _double("detectable", "smallest difference from these that the preset's power would find"),
        DERIVATION,
    ),
    key=("study_id", "fit_id", "cohort_id", "role", "subgroup", "level"),
    deps=(*DEPS, "acquisition"),
    partition="study",
)

MODEL_COEFFICIENT = Table(
    "model_coefficient",
    "evaluation",
    "The stored logistic models in full: intercept, inputs, their scaling and coefficients.",
    (
        STUDY_ID,
        FIT_ID,
        Column("position", "INTEGER", "0 = the intercept, then as the model has them", minimum=0),
        Column("input", "VARCHAR", "feature of a phase, or factor; `intercept`"),
        double("mean", "subtracted, of the training patients; empty where nothing is scaled",
               "model_fit.artifact_sha256"),
        double("scale", "standard deviation that is divided by; empty where nothing is scaled",
               "model_fit.artifact_sha256"),
        double("coefficient", "of the scaled input", "model_fit.artifact_sha256", nullable=False),
        DERIVATION,
    ),
    key=("study_id", "fit_id", "input"),
    deps=("model_fit",),
    partition="study",
)  # fmt: skip

CONTRIBUTION = Table(
    "contribution",
    "evaluation",
    "What each input adds to the log-odds that a stored logistic model gives a patient.",
    (
        STUDY_ID,
        FIT_ID,
        PATIENTS_COHORT,
        PATIENT_ID,
        Column("input", "VARCHAR", "feature of a phase, or factor"),
        Column("value", "DOUBLE", "of the patient",
               sources=(VALUE, "patient.cohort_id", "reading.value")),
        Column("z_score", "DOUBLE", "value less the training mean, over the training deviation, as "
               "the model has them", sources=("model_fit.artifact_sha256",)),
        Column("coefficient", "DOUBLE", "of the z-score", sources=("model_fit.artifact_sha256",)),
        Column("contribution", "DOUBLE", "coefficient x z-score; with the intercept they add up to "
               "the log-odds", sources=("model_fit.artifact_sha256", VALUE)),
        DERIVATION,
    ),
    key=("study_id", "fit_id", "cohort_id", "patient_id", "input"),
    deps=("model_fit", "split", "segmentation", "feature_value", "patient", "reading"),
    partition="study",
)  # fmt: skip
