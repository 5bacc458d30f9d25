"""Clinical comparators against worked examples, their boundaries, and what is not computable."""

import json
import math

import pytest

from hccer.clinical.staging import SYSTEMS, staging_score
from hccer.clinical.staging_rules import staging_rules
from schemas.clinical import ClinicalRow
from tests.support import SHARED

GOLD = SHARED / "gold"
needs_gold = pytest.mark.skipif(not GOLD.is_dir(), reason="../shared/gold is not there")

WELL = {
    "sex": "male", "ecog": 0, "child_pugh_class": "A", "afp_iu_ml": 20.0, "tbil_umol_l": 10.0,
    "alb_g_l": 45.0, "inr": 1.0, "ascites": "none", "encephalopathy": "none",
    "neutrophils_10e9_l": 4.2, "lymphocytes_10e9_l": 1.5, "monocytes_10e9_l": 0.5,
    "platelets_10e9_l": 180.0, "diameter_cm": 3.0, "tumour_count": 1,
    "vascular_invasion": False, "extrahepatic_spread": False,
}  # fmt: skip


def examples(name: str) -> list[dict]:
    return json.loads((GOLD / "clinical_worked_examples.json").read_text())[name]


def tumour(case: dict) -> dict:
    named = {"tumour_count": "number", "diameter_cm": "max_cm", "ecog": "ps",
             "vascular_invasion": "vascular", "extrahepatic_spread": "extrahepatic"}  # fmt: skip
    return {**WELL, **{ours: case[theirs] for ours, theirs in named.items()}}


def test_well_patient_is_a_valid_row_and_every_system_has_a_score():
    ClinicalRow.model_validate({"patient_id": "a", **WELL})
    for system in SYSTEMS:
        found = staging_score(system, {"patient_id": "a", **WELL})
        assert found.reason is None and math.isfinite(found.score)
    assert {name for each in SYSTEMS.values() for name in each.reads} <= set(
        ClinicalRow.model_fields
    )


@needs_gold
def test_albi():
    for case in examples("ALBI"):
        row = {"tbil_umol_l": case["bilirubin_umol_L"], "alb_g_l": case["albumin_g_L"]}
        result = staging_score("ALBI", row)
        assert result.score == pytest.approx(case["score"], abs=5e-6)
        assert result.stage == case["mALBI"]
        assert result.stage[0] == str(case["grade"])


@needs_gold
def test_child_pugh():
    ascites = {"none": "none", "mild": "mild", "moderate-severe": "moderate_severe"}
    for case in examples("child_pugh"):
        row = {
            "tbil_umol_l": case["bili"], "alb_g_l": case["alb"], "inr": case["inr"],
            "ascites": ascites[case["ascites"]],
            "encephalopathy": {"none": "none", "I-II": "grade_1_2"}[case["enc"]],
        }  # fmt: skip
        result = staging_score("Child-Pugh", row)
        assert (result.score, result.stage) == (case["score"], case["cls"])


@needs_gold
def test_bclc():
    for case in examples("BCLC2022"):
        row = tumour(case) | {"child_pugh_class": "C" if case["end_stage_liver"] else "A"}
        result = staging_score("BCLC", row)
        assert result.stage == case["stage"]
        assert result.score == "0ABCD".index(case["stage"])


@needs_gold
def test_cnlc():
    stages = ["Ia", "Ib", "IIa", "IIb", "IIIa", "IIIb", "IV"]
    for case in examples("CNLC2022"):
        result = staging_score("CNLC", tumour(case) | {"child_pugh_class": case["child"]})
        assert (result.stage, result.score) == (case["stage"], stages.index(case["stage"]))


@needs_gold
def test_erasl_pre():
    liver = {1: (10.0, 45.0), 2: (20.0, 30.0)}
    for case in examples("ERASL_pre"):
        bilirubin, albumin = liver[case["albi_grade"]]
        row = {
            "sex": "male" if case["male"] else "female", "tbil_umol_l": bilirubin,
            "alb_g_l": albumin, "afp_iu_ml": case["afp_ng_mL"] / 1.21,
            "diameter_cm": case["size_cm"], "tumour_count": case["number"],
        }  # fmt: skip
        result = staging_score("ERASL-pre", row)
        assert result.score == pytest.approx(case["score"], abs=1e-6)
        assert result.stage == case["risk"]
        assert result.inputs["afp_ug_l"] == pytest.approx(case["afp_ng_mL"])
        assert result.provenance == "unverified"


@needs_gold
def test_blood_indexes_rank_from_better_to_worse():
    for case in examples("inflammation"):
        row = {"neutrophils_10e9_l": case["neut"], "lymphocytes_10e9_l": case["lymph"],
               "monocytes_10e9_l": case["mono"], "platelets_10e9_l": case["plt"]}  # fmt: skip
        scores = [staging_score(name, row).score for name in ("NLR", "PLR", "LMR")]
        assert scores == pytest.approx([case["NLR"], case["PLR"], -case["LMR"]])


def test_afp_is_converted_from_units():
    assert staging_rules().units.afp_ug_per_iu * 400 == pytest.approx(484)


@pytest.mark.parametrize(
    ("system", "change", "stage"),
    [
        ("BCLC", {"ecog": 3, "extrahepatic_spread": True}, "D"),
        ("BCLC", {"child_pugh_class": "C", "vascular_invasion": True}, "D"),
        ("BCLC", {"diameter_cm": 15.0}, "A"),
        ("BCLC", {"child_pugh_class": "B", "diameter_cm": 2.0}, "0"),
        ("CNLC", {"ecog": 3, "extrahepatic_spread": True}, "IV"),
        ("CNLC", {"ecog": 2, "diameter_cm": 5.0}, "Ia"),
        ("CNLC", {"extrahepatic_spread": True, "vascular_invasion": True}, "IIIb"),
    ],
)
def test_precedence(system: str, change: dict, stage: str):
    assert staging_score(system, WELL | change).stage == stage


@pytest.mark.parametrize(
    ("system", "change", "words"),
    [
        ("Child-Pugh", {"inr": None}, "not computable because inr is missing"),
        ("ALBI", {"tbil_umol_l": math.nan, "alb_g_l": None}, "tbil_umol_l, alb_g_l are missing"),
        ("ALBI", {"tbil_umol_l": 0.0}, "tbil_umol_l is 0, and it must be above 0"),
        ("ERASL-pre", {"afp_iu_ml": 0.0}, "afp_iu_ml is 0"),
        ("NLR", {"lymphocytes_10e9_l": 0.0}, "lymphocytes_10e9_l is 0"),
        ("BCLC", {"child_pugh_class": None, "inr": None}, "for its points inr is missing"),
        ("CNLC", {"ecog": None}, "ecog is missing"),
    ],
)
def test_what_is_not_computable_says_why(system: str, change: dict, words: str):
    result = staging_score(system, WELL | change)
    assert result.score is None and result.stage is None
    assert words in result.reason
    assert result.rule_version == staging_rules().version


def test_class_comes_from_points_where_none_is_recorded_and_a_contradiction_is_noted():
    ill = WELL | {"tbil_umol_l": 60.0, "alb_g_l": 26.0, "inr": 2.0, "ascites": "mild"}
    assert staging_score("BCLC", ill | {"child_pugh_class": None}).stage == "D"
    recorded = staging_score("BCLC", ill)
    assert recorded.stage == "A"
    assert recorded.note == "11 points are class C, recorded is A"
