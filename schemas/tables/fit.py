"""Tables of the group `study`: the fitted models, and what they say of each patient."""

from schemas.table import Column, Table, double
from schemas.tables.cohort import COHORT_ID, DERIVATION, PATIENT_ID
from schemas.tables.study import FIT_ID, ROLES, STUDY_ID, VALUE

MODELS = ("CR", "radiomics", "DL", "RCR", "DLRCR", "staging")


MODEL_FIT = Table(
    "model_fit",
    "study",
    "Models fitted on the training patients; the artifact holds scaler, inputs, coefficients and "
    "threshold.",
    (
        STUDY_ID,
        FIT_ID,
        Column("model", "VARCHAR", "which inputs", allowed=MODELS),
        Column("algorithm", "VARCHAR", "LR, SVM, KNN, XGBoost, MLP, the network, or the staging "
               "system"),
        Column("choice", "VARCHAR", "by what the algorithm was chosen among those of the model",
               nullable=True),
        Column("artifact_sha256", "VARCHAR", "the model, a blob: of DL and DLRCR the weights, of "
               "staging the logistic regression of the event on the score, without inputs the "
               "prevalence",
               sources=(VALUE, "patient.cohort_id", "reading.value", "split.y_true",
                        "staging_score.score", "network.weights_sha256")),
        Column("n_features", "INTEGER", "inputs of the model", minimum=0),
        Column("n", "INTEGER", "training patients with a value of every input", minimum=0),
        double("threshold", "the preset's, on the training scores; from it on a patient counts "
                "as an event, and where it is empty nobody does", VALUE, "staging_score.score"),
        double("prevalence", "share of events in training; what a model without inputs predicts",
                "split.y_true", nullable=False),
        double("inner_auc", "mean over the folds of a cross-validation in training, where it "
                "chose"),
        Column("reason", "VARCHAR", "why there is no model, or no feature in it", nullable=True),
        DERIVATION,
    ),
    key=("study_id", "fit_id"),
    deps=("split", "segmentation", "feature_value", "patient", "reading", "staging_score",
          "network", "crop"),
    partition="study",
)  # fmt: skip

PREDICTION = Table(
    "prediction",
    "study",
    "What each fitted model says of each patient with a value of all its inputs; the stored model "
    "is applied, never refitted. Out of fold a network was trained without the patient's fold.",
    (
        STUDY_ID,
        FIT_ID,
        COHORT_ID,
        PATIENT_ID,
        Column("role", "VARCHAR", "part of the patient", allowed=ROLES),
        Column("repeat", "INTEGER", "0 = the fit itself, else the repetition in `split` whose "
               "fold was left out", minimum=0),
        Column("fold", "INTEGER", "0 = the fit itself, else the fold that was left out",
               minimum=0),
        Column("permutation", "INTEGER", "0 = the true outcomes", minimum=0),
        Column("y_true", "INTEGER", "1 event, 0 none", minimum=0, maximum=1,
               sources=("split.y_true",)),
        double("y_score", "score; a probability, except for staging", "feature_value.value",
                "model_fit.artifact_sha256", "network.weights_sha256", "crop.tensor",
                nullable=False),
        double("y_prob", "predicted risk of the event: the score itself, of staging what the "
                "logistic regression of the training patients makes of it",
                "feature_value.value", "staging_score.score", "model_fit.artifact_sha256",
                "network.weights_sha256", "crop.tensor", nullable=False),
        double("threshold", "from here on it predicts the event; empty: of nobody",
                "model_fit.threshold", "network.threshold"),
        DERIVATION,
    ),
    key=("study_id", "fit_id", "cohort_id", "patient_id", "role", "repeat", "fold",
         "permutation"),
    deps=("split", "model_fit", "segmentation", "feature_value", "patient", "reading",
          "staging_score", "network", "crop"),
    partition="study",
)  # fmt: skip
