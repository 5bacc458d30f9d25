"""Tables of the deep models: networks with their training, embeddings, attribution."""

from schemas.table import Column, Table, double
from schemas.tables.cohort import COHORT_ID, DERIVATION, PATIENT_ID, RUN_ID
from schemas.tables.study import FIT_ID, ROLES, STUDY_ID

FOLD = Column("fold", "INTEGER", "0: trained on all training patients; else without those of this "
              "fold", minimum=0)  # fmt: skip
WEIGHTS = Column(
    "weights_sha256", "VARCHAR", "network as safetensors with its settings, a blob",
    sources=("crop.tensor", "split.y_true"),
)  # fmt: skip


NETWORK = Table(
    "network",
    "study",
    "Trained networks: one per fit on all training patients, and one per fold without it.",
    (
        STUDY_ID,
        FIT_ID,
        FOLD,
        Column("model", "VARCHAR", "images alone, or joined with radiomics and clinical factors",
               allowed=("DL", "DLRCR")),
        Column("network", "VARCHAR", "architecture"),
        WEIGHTS,
        Column("inputs", "VARCHAR", "features and factors that are joined, JSON list",
               sources=("feature_value.value", "patient.cohort_id", "reading.value")),
        Column("n", "INTEGER", "patients whose gradient it followed", minimum=0),
        Column("n_stopping", "INTEGER", "patients watched for early stopping", minimum=0),
        Column("epochs", "INTEGER", "epochs trained", minimum=0),
        Column("kept_epoch", "INTEGER", "epoch whose weights are kept", minimum=0),
        Column("parameters", "BIGINT", "trained values", minimum=0),
        Column("threshold", "DOUBLE", "the preset's rule on the scores of its training patients",
               nullable=True),
        Column("random_state", "INTEGER", "seed of weights, order and augmentation"),
        Column("device", "VARCHAR", "device and precision", volatile=True),
        Column("packages", "VARCHAR", "versions of torch and monai", volatile=True),
        Column("seconds", "DOUBLE", "time it took", unit="s", volatile=True, minimum=0),
        DERIVATION,
        RUN_ID,
    ),
    key=("study_id", "fit_id", "fold"),
    deps=("split", "crop", "feature_value", "segmentation", "patient", "reading"),
    partition="study",
)  # fmt: skip

NETWORK_PATIENT = Table(
    "network_patient",
    "study",
    "Whom each network saw while it was trained.",
    (
        STUDY_ID,
        FIT_ID,
        FOLD,
        COHORT_ID,
        PATIENT_ID,
        Column("part", "VARCHAR", "fitted to, or watched for early stopping",
               allowed=("fitted", "stopping"), sources=("split.role",)),
    ),
    key=("study_id", "fit_id", "fold", "cohort_id", "patient_id"),
    deps=("network",),
    partition="study",
)  # fmt: skip

TRAINING_CURVE = Table(
    "training_curve",
    "study",
    "Loss and AUC of each epoch of each network.",
    (
        STUDY_ID,
        FIT_ID,
        FOLD,
        Column("epoch", "INTEGER", "from 1", minimum=1),
        double("loss", "class-weighted cross-entropy of the training samples", "crop.tensor"),
        double("stopping_loss", "the same of the patients watched for stopping", "crop.tensor"),
        double("stopping_auc", "AUC of those patients", "crop.tensor"),
        Column("seconds", "DOUBLE", "time it took", unit="s", volatile=True, minimum=0),
    ),
    key=("study_id", "fit_id", "fold", "epoch"),
    deps=("network",),
    partition="study",
)

EMBEDDING = Table(
    "embedding",
    "study",
    "Penultimate vector of each patient, the mean of the slices; see the view unseen_embedding.",
    (
        STUDY_ID,
        FIT_ID,
        FOLD,
        COHORT_ID,
        PATIENT_ID,
        Column("role", "VARCHAR", "part of the patient for this network", allowed=ROLES),
        Column("values", "FLOAT[]", "the vector", sources=("network.weights_sha256",
                                                            "crop.tensor")),
        WEIGHTS,
        DERIVATION,
    ),
    key=("study_id", "fit_id", "fold", "cohort_id", "patient_id"),
    deps=("network", "network_patient", "split", "crop", "feature_value", "segmentation", "patient",
          "reading"),
    partition="study",
)  # fmt: skip

ATTRIBUTION = Table(
    "attribution",
    "evaluation",
    "Score-CAM of the event: where in the crop a network's score comes from.",
    (
        STUDY_ID,
        FIT_ID,
        COHORT_ID,
        PATIENT_ID,
        Column("position", "INTEGER", "slice of the crop", minimum=1),
        Column("channel", "VARCHAR", "phase that alone was shown, or all"),
        Column("weights", "VARCHAR", "the trained network's, or random ones as a sanity check",
               allowed=("trained", "random")),
        double("share_tumour", "of the map's mass in the tumour", "crop.tensor"),
        double("share_margin", "in the margin around it", "crop.tensor"),
        double("share_outside", "outside both", "crop.tensor"),
        double("correlation", "Spearman's, of the map with that of the trained network; 1 for "
                "itself", "crop.tensor"),
        Column("map", "BLOB", "float32 in C order, from 0 to 1; empty where the map is flat",
               nullable=True, sources=("crop.tensor", "network.weights_sha256")),
        Column("map_sha256", "VARCHAR", "sha256 of the map", nullable=True,
               sources=("crop.tensor", "network.weights_sha256")),
        Column("shape", "INTEGER[]", "rows, columns of the map", nullable=True),
        Column("reason", "VARCHAR", "why there is no map", nullable=True),
        DERIVATION,
    ),
    key=("study_id", "fit_id", "cohort_id", "patient_id", "position", "channel", "weights"),
    deps=("network", "split", "crop"),
    partition="study",
)  # fmt: skip
