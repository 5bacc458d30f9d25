"""Figures of the report: the rows of a query in, SVG text for a page out.

Each is drawn from exactly the frame of `sql/report/<name>.sql`.
"""

from hccer.figures.attribution import attribution_caption, attribution_sheet
from hccer.figures.calibration import calibration_caption, calibration_sheet
from hccer.figures.curves import (
    ROC,
    decision_caption,
    decision_sheet,
    roc_caption,
    strength_caption,
)
from hccer.figures.features import icc_caption, icc_sheet, selection_caption, selection_sheet
from hccer.figures.figure import Figure
from hccer.figures.flow import flow_caption, flow_sheet, workflow_caption, workflow_sheet
from hccer.figures.forest import (
    kappa_caption,
    kappa_sheet,
    odds_ratio_caption,
    odds_ratio_sheet,
)
from hccer.figures.nested import nested_caption, nested_sheet
from hccer.figures.network import network_caption, network_sheet
from hccer.figures.svg import noted
from hccer.figures.training import training_caption, training_sheet

FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure("flow_chart", "Study population", "Figure 1", flow_sheet, flow_caption),
        Figure("workflow", "Workflow", "Figure 2", workflow_sheet, workflow_caption),
        Figure("network_diagram", "Network", "Figure 3", network_sheet, network_caption),
        Figure("fusion_diagram", "Fusion network", "S3", network_sheet, network_caption),
        Figure("reader_kappa", "Kappa of the readers", None, kappa_sheet, kappa_caption),
        Figure("icc_distribution", "Reliability of the features", None, icc_sheet, icc_caption),
        Figure("selection", "Selected features", "S4", selection_sheet, selection_caption),
        Figure("odds_ratios", "Clinical-radiological factors", "Table 3", odds_ratio_sheet,
               odds_ratio_caption),
        Figure("roc_models", "Discrimination of the models", "Figure 5", ROC.sheet,
               roc_caption("the models")),
        Figure("roc_classifiers", "Radiomics classifiers", "S5", ROC.sheet,
               roc_caption("the radiomics classifiers")),
        Figure("roc_networks", "Networks", "S6", ROC.sheet, roc_caption("the networks")),
        Figure("roc_comparators", "Staging systems and blood indexes", "S8", ROC.sheet,
               roc_caption("the staging systems and blood indexes, beside the model")),
        Figure("roc_field_strength", "Field strength", None, ROC.sheet, strength_caption),
        Figure("calibration_curves", "Calibration", "Figure 6", calibration_sheet,
               calibration_caption),
        Figure("decision_curves", "Clinical utility", "Figure 7", decision_sheet,
               decision_caption("the models")),
        Figure("decision_comparators", "Clinical utility of staging systems and blood indexes",
               None, decision_sheet,
               decision_caption("the staging systems and blood indexes, beside the model")),
        Figure("nested_auc", "AUC of the repetitions and permutations", None, nested_sheet,
               nested_caption),
        Figure("training_curves", "Training of the networks", None, training_sheet,
               training_caption),
        Figure("attribution_shares", "Where the networks look", None, attribution_sheet,
               attribution_caption),
    )
}  # fmt: skip

__all__ = ["FIGURES", "Figure", "noted"]
