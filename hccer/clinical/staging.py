"""Stages, grades and blood indexes that the models are compared with.

A patient is a mapping of columns as in `schemas.clinical.ClinicalRow`. Every score ranks: higher
is worse. A system is not computed from guesses: each value it names must be there, even where the
others would decide.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hccer.clinical.staging_rules import Ratio, StagingRules, staging_rules

Patient = Mapping[str, Any]
CHILD_PUGH = ("tbil_umol_l", "alb_g_l", "inr", "ascites", "encephalopathy")
TUMOUR = ("tumour_count", "diameter_cm", "vascular_invasion", "extrahepatic_spread", "ecog")


@dataclass(frozen=True)
class StagingScore:
    """One system for one patient.

    score: for ranking, higher is worse; the position of a stage among its stages. None, with a
    reason, where not computable. stage: stage, grade, class or risk; None where the system has
    none. inputs: what it was computed from. note: what should be looked at.
    """

    system: str
    score: float | None
    stage: str | None
    inputs: dict[str, Any]
    rule_version: str
    provenance: str
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class _Value:
    score: float
    stage: str | None = None
    derived: dict[str, Any] = field(default_factory=dict)
    note: str | None = None


class _Refusal(Exception):  # noqa: N818 - the patient lacks something, nothing failed
    pass


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _require(patient: Patient, *names: str) -> list[Any]:
    absent = [name for name in names if _missing(patient.get(name))]
    if absent:
        raise _Refusal(f"{', '.join(absent)} {'is' if len(absent) == 1 else 'are'} missing")
    return [patient[name] for name in names]


def _positive(name: str, value: float) -> float:
    if value <= 0:
        raise _Refusal(f"{name} is {value:g}, and it must be above 0")
    return value


def _first(limits: Mapping[str, float], value: float, otherwise: str) -> str:
    """The first name whose limit the value does not exceed."""
    return next((name for name, limit in limits.items() if value <= limit), otherwise)


def _albi(patient: Patient, rules: StagingRules) -> _Value:
    bilirubin, albumin = _require(patient, "tbil_umol_l", "alb_g_l")
    rule = rules.albi
    score = rule.log10_bilirubin_umol_l * math.log10(_positive("tbil_umol_l", bilirubin))
    score += rule.albumin_g_l * albumin
    return _Value(score, _first(rule.grades, score, "3"))


def _rising(value: float, limits: tuple[float, float]) -> int:
    return 1 if value < limits[0] else 2 if value <= limits[1] else 3


def _child_pugh(patient: Patient, rules: StagingRules) -> _Value:
    bilirubin, albumin, inr, ascites, encephalopathy = _require(patient, *CHILD_PUGH)
    rule = rules.child_pugh
    low, high = rule.albumin_g_l
    points = _rising(bilirubin, rule.bilirubin_umol_l) + _rising(inr, rule.inr)
    points += 3 if albumin < low else 2 if albumin <= high else 1
    points += rule.ascites[ascites] + rule.encephalopathy[encephalopathy]
    given, letter = patient.get("child_pugh_class"), _first(rule.classes, points, "C")
    differs = not _missing(given) and given != letter
    note = f"{points} points are class {letter}, recorded is {given}" if differs else None
    return _Value(float(points), letter, note=note)


def _class_of(patient: Patient, rules: StagingRules) -> tuple[str, str | None]:
    """Child-Pugh class as recorded, else from its points; and what does not agree."""
    given = patient.get("child_pugh_class")
    try:
        computed = _child_pugh(patient, rules)
    except _Refusal as refusal:
        if _missing(given):
            raise _Refusal(f"child_pugh_class is missing, for its points {refusal}") from None
        return given, None
    return (computed.stage if _missing(given) else given), computed.note


def _bclc(patient: Patient, rules: StagingRules) -> _Value:
    count, diameter, vascular, spread, ecog = _require(patient, *TUMOUR)
    letter, note = _class_of(patient, rules)
    rule = rules.bclc
    if letter in rule.end_stage_child_pugh or ecog >= rule.end_stage_ecog:
        stage = "D"
    elif vascular or spread or ecog >= rule.advanced_ecog:
        stage = "C"
    elif count == 1:
        stage = "0" if diameter <= rule.very_early_cm else "A"
    else:
        stage = "A" if count <= rule.early_count and diameter <= rule.early_cm else "B"
    return _Value(float(rule.stages.index(stage)), stage, {"child_pugh_class": letter}, note)


def _cnlc(patient: Patient, rules: StagingRules) -> _Value:
    count, diameter, vascular, spread, ecog = _require(patient, *TUMOUR)
    letter, note = _class_of(patient, rules)
    rule = rules.cnlc
    if letter in rule.end_stage_child_pugh or ecog >= rule.end_stage_ecog:
        stage = "IV"
    elif spread or vascular:
        stage = "IIIb" if spread else "IIIa"
    elif count == 1:
        stage = "Ia" if diameter <= rule.single_cm else "Ib"
    elif count <= rule.few_count:
        stage = "Ib" if diameter <= rule.few_cm else "IIa"
    else:
        stage = "IIb"
    return _Value(float(rule.stages.index(stage)), stage, {"child_pugh_class": letter}, note)


def _erasl(patient: Patient, rules: StagingRules) -> _Value:
    sex, afp_iu_ml, diameter, count, _, _ = _require(
        patient, "sex", "afp_iu_ml", "diameter_cm", "tumour_count", "tbil_umol_l", "alb_g_l"
    )
    rule, grade = rules.erasl, _albi(patient, rules).stage
    afp_ug_l = _positive("afp_iu_ml", afp_iu_ml) * rules.units.afp_ug_per_iu
    single, few = rule.number_classes
    number_class = 0 if count <= single else 1 if count <= few else 2
    score = rule.male * (sex == "male") + rule.albi_grade_2_or_3 * (grade != "1")
    score += rule.ln_afp_ug_l * math.log(afp_ug_l)
    score += rule.ln_diameter_cm * math.log(_positive("diameter_cm", diameter))
    score += rule.number_class * number_class
    derived = {"afp_ug_l": afp_ug_l, "albi_grade": grade}
    return _Value(score, _first(rule.risks, score, "high"), derived)


def _ratio(patient: Patient, rule: Ratio) -> _Value:
    above, below = _require(patient, rule.numerator, rule.denominator)
    return _Value(rule.sign * above / _positive(rule.denominator, below))


@dataclass(frozen=True)
class _System:
    section: str
    reads: tuple[str, ...]
    compute: Callable[[Patient, StagingRules], _Value]


_BLOOD = ("neutrophils_10e9_l", "lymphocytes_10e9_l", "monocytes_10e9_l", "platelets_10e9_l")
SYSTEMS = {
    "BCLC": _System("bclc", (*TUMOUR, "child_pugh_class", *CHILD_PUGH), _bclc),
    "CNLC": _System("cnlc", (*TUMOUR, "child_pugh_class", *CHILD_PUGH), _cnlc),
    "ERASL-pre": _System(
        "erasl",
        ("sex", "afp_iu_ml", "diameter_cm", "tumour_count", "tbil_umol_l", "alb_g_l"),
        _erasl,
    ),
    "ALBI": _System("albi", ("tbil_umol_l", "alb_g_l"), _albi),
    "Child-Pugh": _System("child_pugh", CHILD_PUGH, _child_pugh),
    "NLR": _System("nlr", (_BLOOD[0], _BLOOD[1]), lambda row, rules: _ratio(row, rules.nlr)),
    "PLR": _System("plr", (_BLOOD[3], _BLOOD[1]), lambda row, rules: _ratio(row, rules.plr)),
    "LMR": _System("lmr", (_BLOOD[1], _BLOOD[2]), lambda row, rules: _ratio(row, rules.lmr)),
}


def staging_score(system: str, patient: Patient) -> StagingScore:
    """One system for one patient.

    Args:
        system: a key of `SYSTEMS`.
        patient: columns of `ClinicalRow`; None or NaN is missing. Alpha-fetoprotein is in IU/mL.

    Returns:
        The score, or the reason why there is none ("not computable because inr is missing").

    Sources: the section of the system in `staging.yaml`.
    """
    rules, declared = staging_rules(), SYSTEMS[system]
    inputs = {name: patient[name] for name in declared.reads if not _missing(patient.get(name))}
    common = (rules.version, getattr(rules, declared.section).provenance)
    try:
        value = declared.compute(patient, rules)
    except _Refusal as refusal:
        reason = f"not computable because {refusal}"
        return StagingScore(system, None, None, inputs, *common, reason)
    return StagingScore(
        system, value.score, value.stage, {**inputs, **value.derived}, *common, note=value.note
    )
