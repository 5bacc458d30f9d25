"""One row of a clinical spreadsheet: the variables known to the store, with unit and range."""

from typing import Literal

from pydantic import ConfigDict
from sqlmodel import Field, SQLModel


def _measure(description: str, unit: str, low: float, high: float) -> object:
    extra = {"json_schema_extra": {"unit": unit}}
    return Field(default=None, ge=low, le=high, description=description, schema_extra=extra)


# of these the median differs little between centres, so that another unit shows; afp_iu_ml is not
# among them: its medians lie far apart, its units do not
UNIT_CHECKED = (
    "alt_u_l", "ast_u_l", "ggt_u_l", "tbil_umol_l", "alb_g_l", "neutrophils_10e9_l",
    "lymphocytes_10e9_l", "monocytes_10e9_l", "platelets_10e9_l", "diameter_cm",
)  # fmt: skip


class ClinicalRow(SQLModel):
    """Clinical and laboratory variables of one patient before resection; all optional but the id.

    Ranges are those of physically possible values: they catch a wrong unit or a typing error,
    not an unusual patient.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    patient_id: str = Field(min_length=1, description="patient, unique within the cohort")
    sex: Literal["female", "male"] | None = Field(default=None, description="sex")
    age_years: float | None = _measure("age at surgery", "years", 0, 120)
    hepatitis_b: bool | None = Field(default=None, description="hepatitis B surface antigen")
    hepatitis_c: bool | None = Field(default=None, description="hepatitis C antibody")
    cirrhosis: bool | None = Field(default=None, description="cirrhosis")
    child_pugh_class: Literal["A", "B", "C"] | None = Field(
        default=None, description="Child-Pugh class"
    )
    ecog: int | None = _measure("ECOG performance status", "grade", 0, 4)
    afp_iu_ml: float | None = _measure("alpha-fetoprotein", "IU/mL", 0, 1e7)
    alt_u_l: float | None = _measure("alanine aminotransferase", "U/L", 0, 2e4)
    ast_u_l: float | None = _measure("aspartate aminotransferase", "U/L", 0, 2e4)
    ggt_u_l: float | None = _measure("gamma-glutamyl transferase", "U/L", 0, 2e4)
    tbil_umol_l: float | None = _measure("total bilirubin", "umol/L", 0, 2000)
    alb_g_l: float | None = _measure("albumin", "g/L", 5, 80)
    inr: float | None = _measure("international normalised ratio", "1", 0.5, 20)
    neutrophils_10e9_l: float | None = _measure("neutrophil count", "10^9/L", 0, 500)
    lymphocytes_10e9_l: float | None = _measure("lymphocyte count", "10^9/L", 0, 500)
    monocytes_10e9_l: float | None = _measure("monocyte count", "10^9/L", 0, 100)
    platelets_10e9_l: float | None = _measure("platelet count", "10^9/L", 0, 3000)
    diameter_cm: float | None = _measure("largest tumour diameter", "cm", 0.1, 40)
    tumour_count: int | None = _measure("number of tumours", "1", 1, 100)
    ascites: Literal["none", "mild", "moderate_severe"] | None = Field(
        default=None, description="ascites"
    )
    encephalopathy: Literal["none", "grade_1_2", "grade_3_4"] | None = Field(
        default=None, description="hepatic encephalopathy"
    )
    vascular_invasion: bool | None = Field(
        default=None, description="macrovascular invasion on imaging"
    )
    extrahepatic_spread: bool | None = Field(default=None, description="extrahepatic metastasis")
    given_split: Literal["training", "validation"] | None = Field(
        default=None, description="part of the split that the source itself made"
    )
